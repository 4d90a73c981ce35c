"""The page of the customers behind the cost of support."""

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from customerflow.money import format_money
from customerflow.tables import Column, Table, link
from customers.models import Customer
from reports.support.cost import CostRows, cost_of, is_known
from reports.support.figures import LEDGER
from reports.support.pages import PartFilter
from reports.views import RowsPage
from tickets.sla.telling import in_hours


class CostFilter(PartFilter):
    """The customers for whom something was done in some days, perhaps on one part of the tickets."""

    def filter_queryset(self, queryset: models.QuerySet) -> CostRows:
        return CostRows(*self.days(), self.part())


class TimeTable(Table):
    """Customers, and what was spent on them."""

    columns = (
        Column("customer", _("Customer"), value=lambda row: str(row.customer), cell=lambda row: link(row.customer)),
        Column("tickets", _("Tickets"), value=lambda row: row.spent.tickets, sort="tickets", css="num"),
        Column("messages", _("Messages"), value=lambda row: row.spent.messages, sort="messages", css="num"),
        Column(
            "minutes",
            _("Time spent"),
            value=lambda row: row.spent.minutes,
            cell=lambda row: in_hours(row.spent.time),
            sort="minutes",
            css="num",
        ),
    )
    order = "-minutes"

    @classmethod
    def prepare(cls, rows: CostRows) -> CostRows:
        return rows


class CostTable(TimeTable):
    """The same, with what it cost beside what was invoiced."""

    columns = (
        *TimeTable.columns,
        Column("cost", _("Cost"), css="num"),
        Column("invoiced", _("Invoiced"), css="num"),
        Column(
            "share",
            _("Share"),
            value=lambda row: row.share,
            cell=lambda row: "–" if row.share is None else f"{row.share} %",
            sort="share",
            css="num",
        ),
    )


class CostList(RowsPage):
    """The customers for whom something was done, and what it cost."""

    permission_required = LEDGER
    model, table_class, filterset_class = Customer, TimeTable, CostFilter
    heading = _("Cost of support by customer")

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.table_class = CostTable if is_known() else TimeTable
        return super().get(request, *args, **kwargs)

    def measure(self, rows: CostRows) -> int:
        count, its = rows.totals()
        self.sums = [
            (_t("Tickets"), its.tickets),
            (_t("Messages"), its.messages),
            (_t("Time spent"), in_hours(its.time)),
            *([(_t("Cost"), format_money(cost_of(its.minutes)))] if is_known() else []),
        ]
        return count
