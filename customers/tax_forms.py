"""What staff type about taxes."""

from decimal import Decimal

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.forms import DayInput, RecordForm
from customers.models import TaxCode
from customers.models.tax import PERCENT_PLACES
from customers.taxes import add_rate, save_tax_code


def percent_field() -> forms.DecimalField:
    """Return the field of a rate."""
    return forms.DecimalField(label=_("Percent"), min_value=0, max_value=100, decimal_places=PERCENT_PLACES)


class TaxCodeForm(RecordForm):
    """A tax code; a new one with its first rate."""

    percent = percent_field()
    valid_from = forms.DateField(label=_("Valid from"), widget=DayInput)

    class Meta:
        model = TaxCode
        fields = ["name", "is_default"]
        help_texts = {
            "is_default": _("For everything that names no other tax code. It takes the place of the one before.")
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # Its rates are added, each from a day on.
            del self.fields["percent"], self.fields["valid_from"]
        else:
            self.initial.setdefault("valid_from", timezone.localdate())

    def _get_validation_exclusions(self) -> set[str]:
        # Another default code steps back when this one is saved.
        return {*super()._get_validation_exclusions(), "is_default"}

    def save(self, commit: bool = True) -> TaxCode:
        """Save the tax code, and the first rate of a new one."""
        is_new = not self.instance.pk
        code = save_tax_code(code=self.instance)
        if is_new:
            percent: Decimal = self.cleaned_data["percent"]
            add_rate(code=code, percent=percent, valid_from=self.cleaned_data["valid_from"], on=timezone.localdate())
        return code


class RateForm(forms.Form):
    """Another rate of a tax code."""

    percent = percent_field()
    valid_from = forms.DateField(
        label=_("Valid from"), widget=DayInput, help_text=_("The day of issue decides which rate an invoice has.")
    )
