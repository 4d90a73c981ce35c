"""How the lists of this app are filtered."""

import django_filters
from django.core.validators import EMPTY_VALUES
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from customerflow.filters import ListFilter
from customerflow.lookup import find
from customers.filters import CustomerNumberFilter
from customers.models import Area, Plan
from incidents.hits import services_hit
from incidents.joining import may_be_about
from incidents.models import Credit, Incident


class IncidentNumberFilter(django_filters.CharFilter):
    """The rows of the incident with this number."""

    def __init__(self) -> None:
        super().__init__(label=_("Incident number"), field_name="incident")

    def filter(self, queryset, number: str):
        """Return the incident's rows; all where no number is given, and none where none has it."""
        if number in EMPTY_VALUES:
            return queryset
        incident = find(Incident.objects.all(), number.removeprefix("#"))
        return queryset.filter(incident=incident) if incident else queryset.none()


class IncidentFilter(ListFilter):
    """Incidents by text, state, area and plan."""

    state = django_filters.ChoiceFilter(label=_("State"), choices=Incident.State.choices, method="in_state")
    area = django_filters.ModelChoiceFilter(
        label=_("Area"), field_name="areas", queryset=lambda request: Area.objects.all()
    )
    plan = django_filters.ModelChoiceFilter(
        label=_("Plan"), field_name="plans", queryset=lambda request: Plan.objects.all()
    )

    def in_state(self, queryset, _name: str, state: str):
        """Return the incidents that are in this state now."""
        if state == Incident.State.OVER:
            return queryset.over()
        now = timezone.now()
        return queryset.going_on(now) if state == Incident.State.GOING_ON else queryset.announced(now)


class JoinedFilter(ListFilter):
    """Tickets of incidents, by the text of the ticket and the incident."""

    incident = IncidentNumberFilter()


class OfIncidentFilter(ListFilter):
    """What an incident leads to: the address names it, or there is nothing."""

    incident = django_filters.CharFilter(label=_("Incident number"), method="ignored")

    def ignored(self, queryset, _name: str, _number: str):
        """Return the rows as they are: `filter_queryset` chooses them."""
        return queryset

    @cached_property
    def chosen(self) -> Incident | None:
        """The incident that the address names."""
        return find(Incident.objects.all(), self.form.cleaned_data["incident"].removeprefix("#"))

    def rows_of(self, incident: Incident) -> models.QuerySet:
        """Return the rows of `incident`."""
        raise NotImplementedError

    def filter_queryset(self, queryset: models.QuerySet) -> models.QuerySet:
        if not self.form.cleaned_data["incident"] or self.chosen is None:
            return queryset.none()
        text, rows = self.form.cleaned_data["q"], self.rows_of(self.chosen)
        return rows.search(text) if text else rows


class HitFilter(OfIncidentFilter):
    """Services that an incident hits."""

    def rows_of(self, incident: Incident) -> models.QuerySet:
        return services_hit(incident, at=timezone.now())


class CandidateFilter(OfIncidentFilter):
    """Tickets that may be about an incident."""

    def rows_of(self, incident: Incident) -> models.QuerySet:
        return may_be_about(incident, timezone.now())


class CreditFilter(ListFilter):
    """Credits for outages by customer, incident and state."""

    incident = IncidentNumberFilter()
    customer = CustomerNumberFilter()
    state = django_filters.ChoiceFilter(label=_("State"), choices=Credit.State.choices, method="in_state")

    def in_state(self, queryset, _name: str, state: str):
        """Return the credits that stand so; one whose note was voided is taken back."""
        voided = queryset.voided().values("pk")
        if state == Credit.State.TAKEN_BACK:
            return queryset.filter(models.Q(state=state) | models.Q(pk__in=voided))
        return queryset.live() if state == Credit.State.POSTED else queryset.filter(state=state)
