"""The pages of the journal: what was posted on each account in some days, and the postings one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django import forms
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from billing.journal.chart import Account, Chart, Words
from billing.journal.naming import named
from billing.journal.postings import DaySum, Postings
from billing.journal.tables import PostingFilter, PostingTable
from billing.models import LedgerAccount, PeriodClosing
from customerflow.crud import DetailScreen
from customerflow.csv_export import csv_response
from customerflow.forms import DayInput
from customerflow.lists import ListScreen
from customerflow.loads.download import xlsx_response
from customerflow.money import ZERO
from customerflow.paging import Order, Page


class DaysForm(forms.Form):
    """The days of a journal, both included: those of the month before this one, unless others are asked for."""

    first = forms.DateField(label=_("From"), required=False, widget=DayInput)
    last = forms.DateField(label=_("To"), required=False, widget=DayInput)

    def __init__(self, data: object, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean(self) -> dict[str, date]:
        this_month = self.today.replace(day=1)
        last = self.cleaned_data.get("last") or date.fromordinal(this_month.toordinal() - 1)
        first = self.cleaned_data.get("first") or last.replace(day=1)
        if not self.errors and first > last:
            self.add_error("last", _("The last day is before the first."))
        return {"first": first, "last": last}


@dataclass
class AccountSum:
    """What was posted on an account in some days."""

    account: Account
    debit: Decimal = ZERO
    credit: Decimal = ZERO

    @property
    def balance(self) -> Decimal:
        """Debit less credit."""
        return self.debit - self.credit


def by_account(sums: list[DaySum], chart: Chart) -> list[AccountSum]:
    """Return what `sums` come to on each account, in the order of the numbers."""
    found: dict[str, AccountSum] = {}
    for each in sums:
        account = chart.account(each.place, each.day)
        total = found.setdefault(account.number, AccountSum(account))
        total.debit += each.debit
        total.credit += each.credit
    return [found[number] for number in sorted(found)]


class JournalPage(PermissionRequiredMixin, TemplateView):
    """What was posted on each account in some days, each amount with the way to its postings."""

    permission_required = "billing.view_ledgeraccount"
    raise_exception = True
    template_name = "billing/journal.html"

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        form = DaysForm(request.GET, today=timezone.localdate())
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        days = form.cleaned_data
        if request.GET.get("export"):
            return download(request.GET["export"], Postings(**days), f"{_t('journal')}-{days['first']}-{days['last']}")
        sums = by_account(Postings(**days).sums(), Chart())
        shown = DaysForm(days, today=form.today)
        return self.render_to_response(self.get_context_data(form=shown, sums=list(self.rows(sums, **days)), **days))

    def rows(self, sums: list[AccountSum], first: date, last: date) -> Iterator[tuple[AccountSum, str]]:
        """Yield what was posted on each account, and the address of the postings."""
        for each in sums:
            asked = urlencode({"first": first, "last": last, "account": each.account.number})
            yield each, f"{reverse('billing:postings')}?{asked}"

    def get_context_data(self, **context: object) -> dict[str, object]:
        sums = [each for each, _address in context.get("sums", ())]
        return super().get_context_data(
            debit=sum((each.debit for each in sums), ZERO),
            credit=sum((each.credit for each in sums), ZERO),
            closed_to=PeriodClosing.objects.closed_to(),
            **context,
        )


class PostingList(ListScreen):
    """The postings of the journal one by one, in pages reached by key."""

    model = LedgerAccount
    table_class = PostingTable
    filterset_class = PostingFilter

    def get_template_names(self) -> list[str]:
        return ["billing/postings.html"]

    def get_queryset(self) -> models.QuerySet:
        """Return no rows: the filter makes them."""
        return LedgerAccount.objects.none()

    def page(self, postings: Postings, order: Order) -> Page:
        asked = self.request.GET
        after, before, last = asked.get("after", ""), asked.get("before", ""), "last" in asked
        page = postings.page(size=self.size, after=after, before=before, last=last, descending=order.descending)
        return Page(**vars(page) | {"rows": list(named(page.rows, Chart()))})

    def get_context_data(self, **context: object) -> dict[str, object]:
        address = self.filterset.without()
        address["export"] = "xlsx"
        return super().get_context_data(xlsx_url=f"?{address.urlencode()}", **context) | {"create_url": None}

    def export(self, postings: Postings) -> HttpResponse:
        return download(self.request.GET["export"], postings, _t("journal"))


def download(kind: str, postings: Postings, name: str) -> HttpResponse:
    """Return postings as a file: a workbook, or CSV."""
    rows = PostingTable.export(postings.iterator())
    return xlsx_response(rows, f"{name}.xlsx") if kind == "xlsx" else csv_response(rows, f"{name}.csv")


class AccountDetail(DetailScreen):
    """An account, and what it is for."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(words=Words().of(self.object.place), **context)
