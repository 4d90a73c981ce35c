"""The chart of accounts: on which account what is posted at a place stands, on which day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.journal.sides import BAD_DEBT, CREDIT, MONEY, OF_PLAN, OPENING, RECEIVABLE, REVENUE, TAX
from billing.models import InvoiceLine, LedgerAccount, Payment
from customers.models import Plan, TaxCode
from customers.models.tax import PERCENT_PLACES

# What an installation begins with, and what holds where a place has no account: number and name.
DEFAULTS: dict[str, tuple[str, str | Promise]] = {
    f"{MONEY}:cash": ("1000", _("Cash")),
    MONEY: ("1010", _("Bank")),
    f"{MONEY}:card": ("1020", _("Card payments")),
    f"{MONEY}:cheque": ("1030", _("Cheques")),
    f"{MONEY}:debit": ("1040", _("Direct debit")),
    RECEIVABLE: ("1200", _("Receivables")),
    CREDIT: ("1700", _("Customers' credit")),
    TAX: ("1770", _("Output tax")),
    REVENUE: ("4000", _("Revenue")),
    OF_PLAN: ("4010", _("Revenue from plans")),
    f"{REVENUE}:setup": ("4020", _("Set-up fees")),
    f"{REVENUE}:equipment": ("4030", _("Rent of equipment")),
    f"{REVENUE}:termination": ("4040", _("Early termination fees")),
    f"{REVENUE}:one_off": ("4050", _("One-off charges")),
    f"{REVENUE}:late_fee": ("4060", _("Late fees")),
    BAD_DEBT: ("6900", _("Bad debt")),
    OPENING: ("9000", _("Taken over from other systems")),
}
BETWEEN = ":"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Account:
    """A number and a name of the chart."""

    number: str
    name: str

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Chart:
    """The accounts that the accountant named, and those that an installation begins with; one query."""

    def __init__(self) -> None:
        self.rows = [*LedgerAccount.objects.order_by("pk")]
        self.days = sorted({row.from_day for row in self.rows if row.from_day})
        self._in_force: dict[date | None, dict[str, Account]] = {}

    def account(self, place: str, on: date) -> Account:
        """Return the account of a place on a day: its own, or that of the nearest place above it."""
        accounts = self.in_force(on)
        while place not in accounts and BETWEEN in place:
            place = place.rpartition(BETWEEN)[0]
        return accounts[place]

    def in_force(self, on: date) -> dict[str, Account]:
        """Return the accounts of a day by place."""
        since = max((day for day in self.days if day <= on), default=None)
        if since not in self._in_force:
            accounts = {place: Account(number, str(name)) for place, (number, name) in DEFAULTS.items()}
            begun = [row for row in self.rows if row.from_day is None or (since and row.from_day <= since)]
            for row in sorted(begun, key=lambda row: row.from_day or date.min):
                accounts[row.place] = Account(row.number, row.name)
            self._in_force[since] = accounts
        return self._in_force[since]

    def stretches(self, first: date, last: date) -> Iterator[tuple[date, date]]:
        """Yield the days from `first` to `last`, both included, cut where an account begins."""
        starts = [first, *(day for day in self.days if first < day <= last)]
        yield from zip(starts, [*(day - DAY for day in starts[1:]), last], strict=True)

    def posted_on(self, number: str, first: date, last: date) -> Q:
        """Return the condition that a posting of these days, with `day` and `place`, is on the account `number`."""
        found = Q(pk__in=[])
        for start, end in self.stretches(first, last):
            accounts = self.in_force(start)
            for place, account in accounts.items():
                if account.number == number:
                    nearer = (each for each in accounts if each.startswith(f"{place}{BETWEEN}"))
                    at_it = under(place)
                    for each in nearer:
                        at_it &= ~under(each)
                    found |= Q(day__gte=start, day__lte=end) & at_it
        return found


def under(place: str) -> Q:
    """Return the condition that a posting is at a place, or below it."""
    return Q(place=place) | Q(place__startswith=f"{place}{BETWEEN}")


def places() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what can have an account of its own, in groups, each with its words; a few queries."""
    methods = [(f"{MONEY}:{value}", f"{_t('Money')}: {label}") for value, label in Payment.Method.choices]
    kinds = [(f"{REVENUE}:{value}", str(label)) for value, label in InvoiceLine.Kind.choices]
    plans = [(f"{OF_PLAN}:{key}", name) for key, name in Plan.objects.values_list("pk", "name")]
    taxes = []
    for code in TaxCode.objects.prefetch_related("rates"):
        taxes.append((f"{TAX}:{code.pk}", _t("%(code)s, all rates") % {"code": code}))
        taxes += [(tax_place(code.pk, rate.percent), str(rate)) for rate in code.rates.all()]
    return [
        (_t("In general"), [(place, str(DEFAULTS[place][1])) for place in GENERAL]),
        (_t("Money by method"), methods),
        (_t("Revenue by kind"), kinds),
        (_t("Revenue by plan"), plans),
        (_t("Tax by code and rate"), taxes),
    ]


GENERAL = (RECEIVABLE, CREDIT, MONEY, REVENUE, OF_PLAN, TAX, BAD_DEBT, OPENING)


def tax_place(code: int, percent: Decimal) -> str:
    """Return the place of a tax code at a rate."""
    return f"{TAX}:{code}:{int(percent.scaleb(PERCENT_PLACES))}"


class Words:
    """What places are called; the names of plans and taxes are fetched when they are first asked for."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}

    def of(self, place: str) -> str:
        """Return a place in words; of a tax at a rate that is no more, with that rate."""
        if not self._words:
            self._words = {place: words for _group, named in places() for place, words in named}
        if place in self._words:
            return self._words[place]
        above, _colon, thousandths = place.rpartition(BETWEEN)
        if place.startswith(f"{TAX}{BETWEEN}") and thousandths.isdigit():
            percent = Decimal(thousandths).scaleb(-PERCENT_PLACES).normalize()
            return f"{self._words.get(above, above).rpartition(',')[0]} {percent:f} %"
        return place
