"""The figures of the home page: each the count or sum of exactly the rows that its link opens."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import cache
from django.db.models import F, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice
from customerflow.money import MoneyField, round_money, zero
from customerflow.paging import COUNT_LIMIT
from customers.models import Customer, Service
from suspensions.forecast import to_be_suspended
from suspensions.models import ParkedCustomer, Suspension
from suspensions.models.policy import current_policy
from suspensions.quiet_days import DAY, next_cutoff_day
from tickets.models import Ticket

SUM_AGE = 300


@dataclass(frozen=True)
class Figure:
    """One card: how many rows there are (at most `COUNT_LIMIT` are counted), perhaps what they add up to, and where."""

    label: str | Promise
    count: int
    url: str
    total: Decimal | None = None
    tone: str = ""
    period: str | Promise = ""

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.count > COUNT_LIMIT

    @property
    def shown_count(self) -> int:
        """The count, as far as it went."""
        return min(self.count, COUNT_LIMIT)


def count_of(rows) -> int:
    """Return the number of `rows`, at most one more than `COUNT_LIMIT`."""
    return rows.order_by()[: COUNT_LIMIT + 1].count()


def sum_of(name: str, rows, amount: Combinable, count: int) -> Decimal:
    """
    Return what `rows` add up to: now, or where they are more than were counted, as of at most five minutes ago.

    A sum over a million rows takes a second; nobody waits for it twice.
    """

    def add() -> Decimal:
        return rows.order_by().aggregate(sum=Coalesce(Sum(amount, output_field=MoneyField()), zero()))["sum"]

    return add() if count <= COUNT_LIMIT else cache.get_or_set(f"sum:{name}", add, SUM_AGE)


def figures(user: AbstractBaseUser, on: date) -> list[Figure]:
    """Return the cards that `user` may see, as of the day `on`."""
    cards = []
    if user.has_perm("customers.view_customer"):
        active = Customer.objects.filter(status=Customer.Status.ACTIVE)
        url = reverse("customers:customer_list") + "?status=active"
        cards.append(Figure(_("Active customers"), count_of(active), url))
    if user.has_perm("customers.view_service"):
        cards.append(_services(on))
    if user.has_perm("billing.view_invoice"):
        cards += [_invoices(_("Open invoices"), "open", on), _invoices(_("Overdue invoices"), "overdue", on)]
        if drafts := count_of(Invoice.objects.drafts()):
            url = reverse("billing:invoice_list") + "?status=draft"
            cards.append(Figure(_("Drafts of invoices"), drafts, url, tone="warn"))
    if user.has_perms(("suspensions.view_suspension", "billing.view_invoice")):
        cards += _suspensions(on)
    if user.has_perm("tickets.view_ticket"):
        now = timezone.now()
        for label, queue, rows in (
            (_("Unfinished tickets"), "unfinished", Ticket.objects.unfinished()),
            (_("Unassigned tickets"), "unassigned", Ticket.objects.unassigned()),
            (_("Tickets due soon"), "soon", Ticket.objects.due_soon(now)),
            (_("Late tickets"), "late", Ticket.objects.late(now)),
        ):
            count = count_of(rows)
            tone = "" if queue == "unfinished" or not count else "bad" if queue == "late" else "warn"
            cards.append(Figure(label, count, reverse("tickets:ticket_list") + f"?queue={queue}", tone=tone))
    return cards


def _suspensions(on: date) -> list[Figure]:
    """Return who is suspended, and who will be on the next day with cut-offs; nothing where there are no rules yet."""
    policy = current_policy()
    rows = Suspension.objects.open()
    count = count_of(rows)
    suspended = Figure(_("Suspended"), count, reverse("suspensions:suspension_list") + "?standing=open")
    parked = _parked()
    if not policy.is_on:
        return [suspended, *parked] if count else parked
    day = next_cutoff_day(policy, on)
    label = _("Tomorrow's cut-offs") if day == on + DAY else _("Cut-offs on %(day)s") % {"day": day}
    coming = count_of(to_be_suspended(policy, day))
    return [Figure(label, coming, reverse("suspensions:forecast"), tone="warn" if coming else ""), suspended, *parked]


def _parked() -> list[Figure]:
    """Return with how many customers the daily step could not deal, where there are any."""
    count = count_of(ParkedCustomer.objects.all())
    url = reverse("suspensions:parkedcustomer_list")
    return [Figure(_("Parked by the daily step"), count, url, tone="bad")] if count else []


def _services(on: date) -> Figure:
    rows = Service.objects.active(on)
    count = count_of(rows)
    # A year has whole cycles of every interval, so that the division by twelve comes last and once.
    yearly = sum_of("yearly", rows, F("cost") * 12 / F("billing_interval"), count)
    url = reverse("customers:service_list") + "?status=active"
    return Figure(_("Active services"), count, url, round_money(yearly / 12), period=_("a month"))


def _invoices(label: str | Promise, standing: str, on: date) -> Figure:
    rows = Invoice.objects.overdue(on) if standing == "overdue" else Invoice.objects.open()
    count = count_of(rows)
    owed = sum_of(standing, rows, F("total") - F("settled"), count)
    tone = "bad" if standing == "overdue" and count else ""
    return Figure(label, count, reverse("billing:invoice_list") + f"?standing={standing}", owed, tone)
