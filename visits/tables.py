"""What the lists of this app show."""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customerflow.tables import Column, Table, link, state
from visits.models import Visit

VISIT_SHAPES = {
    Visit.Status.PLANNED: "new",
    Visit.Status.ON_WAY: "warn",
    Visit.Status.ON_SITE: "warn",
    Visit.Status.DONE: "active",
    Visit.Status.FAILED: "bad",
}


def visit_state(visit: Visit) -> SafeString:
    """Return how a visit stands as a word with a shape; of one that failed, why."""
    word = state(visit.get_status_display(), VISIT_SHAPES.get(visit.status, "off"))
    return format_html("{} {}", word, visit.get_reason_display()) if visit.reason else word


class VisitTable(Table):
    """The list of visits."""

    columns = (
        Column("day", _("Day"), cell=lambda visit: link(visit, visit.day.isoformat()), sort="day"),
        Column("window", _("Window")),
        Column("ticket", _("Ticket"), cell=lambda visit: link(visit.ticket)),
        Column("customer", _("Customer"), value=lambda visit: visit.ticket.customer.name),
        Column("location", _("Location")),
        Column("technician", _("Technician"), value=lambda visit: visit.technician or _("nobody yet")),
        Column("status", _("State"), value=Visit.get_status_display, cell=visit_state, sort="status"),
    )
    select_related = ("ticket__customer", "technician", "location")
    order = "-day"


class VisitsOfTicketTable(VisitTable):
    """Visits on their ticket's own page."""

    columns = tuple(column for column in VisitTable.columns if column.name not in {"ticket", "customer"})
    select_related = ("ticket", "technician", "location")


class ChecklistTable(Table):
    """The checklists."""

    columns = (
        Column("name", _("Name"), cell=lambda checklist: link(checklist, checklist.name), sort="name"),
        Column("type", _("Ticket type"), value=lambda checklist: checklist.type or "–"),
        Column("items", _("Items"), value=lambda checklist: len(checklist.lines), css="num"),
    )
    select_related = ("type",)
    order = "name"
