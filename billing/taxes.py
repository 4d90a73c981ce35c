"""Tax: computed once for each code, on the sum of the lines that it is on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customerflow.money import ZERO, round_money
from customers.models import Customer, TaxCode, TaxRate


@dataclass(frozen=True)
class Rates:
    """The tax codes, and their rates in force on one day, by the key of the code."""

    codes: dict[int, TaxCode]
    percents: dict[int, Decimal]

    @property
    def default(self) -> TaxCode | None:
        """The code of what names none; None where nothing is taxed."""
        return next((code for code in self.codes.values() if code.is_default), None)

    @classmethod
    def on(cls, day: date) -> "Rates":
        """Return the rates of the day `day`; two queries."""
        begun = TaxRate.objects.filter(valid_from__lte=day).order_by("valid_from")
        return cls(TaxCode.objects.in_bulk(), dict(begun.values_list("code", "percent")))


@dataclass(frozen=True)
class Tax:
    """What is taxed at one rate: `amount` is `percent` of `base`, rounded half up."""

    code: TaxCode
    name: str
    percent: Decimal
    base: Decimal
    amount: Decimal


class Taxable(Protocol):
    """A line of a document: its net amount, and the key of its tax code, which may still be missing."""

    amount: Decimal
    tax_code_id: int | None


def taxes_on(lines: Iterable[Taxable], *, customer: Customer, rates: Rates) -> list[Tax]:
    """
    Give the default tax code to each of `lines` that has none, and return the taxes on them, in the order of the lines.

    Nothing for a customer who is exempt. Raises `ValidationError`, keyed `lines`, for a code that has no rate yet.
    """
    bases: dict[int, Decimal] = {}
    default = rates.default.pk if rates.default else None
    for line in lines:
        line.tax_code_id = line.tax_code_id or default
        if line.tax_code_id and not customer.is_tax_exempt:
            bases[line.tax_code_id] = bases.get(line.tax_code_id, ZERO) + line.amount
    taxes = []
    for key, base in bases.items():
        code, percent = rates.codes[key], rates.percents.get(key)
        if percent is None:
            raise ValidationError({"lines": _("The tax code “%(code)s” has no rate yet.") % {"code": code}})
        taxes.append(Tax(code, code.name, percent, base, round_money(base * percent / 100)))
    return taxes
