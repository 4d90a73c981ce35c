"""What the lists of the journal and of its accounts show, and how they are filtered."""

from collections.abc import Iterable, Iterator

import django_filters
from django import forms
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from billing.journal.chart import Chart, Words
from billing.journal.naming import Named, named
from billing.journal.postings import Posting, Postings
from billing.journal.sides import Kind
from billing.models import LedgerAccount
from customerflow.filters import ListFilter
from customerflow.forms import DayInput
from customerflow.tables import Column, Table, anchor, link


class PostingTable(Table):
    """The postings of the journal."""

    columns = (
        Column("day", _("Day"), value=lambda row: row.posting.key.day, sort="day", css="num"),
        Column("kind", _("What"), value=lambda row: row.posting.side.kind.label),
        Column("reference", _("Document"), cell=lambda row: document(row)),
        Column("customer", _("Customer"), cell=lambda row: link(row.customer)),
        Column("account", _("Account"), value=lambda row: row.account.number),
        Column("name", _("Name"), value=lambda row: row.account.name),
        Column("debit", _("Debit"), value=lambda row: row.posting.debit or None, css="num"),
        Column("credit", _("Credit"), value=lambda row: row.posting.credit or None, css="num"),
    )
    order = "day"

    @classmethod
    def prepare(cls, postings: Postings) -> Postings:
        return postings

    @classmethod
    def export(cls, postings: Iterable[Posting]) -> Iterator[list[object]]:
        """Yield the headings, and then each posting."""
        return super().export(named(postings, Chart()))


def document(row: Named) -> str:
    """Return a link to the document of a posting."""
    address = row.get_absolute_url()
    return anchor(address, row.reference) if address else format_html("{}", row.reference)


class PostingFilterForm(forms.Form):
    """Days in their order."""

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if cleaned.get("first") and cleaned.get("last") and cleaned["first"] > cleaned["last"]:
            self.add_error("last", _("The last day is before the first."))
        return cleaned


class PostingFilter(ListFilter):
    """Postings by day (inclusive), account, kind of entry, and what they stand for, such as one plan."""

    first = django_filters.DateFilter(label=_("From"), widget=DayInput)
    last = django_filters.DateFilter(label=_("To"), widget=DayInput)
    account = django_filters.CharFilter(label=_("Account"))
    kind = django_filters.ChoiceFilter(label=_("What"), choices=Kind.choices)
    place = django_filters.CharFilter(label=_("For"), widget=forms.HiddenInput)

    def get_form_class(self) -> type[forms.Form]:
        """Return the form of the filters: there is no text to be searched."""
        form = super().get_form_class()
        return type("PostingFilterForm", (PostingFilterForm, form), {"q": None})

    def filter_queryset(self, queryset: object) -> Postings:
        asked = self.form.cleaned_data
        kinds = frozenset({Kind(asked["kind"])} if asked["kind"] else ())
        places = (asked["place"],) if asked["place"] else ()
        return Postings(asked["first"], asked["last"] or timezone.localdate(), kinds, places, asked["account"])

    def in_words(self, name: str, value: str) -> str:
        return Words().of(value) if name == "place" else super().in_words(name, value)


class AccountTable(Table):
    """The chart of accounts."""

    columns = (
        Column("number", _("Number"), sort="number"),
        Column("name", _("Name")),
        Column("place", _("For"), value=lambda account: account.words),
        Column("from_day", _("From"), css="num"),
    )
    order = "number"

    def __init__(self, records: Iterable[LedgerAccount]) -> None:
        super().__init__(records)
        _say_places(self.records)

    @classmethod
    def export(cls, records: Iterable[LedgerAccount]) -> Iterator[list[object]]:
        """Yield the headings, and then each account."""
        return super().export(_say_places(records))


def _say_places(accounts: Iterable[LedgerAccount]) -> list[LedgerAccount]:
    """Give each of `accounts`, which are few, the words of what it is for."""
    accounts, words = list(accounts), Words()
    for account in accounts:
        account.words = words.of(account.place)
    return accounts


class AccountFilter(ListFilter):
    """Accounts by number and name."""
