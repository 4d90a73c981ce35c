"""Tax: computed once for each code, on the sum of the lines that it is on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.models import CreditNoteLine, InvoiceLine
from customerflow.money import ZERO, round_money
from customers.models import Customer, TaxCode


@dataclass(frozen=True)
class Tax:
    """What is taxed at one rate: `amount` is `percent` of `base`, rounded half up."""

    code: TaxCode
    name: str
    percent: Decimal
    base: Decimal
    amount: Decimal


def give_tax_codes(lines: Iterable[InvoiceLine | CreditNoteLine]) -> None:
    """Give the default tax code, if there is one, to each of `lines` that has none; one query."""
    without = [line for line in lines if line.tax_code_id is None]
    default = TaxCode.objects.default() if without else None
    for line in without:
        line.tax_code = default


def taxes_on(lines: Iterable[InvoiceLine | CreditNoteLine], *, customer: Customer, on: date) -> list[Tax]:
    """
    Return the taxes on `lines` by the rates in force on the day `on`, in the order in which the codes come.

    Nothing for a customer who is exempt, and nothing on lines without a code. Raises `ValidationError`, keyed `lines`,
    for a code that has no rate yet on that day.
    """
    if customer.is_tax_exempt:
        return []
    bases: dict[TaxCode, Decimal] = {}
    for line in lines:
        if line.tax_code:
            bases[line.tax_code] = bases.get(line.tax_code, ZERO) + line.amount
    taxes = []
    for code, base in bases.items():
        percent = code.percent(on)
        if percent is None:
            raise ValidationError({"lines": _("The tax code “%(code)s” has no rate yet.") % {"code": code}})
        taxes.append(Tax(code, code.name, percent, base, round_money(base * percent / 100)))
    return taxes
