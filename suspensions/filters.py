"""How the lists of this app are filtered."""

from datetime import date, timedelta

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from customerflow.filters import ListFilter
from customerflow.forms import DayInput
from customers.filters import CustomerNumberFilter
from customers.models import Customer
from suspensions.forecast import to_be_suspended
from suspensions.models import ParkedCustomer, Policy
from suspensions.models.policy import current_policy
from suspensions.quiet_days import next_cutoff_day
from suspensions.trial import maybe_suspended

FARTHEST = timedelta(days=366)


class SuspensionFilter(ListFilter):
    """Suspensions by customer, and whether they have ended."""

    customer = CustomerNumberFilter()
    standing = django_filters.ChoiceFilter(
        label=_("State"), choices=[("open", _("Suspended")), ("ended", _("Ended"))], method="stands"
    )

    def stands(self, queryset, _name: str, standing: str):
        """Return the suspensions that have not ended, or that have."""
        return queryset.open() if standing == "open" else queryset.exclude(ended_on=None)


class ParkedFilter(ListFilter):
    """Parked customers by text and step."""

    step = django_filters.ChoiceFilter(label=_("Step"), choices=ParkedCustomer.Step.choices)


class HoldFilter(ListFilter):
    """Holds by customer, and whether they are over."""

    customer = CustomerNumberFilter()
    standing = django_filters.ChoiceFilter(
        label=_("State"), choices=[("now", _("Held now")), ("over", _("Over"))], method="stands"
    )

    def stands(self, queryset, _name: str, standing: str):
        """Return the holds over today, or those that are over."""
        today = timezone.localdate()
        return queryset.on(today) if standing == "now" else queryset.filter(last_day__lt=today)


class QuietDayFilter(ListFilter):
    """Days without cut-offs by name."""


def refuse_other_days(day: date) -> None:
    """Raise `ValidationError` for a day that is past, or too far ahead."""
    today = timezone.localdate()
    if not today <= day <= today + FARTHEST:
        raise ValidationError(_("Name today or a day within a year."))


class ForecastFilter(ListFilter):
    """Who would be suspended on a day to come, by text."""

    on = django_filters.DateFilter(label=_("On"), widget=DayInput, validators=[refuse_other_days])

    @cached_property
    def policy(self) -> Policy:
        """The rules in force."""
        return current_policy()

    @cached_property
    def day(self) -> date:
        """The day asked about: the next one with cut-offs, unless the address names another."""
        return self.form.cleaned_data["on"] or next_cutoff_day(self.policy, timezone.localdate())

    def filter_queryset(self, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        text, rows = self.form.cleaned_data["q"], to_be_suspended(self.policy, self.day)
        return rows.search(text) if text else rows


class TrialFilter(ListFilter):
    """Who would have been suspended in the last 30 days, by text."""

    @cached_property
    def policy(self) -> Policy:
        """The rules as they are now."""
        return current_policy()

    def filter_queryset(self, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        text, rows = self.form.cleaned_data["q"], maybe_suspended(self.policy, timezone.localdate())
        return rows.search(text) if text else rows
