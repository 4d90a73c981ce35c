"""What the lists of this app show."""

from django.utils.translation import gettext_lazy as _

from customerflow.tables import Column, Table, link, state
from suspensions.cases import Case
from suspensions.models import ParkedCustomer, Suspension


def suspension_state(suspension: Suspension) -> str:
    """Return whether the services are off, or why they came back, as a word with a shape."""
    if suspension.ended_on is None:
        return state(_("Suspended"), "bad")
    return state(suspension.get_end_display(), "off")


class SuspensionTable(Table):
    """The list of suspensions."""

    columns = (
        Column("customer", _("Customer"), cell=lambda each: link(each.customer)),
        Column("began_on", _("Suspended on"), sort="pk", css="num", cell=lambda each: link(each, each.began_on)),
        Column("amount", _("Open then"), css="num"),
        Column(
            "state",
            _("State"),
            value=lambda each: each.get_end_display() or _("Suspended"),
            cell=suspension_state,
        ),
        Column("ended_on", _("Back on"), css="num"),
    )
    select_related = ("customer",)
    order = "-began_on"


class ParkedTable(Table):
    """The list of those with whom the daily step could not deal; the page of one is that of the customer."""

    columns = (
        Column("customer", _("Customer"), cell=lambda each: link(each.customer)),
        Column("step", _("Step"), value=ParkedCustomer.get_step_display),
        Column("day", _("Day"), sort="pk", css="num"),
        Column("reason", _("Reason")),
    )
    select_related = ("customer",)
    order = "-day"


class HoldTable(Table):
    """The list of holds; the page of one is that of its customer."""

    columns = (
        Column("customer", _("Customer"), cell=lambda each: link(each.customer)),
        Column("first_day", _("From"), css="num"),
        Column("last_day", _("Held until"), sort="last_day", css="num"),
        Column("reason", _("Reason")),
        Column("made_by", _("By")),
    )
    select_related = ("customer", "made_by")
    order = "-last_day"


class QuietDayTable(Table):
    """The list of the operator's own days without cut-offs."""

    columns = (
        Column("day", _("Day"), sort="day"),
        Column("name", _("Name")),
        Column("is_yearly", _("Every year")),
    )
    order = "day"


def invoices_in_words(case: Case) -> str:
    """Return the invoices that count, oldest first, at most three of them."""
    numbers = [invoice.number for invoice in case.counted]
    return ", ".join(numbers[:3]) + (f" + {len(numbers) - 3}" if len(numbers) > 3 else "")


class ForecastTable(Table):
    """Who would be suspended on a day, and why."""

    columns = (
        Column("number", _("Number"), value=lambda case: case.customer.number),
        Column(
            "name",
            _("Customer"),
            value=lambda case: case.customer.name,
            cell=lambda case: link(case, case.customer.name),
            sort="name_key",
        ),
        Column("amount", _("For"), css="num"),
        Column("due_on", _("Oldest due on"), value=lambda case: case.counted[0].due_on, css="num"),
        Column("invoices", _("Invoices"), value=invoices_in_words),
        Column("services", _("Services"), value=lambda case: len(case.services), css="num"),
        Column("contact", _("Last contact"), value=lambda case: case.contacted_on, css="num"),
        Column("phone", _("Phone"), value=lambda case: case.customer.phone),
    )
    order = "name"


class TrialTable(Table):
    """Who would have been suspended in the last days, and when first."""

    columns = (
        Column("number", _("Number"), value=lambda tried: tried.customer.number),
        Column(
            "name",
            _("Customer"),
            value=lambda tried: tried.customer.name,
            cell=lambda tried: link(tried, tried.customer.name),
            sort="name_key",
        ),
        Column("hit_on", _("Suspended on"), value=lambda tried: tried.hit and tried.hit.on, css="num"),
        Column("amount", _("For"), value=lambda tried: tried.hit and tried.hit.amount, css="num"),
        Column("invoices", _("Invoices"), value=lambda tried: tried.hit and invoices_in_words(tried.hit)),
        Column("why_not", _("Why not")),
    )
    order = "name"
