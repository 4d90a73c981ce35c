"""Comparing with another system, a stretch of customers at a time; accepting differences; and going live."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.balances import balances_of
from billing.engine.cycles import DAY, cycle_in_step
from billing.models import BillingStart, Invoice
from billing.runs.candidates import stretches_of_customers
from billing.runs.running import start_billing, without_garbage_collector
from billing.taxes import Rates
from customerflow.changes.recording import recorded, recording
from customerflow.inserting import insert_all
from customerflow.keys import among
from customerflow.money import ZERO
from customers.models import Customer, Service
from shadow.comparing import reasons
from shadow.facts import Here, There, billed_here, billed_there, compared_customers, is_served, why_nothing
from shadow.models import OpeningBalance, ShadowItem, ShadowRun

Outcome, State = ShadowItem.Outcome, ShadowRun.State
ACCEPTANCE = ("accepted_at", "accepted_by_id", "accepted_because")


def origins() -> list[str]:
    """Return the systems whose invoices were loaded, in order; each is one look into an index."""
    found, last = [], ""
    while last := Invoice.objects.filter(origin__gt=last).order_by("origin").values_list("origin", flat=True).first():
        found.append(last)
    return found


def open_shadow(*, run: ShadowRun, by: AbstractUser | None = None) -> ShadowRun:
    """
    Begin the comparison `run`, new or made before, and return it.

    Raises `ValidationError` where it is being made, or has gone live, and for what the record itself refuses.
    """
    with transaction.atomic():
        if run.pk:
            run = ShadowRun.objects.select_for_update().get(pk=run.pk)
            _refuse_working(run)
        run.state, run.done_up_to, run.finished_at = State.RUNNING, 0, None
        run.started_at, run.started_by = timezone.now(), by
        run.full_clean(exclude=["started_by"])
        run.save()
    return run


def _refuse_working(run: ShadowRun) -> None:
    if run.state in ShadowRun.WORKING:
        raise ValidationError(_("It is being worked on already."))
    if run.state == State.LIVE:
        raise ValidationError(_("It has gone live: customers are billed here now."))


def work_on(run: ShadowRun) -> Iterator[ShadowRun]:
    """Do all that is left of `run`, and yield it after each stretch; it may stop anywhere and be gone on with."""
    is_left = True
    while is_left:
        is_left = work_on_next(run.pk)
        yield ShadowRun.objects.get(pk=run.pk)


def work_on_next(pk: int) -> bool:
    """Do the next customers of the run with the key `pk`, in one transaction; return whether more is left."""
    with without_garbage_collector(), transaction.atomic():
        run = ShadowRun.objects.select_for_update().get(pk=pk)
        if run.state not in ShadowRun.WORKING:
            return False
        stretch = next(stretches_of_customers(run.done_up_to), None)
        if stretch:
            (_compare if run.state == State.RUNNING else _move)(run, stretch)
            run.done_up_to = stretch[1]
        else:
            _finish(run)
        run.save()
        return stretch is not None


def _finish(run: ShadowRun) -> None:
    if run.state == State.MOVING:
        if not BillingStart.objects.exists():
            start_billing(day=run.goes_live_on)
        run.state = State.LIVE
    else:
        run.state = State.DONE
    run.finished_at = timezone.now()


def _compare(run: ShadowRun, stretch: tuple[int, int]) -> None:
    """Compare a stretch anew; what was accepted and is still the same on both sides stays accepted."""
    customers = list(compared_customers().filter(pk__range=stretch).order_by("pk"))
    keys = [customer.pk for customer in customers]
    there = billed_there(run, keys)
    owed_there, owed_here = _balances(run, customers)
    before = run.items.filter(customer__gte=stretch[0], customer__lte=stretch[1]).order_by()
    accepted = {
        (customer, digest): facts
        for customer, digest, *facts in before.exclude(accepted_at=None).values_list("customer", "digest", *ACCEPTANCE)
    }
    before.delete()
    items = []
    for here in billed_here(run, customers, Rates.on(run.first_day)):
        key = here.facts.customer.pk
        if not (key in there or here.bill or here.problem or owed_there.get(key) or is_served(run, here.facts)):
            continue
        item = _item(run, here, there.get(key, There()), owed_there.get(key, ZERO), owed_here[key])
        if facts := accepted.get((key, item.digest)):
            vars(item).update(zip(ACCEPTANCE, facts, strict=True))
        items.append(item)
    insert_all(ShadowItem, items)


def _balances(run: ShadowRun, customers: list[Customer]) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    """Return what is owed there and here by each of `customers`, by key; three queries."""
    said = OpeningBalance.objects.filter(origin=run.origin, customer__in=among(each.pk for each in customers))
    balances = balances_of(customers, run.last_day)
    sums = said.order_by().values_list("customer").annotate(Sum("balance"))
    return dict(sums), {key: balance.total for key, balance in balances.items()}


def _item(run: ShadowRun, here: Here, there: There, owed_there: Decimal, owed_here: Decimal) -> ShadowItem:
    outcome, because = _compared(run, here, there)
    said = f"{outcome} {there.total} {here.total} {owed_there} {owed_here} {because}"
    return ShadowItem(
        run=run,
        customer=here.facts.customer,
        outcome=outcome,
        there=there.total,
        here=here.total,
        balance_there=owed_there,
        balance_here=owed_here,
        reasons=because,
        digest=sha256(said.encode()).hexdigest()[:16],
    )


def _compared(run: ShadowRun, here: Here, there: There) -> tuple[Outcome, list[str]]:
    if here.problem:
        return Outcome.NOT_BILLABLE, [here.problem]
    if there.total == here.total:
        return Outcome.EQUAL, []
    if here.bill is None:
        return Outcome.ONLY_THERE, [why_nothing(run, here.facts)]
    if not there.invoices:
        return Outcome.ONLY_HERE, reasons([], here.bill)
    return Outcome.DIFFERS, reasons(there.parts, here.bill)


def accept(
    *,
    run: ShadowRun,
    because: str,
    at: datetime,
    by: AbstractUser | None = None,
    customer: Customer | None = None,
    outcomes: Collection[str] = tuple(Outcome.values),
    most: Decimal | None = None,
) -> int:
    """
    Say of what differs, and is not accepted yet, that it is meant so, and why; return of how many customers.

    Only of `customer`, where one is named; of these `outcomes`, and of differences of at most `most`, in either
    direction, of what is billed and of what is owed. One that both systems bill alike is here for what is owed. Raises
    `ValidationError`, keyed by field, where nothing is found, and while the comparison is worked on or is live.
    """
    if not because.strip():
        raise ValidationError({"because": _("Say why it is meant so.")})
    with transaction.atomic():
        run = ShadowRun.objects.select_for_update().get(pk=run.pk)
        _refuse_working(run)
        items = run.items.in_the_way().filter(outcome__in=outcomes)
        if customer:
            items = items.filter(customer=customer)
        if most is not None:
            bills, balances = F("here") - F("there"), F("balance_here") - F("balance_there")
            items = items.alias(bills=bills, balances=balances)
            items = items.filter(bills__range=(-most, most), balances__range=(-most, most))
        number = items.update(accepted_at=at, accepted_by=by, accepted_because=because.strip())
    if not number:
        raise ValidationError(_("Nothing of what is in the way is like this."))
    return number


def why_not_live(run: ShadowRun) -> list[str]:
    """Return in sentences what is in the way of going live; nothing where it can."""
    if run.state == State.LIVE:
        return [_("It has gone live.")]
    if run.state != State.DONE:
        return [_("The comparison has not ended.")]
    reasons = []
    if run.items.in_the_way().exists():
        reasons.append(_("There are differences that nobody has put right or accepted."))
    if not OpeningBalance.objects.filter(origin=run.origin).exists():
        reasons.append(
            _("The balances of %(system)s were not loaded: load “opening balances”, and compare again.")
            % {"system": run.origin}
        )
    start = BillingStart.objects.values_list("day", flat=True).first()
    if start and start > run.goes_live_on:
        reasons.append(
            _("Billing begins here on %(start)s: the days from %(day)s would be billed by nobody.")
            % {"start": start, "day": run.goes_live_on}
        )
    return reasons


@recorded(gettext_lazy("Shadow billing goes live"))
def go_live(*, run: ShadowRun) -> ShadowRun:
    """
    Let customers be billed here from the day after the compared days on, and return the run, which is then worked on.

    Of each service the cycle that the other system has billed is left to it. Raises `ValidationError` with all that is
    in the way.
    """
    run = ShadowRun.objects.select_for_update().get(pk=run.pk)
    if reasons := why_not_live(run):
        raise ValidationError(reasons)
    run.state, run.done_up_to, run.finished_at = State.MOVING, 0, None
    run.save()
    return run


def _move(run: ShadowRun, stretch: tuple[int, int]) -> None:
    """
    Let the services of a stretch be charged from the end of the cycle on that is running when this goes live.

    Not those of customers to whom nothing was billed there though something would have been here.
    """
    compared = run.items.filter(customer__gte=stretch[0], customer__lte=stretch[1])
    compared = compared.exclude(outcome=Outcome.ONLY_HERE).values("customer")
    services = Service.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=run.goes_live_on),
        location__customer__in=compared,
        starts_on__lte=run.last_day,
    ).order_by("pk")
    days: dict[date, list[int]] = defaultdict(list)
    facts = ("pk", "starts_on", "charged_from", "location__customer__billing_day", "billing_interval")
    for key, starts_on, charged_from, billing_day, months in services.values_list(*facts):
        since = charged_from or starts_on
        cycle = cycle_in_step(run.last_day, first_day=since, billing_day=billing_day, months=months)
        if cycle.last >= run.goes_live_on:
            days[cycle.last + DAY].append(key)
    with recording(_("Shadow billing goes live")):
        for day, keys in days.items():
            later = Q(charged_from=None) | Q(charged_from__lt=day)
            changed = {"charged_from": day, "version": F("version") + 1, "updated_at": timezone.now()}
            Service.objects.filter(later, pk__in=among(keys)).update(**changed)


def figures_of(run: ShadowRun) -> dict[str, object]:
    """Return how many customers are how, what both sides bill, and how many differ; two queries."""
    rows = run.items.order_by().values_list("outcome").annotate(number=Sum(1), there=Sum("there"), here=Sum("here"))
    by_outcome = {outcome: (number, there, here) for outcome, number, there, here in rows}
    balances = run.items.exclude(balance_there=F("balance_here"))
    return {
        "by_outcome": [(kind, *by_outcome[kind.value]) for kind in Outcome if kind.value in by_outcome],
        "in_the_way": run.items.in_the_way().count(),
        "balances": balances.count(),
    }
