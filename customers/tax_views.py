"""The pages of tax codes."""

from django import forms
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.acts import ActScreen
from customerflow.crud import DetailScreen
from customerflow.filters import ListFilter, YesNoFilter
from customerflow.tables import Column, Table
from customers.models import TaxCode, TaxRate
from customers.tax_forms import RateForm
from customers.taxes import add_rate, remove_rate


def percent_today(code: TaxCode) -> str:
    """Return the rate in force today in words; of a list, the rates were fetched at once."""
    today = timezone.localdate()
    begun = [rate for rate in code.rates.all() if rate.valid_from <= today]
    return in_percent(max(begun, key=lambda rate: rate.valid_from)) if begun else ""


def in_percent(rate: TaxRate) -> str:
    """Return a rate as people write it."""
    return f"{rate.percent.normalize():f} %"


class TaxCodeTable(Table):
    """The list of tax codes."""

    columns = (
        Column("name", _("Name"), sort="name"),
        Column("percent", _("Rate today"), value=percent_today, css="num"),
        Column("is_default", _("Default")),
    )
    order = "name"

    @classmethod
    def prepare(cls, queryset: models.QuerySet) -> models.QuerySet:
        return super().prepare(queryset).prefetch_related("rates")


class TaxCodeFilter(ListFilter):
    """Tax codes by name."""

    is_default = YesNoFilter(label=_("Default"))


class TaxCodeDetail(DetailScreen):
    """A tax code with its rates."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        today = timezone.localdate()
        rates = list(self.object.rates.order_by("-valid_from"))
        in_force = next((rate for rate in rates if rate.valid_from <= today), None)
        return super().get_context_data(rates=rates, in_force=in_force, today=today, **context)


class RateAdd(ActScreen):
    """Giving a tax code another rate."""

    model = TaxCode
    permission_required = "customers.add_taxrate"
    form_class = RateForm
    heading = _("Add a rate")
    explanation = _("What was issued keeps the rate that it was issued with.")
    button = _("Add the rate")
    done = _("{} has another rate.")

    def get_initial(self) -> dict[str, object]:
        return {"valid_from": timezone.localdate()}

    def act(self, *, percent, valid_from) -> None:
        add_rate(code=self.object, percent=percent, valid_from=valid_from, on=timezone.localdate())


class RateRemove(ActScreen):
    """Taking back a rate that has not begun."""

    model = TaxCode
    permission_required = "customers.delete_taxrate"
    form_class = forms.Form
    heading = _("Remove this rate")
    button = _("Remove the rate")
    done = _("A rate of {} was removed.")

    @property
    def rate(self) -> TaxRate:
        """The rate that the address names."""
        return get_object_or_404(TaxRate, pk=self.kwargs["rate"], code=self.object)

    @property
    def explanation(self) -> str:
        """Which rate it is."""
        return _("%(rate)s from %(day)s") % {"rate": in_percent(self.rate), "day": self.rate.valid_from}

    def act(self) -> None:
        remove_rate(rate=self.rate, on=timezone.localdate())
