"""Tax codes and their rates: what was charged by a rate stays so, and another rate begins on a day."""

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customers.models import TaxCode, TaxRate


@recorded(gettext_lazy("Tax code saved"))
def save_tax_code(*, code: TaxCode) -> TaxCode:
    """Save a tax code; where it is to be the default one, the one that was is so no more."""
    if code.is_default:
        others = TaxCode.objects.filter(is_default=True).exclude(pk=code.pk)
        others.update(is_default=False, version=F("version") + 1, updated_at=timezone.now())
    code.full_clean()
    code.save()
    return code


@recorded(gettext_lazy("Tax rate added"))
def add_rate(*, code: TaxCode, percent: Decimal, valid_from: date, on: date) -> TaxRate:
    """
    Give a tax code another rate from the day `valid_from` on: today (`on`) or later, the first one from any day on.

    Raises `ValidationError` keyed by field for any other day, and for one on which a rate begins already.
    """
    code = TaxCode.objects.select_for_update().get(pk=code.pk)
    if valid_from < on and code.rates.exists():
        message = _("Documents may have been issued by the rate of that day. A new rate begins today or later.")
        raise ValidationError({"valid_from": message})
    rate = TaxRate(code=code, percent=percent, valid_from=valid_from)
    rate.full_clean()
    rate.save()
    return rate


@recorded(gettext_lazy("Tax rate removed"))
def remove_rate(*, rate: TaxRate, on: date) -> None:
    """Take back a rate that begins after the day `on`; raises `ValidationError` for any other."""
    TaxCode.objects.select_for_update().get(pk=rate.code_id)
    rate = TaxRate.objects.select_for_update().get(pk=rate.pk)
    if rate.valid_from <= on:
        raise ValidationError(_("This rate is in force already, or was. Add another one."))
    rate.delete()
