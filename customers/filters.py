"""How the lists of this app are filtered."""

import django_filters
from django.core.validators import EMPTY_VALUES
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.filters import ListFilter, YesNoFilter
from customerflow.lookup import find
from customers.models import Area, Contact, Customer, Equipment, Likeness, Plan, Service, TaxCode


class CustomerNumberFilter(django_filters.CharFilter):
    """The rows of the customer with this number, or of whom an account that had it was merged into."""

    def __init__(self, *, field_name: str = "customer") -> None:
        super().__init__(label=_("Customer number"), field_name=field_name)

    def filter(self, queryset, number: str):
        """Return the customer's rows; all where no number is given, and none where nobody has it."""
        if number in EMPTY_VALUES:
            return queryset
        customer = find(Customer.objects.all(), number)
        return queryset.filter(**{self.field_name: customer}) if customer else queryset.none()


class CustomerFilter(ListFilter):
    """Customers by text and status."""

    status = django_filters.ChoiceFilter(label=_("Status"), choices=Customer.Status.choices)


class ContactFilter(ListFilter):
    """Contacts by text, customer and role."""

    customer = CustomerNumberFilter()
    role = django_filters.ChoiceFilter(label=_("Role"), choices=Contact.Role.choices)


class DuplicateFilter(ListFilter):
    """Likely duplicates by text and by what the two have in common."""

    likeness = django_filters.ChoiceFilter(
        label=_("In common"),
        choices=[(str(value), label) for value, label in Likeness.choices],
        method="having_in_common",
    )

    def having_in_common(self, queryset, _name: str, likeness: str):
        """Return the pairs that have this in common."""
        return queryset.annotate(common=F("likeness").bitand(int(likeness))).filter(common__gt=0)


class AreaFilter(ListFilter):
    """Areas by name."""


class LocationFilter(ListFilter):
    """Locations by text, customer and area."""

    customer = CustomerNumberFilter()
    area = django_filters.ModelChoiceFilter(label=_("Area"), queryset=lambda request: Area.objects.all())


class PlanFilter(ListFilter):
    """Plans by text, kind, whether they are offered, and tax code."""

    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Plan.Kind.choices)
    is_offered = YesNoFilter(label=_("Offered"))
    tax_code = django_filters.ModelChoiceFilter(label=_("Tax code"), queryset=lambda request: TaxCode.objects.all())


class LocatedFilter(ListFilter):
    """What is at a location, by customer and location."""

    customer = CustomerNumberFilter(field_name="location__customer")
    location = django_filters.CharFilter(label=_("Location number"), method="at_location")

    def at_location(self, queryset, _name: str, number: str):
        """Return the rows of the location with this number; none for what is no number."""
        number = number.removeprefix("#")
        if not (number.isascii() and number.isdigit() and len(number) <= 18):
            return queryset.none()
        return queryset.filter(location_id=number)


class ServiceFilter(LocatedFilter):
    """Services by text, customer, location, area, plan and how they stand today."""

    area = django_filters.ModelChoiceFilter(
        label=_("Area"), field_name="location__area", queryset=lambda request: Area.objects.all()
    )
    plan = django_filters.ModelChoiceFilter(label=_("Plan"), queryset=lambda request: Plan.objects.all())
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=[*Service.Status.choices, ("paused", _("Paused"))], method="standing"
    )

    def standing(self, queryset, _name: str, status: str):
        """Return the services that have this status today."""
        return getattr(queryset, status)(timezone.localdate())


class EquipmentFilter(LocatedFilter):
    """Equipment by text, customer, location, status, terms, and whether it has to be collected."""

    status = django_filters.ChoiceFilter(label=_("Status"), choices=Equipment.Status.choices)
    terms = django_filters.ChoiceFilter(label=_("Terms"), choices=Equipment.Terms.choices)
    left = django_filters.ChoiceFilter(
        label=_("Left behind"), choices=[("closed", _("At a closed account"))], method="left_behind"
    )

    def left_behind(self, queryset, _name: str, _chosen: str):
        """Return the units that somebody who has left did not give back."""
        return queryset.left_behind()
