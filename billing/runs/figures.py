"""What a billing run comes to."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from billing.models import BillingRun, BillingRunItem
from customerflow.money import ZERO, format_money, zero
from customers.models import Customer

Outcome = BillingRunItem.Outcome
MOST_NAMED = 10


@dataclass
class Figures:
    """
    How many customers an attempt of a run charged, or would charge, and how much, with tax; to how many more is given
    back than charged, and how much; and who could not be billed.
    """

    run: BillingRun
    charged: int = 0
    amount: Decimal = ZERO
    credited: int = 0
    given_back: Decimal = ZERO
    parked: int = 0
    changed: int = 0
    differences: dict[str, int] = field(default_factory=dict)
    first_parked: list[tuple[Customer, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Return the figures for a program; amounts as text."""
        return {
            "day": self.run.day.isoformat(),
            "state": self.run.state,
            "attempt": self.run.attempt,
            "charged": self.charged,
            "amount": str(self.amount),
            "credited": self.credited,
            "given_back": str(self.given_back),
            "parked": self.parked,
            "changed_since_preview": self.changed,
            "differences": self.differences,
            "first_parked": [{"customer": str(customer), "reason": reason} for customer, reason in self.first_parked],
        }


def figures_of(run: BillingRun) -> Figures:
    """Return the figures of the run's last attempt; three queries."""
    items = run.items.filter(attempt=run.attempt)
    is_parked, stands = Q(outcome=Outcome.PARKED), Q(outcome__in=[Outcome.PLANNED, Outcome.INVOICED, Outcome.CREDITED])
    is_charged, is_credited = stands & Q(total__gte=ZERO), stands & Q(total__lt=ZERO)
    sums = items.aggregate(
        charged=Count("pk", filter=is_charged),
        amount=Coalesce(Sum("total", filter=is_charged), zero()),
        credited=Count("pk", filter=is_credited),
        given_back=Coalesce(Sum("total", filter=is_credited), zero()),
        parked=Count("pk", filter=is_parked),
        changed=Count("pk", filter=Q(has_changed=True)),
    )
    sums["given_back"] = -sums["given_back"]
    differences = items.exclude(difference="").order_by().values_list("difference").annotate(Count("pk"))
    parked = items.filter(is_parked).select_related("customer").order_by("pk")[:MOST_NAMED]
    return Figures(
        run,
        **sums,
        differences=dict(differences),
        first_parked=[(item.customer, item.reason) for item in parked],
    )


def in_sentence(run: BillingRun, figures: Figures) -> str:
    """Return in one line what the run did, or would do."""
    words = {
        "day": run.day,
        "charged": figures.charged,
        "amount": format_money(figures.amount),
        "credited": figures.credited,
        "back": format_money(figures.given_back),
        "parked": figures.parked,
    }
    if run.state in (BillingRun.State.PLANNED, BillingRun.State.PLANNING):
        sentence = _(
            "%(day)s: customers to be charged: %(charged)d (%(amount)s), to be given back to: %(credited)d (%(back)s), "
            "that cannot be billed: %(parked)d."
        )
    else:
        sentence = _(
            "%(day)s: customers charged: %(charged)d (%(amount)s), given back to: %(credited)d (%(back)s), "
            "that could not be billed: %(parked)d."
        )
    return sentence % words
