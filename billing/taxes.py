"""Tax: computed once for each code, on the sum of the lines that it is on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.models import CreditNoteLine, InvoiceLine
from customerflow.money import ZERO, round_money
from customers.models import Customer, TaxCode, TaxRate


@dataclass(frozen=True)
class Rates:
    """The rates in force on one day, by the key of their code, and the code of what names none."""

    percents: dict[int, Decimal]
    default: TaxCode | None

    @classmethod
    def on(cls, day: date) -> "Rates":
        """Return the rates of the day `day`; two queries."""
        begun = TaxRate.objects.filter(valid_from__lte=day).order_by("valid_from")
        return cls(dict(begun.values_list("code", "percent")), TaxCode.objects.default())


@dataclass(frozen=True)
class Tax:
    """What is taxed at one rate: `amount` is `percent` of `base`, rounded half up."""

    code: TaxCode
    name: str
    percent: Decimal
    base: Decimal
    amount: Decimal


def taxes_on(lines: Iterable[InvoiceLine | CreditNoteLine], *, customer: Customer, rates: Rates) -> list[Tax]:
    """
    Give the default tax code to each of `lines` that has none, and return the taxes on them, in the order of the codes.

    Nothing for a customer who is exempt. Raises `ValidationError`, keyed `lines`, for a code that has no rate yet.
    """
    bases: dict[TaxCode, Decimal] = {}
    for line in lines:
        line.tax_code = line.tax_code or rates.default
        if line.tax_code and not customer.is_tax_exempt:
            bases[line.tax_code] = bases.get(line.tax_code, ZERO) + line.amount
    taxes = []
    for code, base in bases.items():
        percent = rates.percents.get(code.pk)
        if percent is None:
            raise ValidationError({"lines": _("The tax code “%(code)s” has no rate yet.") % {"code": code}})
        taxes.append(Tax(code, code.name, percent, base, round_money(base * percent / 100)))
    return taxes
