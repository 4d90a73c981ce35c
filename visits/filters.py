"""How the lists of this app are filtered."""

import django_filters
from django.utils.translation import gettext_lazy as _

from customerflow.filters import ListFilter, YesNoFilter
from customerflow.forms import DayInput
from customers.filters import CustomerNumberFilter
from customers.models import Area
from visits.models import Visit
from visits.technicians import technicians


class VisitFilter(ListFilter):
    """Visits by the text of their ticket, day, technician, state, area, customer and ticket."""

    day = django_filters.DateFilter(label=_("Day"), widget=DayInput)
    technician = django_filters.ModelChoiceFilter(
        label=_("Technician"), queryset=lambda request: technicians(), to_field_name="username"
    )
    to_give = YesNoFilter(label=_("Nobody's yet"), field_name="technician", lookup_expr="isnull")
    status = django_filters.ChoiceFilter(label=_("State"), choices=Visit.Status.choices)
    area = django_filters.ModelChoiceFilter(
        label=_("Area"), field_name="location__area", queryset=lambda request: Area.objects.all()
    )
    customer = CustomerNumberFilter(field_name="ticket__customer")
    ticket = django_filters.CharFilter(label=_("Ticket number"), field_name="ticket__number")


class ChecklistFilter(ListFilter):
    """Checklists by name."""
