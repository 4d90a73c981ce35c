"""Customers and what they have, in the administration."""

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.administration import ReadOnlyAdmin, ReadOnlyInline, RecordAdmin
from customerflow.bulk.administration import BulkAdmin
from customerflow.tables import as_text
from customers.forms import AreaForm, ContactForm, CustomerForm, EquipmentForm, LocationForm, PlanForm, ServiceForm
from customers.models import (
    Area,
    Contact,
    Customer,
    DistinctPair,
    DuplicatePair,
    Equipment,
    FormerNumber,
    HouseMove,
    Installation,
    Location,
    Pause,
    Plan,
    PlanPriceChange,
    PriceChange,
    Service,
    TaxCode,
    TaxRate,
)
from customers.tables import service_standing
from customers.tax_forms import TaxCodeForm


@admin.register(Customer)
class CustomerAdmin(BulkAdmin):
    """Customers."""

    form = CustomerForm
    facts = ("status", "closed_on")
    list_display = ("by_name", "by_number", "phone", "email", "status")
    list_filter = ("status",)
    sortable_by = ("by_name", "by_number", "status")
    search_help_text = _("By name, number, e-mail or phone.")

    @admin.display(description=_("name"), ordering="name_key")
    def by_name(self, customer: Customer) -> str:
        """Return the name; it sorts without case and accents."""
        return customer.name

    @admin.display(description=_("number"), ordering="number_key")
    def by_number(self, customer: Customer) -> str:
        """Return the number; 9 sorts before 10."""
        return customer.number


@admin.register(Contact)
class ContactAdmin(BulkAdmin):
    """More people to talk to."""

    form = ContactForm
    facts = ("of_customer",)
    list_display = ("name", "customer", "role", "phone", "email")
    list_select_related = ("customer",)
    search_help_text = _("By name, e-mail or phone.")

    @admin.display(description=_("customer"))
    def of_customer(self, contact: Contact) -> str:
        """Return the customer."""
        return str(contact.customer)


@admin.register(FormerNumber)
class FormerNumberAdmin(ReadOnlyAdmin):
    """Numbers that were given up in a merge."""

    list_display = ("number", "customer", "merged_on")
    fields = ("number", "former_pk", "customer", "merged_on")
    list_select_related = ("customer",)
    ordering = ("-pk",)
    searched_by = "customer"
    search_help_text = _("By the customer's name, number, e-mail or phone.")


@admin.register(DuplicatePair)
class DuplicatePairAdmin(ReadOnlyAdmin):
    """Customers who may be one."""

    list_display = ("first", "second", "reasons")
    fields = list_display
    list_select_related = ("first", "second")
    ordering = ("-weight", "-pk")
    search_help_text = _("By name, number, e-mail or phone.")


@admin.register(DistinctPair)
class DistinctPairAdmin(ReadOnlyAdmin):
    """Customers of whom somebody said that they are two."""

    list_display = ("first", "second", "created_at")
    fields = list_display
    list_select_related = ("first", "second")
    ordering = ("-pk",)
    search_help_text = _("By name, number, e-mail or phone.")


@admin.register(Area)
class AreaAdmin(BulkAdmin):
    """Parts of the network."""

    form = AreaForm
    list_display = ("name",)
    sortable_by = ()
    search_help_text = _("By name.")


@admin.register(Location)
class LocationAdmin(BulkAdmin):
    """Service addresses."""

    form = LocationForm
    facts = ("of_customer",)
    list_display = ("one_line", "label", "area", "customer")
    list_select_related = ("area", "customer")
    search_help_text = _("By label, address, city, region or postcode.")

    @admin.display(description=_("customer"))
    def of_customer(self, location: Location) -> str:
        """Return the customer."""
        return str(location.customer)


@admin.register(Plan)
class PlanAdmin(BulkAdmin):
    """The catalogue."""

    form = PlanForm
    list_display = ("by_name", "kind", "price", "download_mbps", "upload_mbps", "is_offered")
    list_filter = ("kind", "is_offered")
    sortable_by = ("by_name",)
    search_help_text = _("By name.")

    @admin.display(description=_("name"), ordering="name_key")
    def by_name(self, plan: Plan) -> str:
        """Return the name; it sorts without case and accents."""
        return plan.name


class RateInline(ReadOnlyInline):
    """The rates of a tax code."""

    model = TaxRate
    fields = ("percent", "valid_from")
    show_change_link = False


@admin.register(TaxCode)
class TaxCodeAdmin(RecordAdmin):
    """Tax codes; their rates are added in the product."""

    form = TaxCodeForm
    list_display = ("name", "is_default")
    sortable_by = ("name",)
    inlines = (RateInline,)
    search_help_text = _("By name.")


@admin.register(TaxRate)
class TaxRateAdmin(ReadOnlyAdmin):
    """The rates of all tax codes."""

    list_display = ("code", "percent", "valid_from")
    fields = list_display
    list_select_related = ("code",)
    ordering = ("-pk",)
    searched_by = "code"
    search_help_text = _("By the name of the tax code.")
    view_on_site = False


class StandingFilter(SimpleListFilter):
    """Services by how they stand today."""

    title = _("status")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return Service.Status.choices

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        status = self.value()
        return getattr(queryset, status)(timezone.localdate()) if status in Service.Status.values else queryset


@admin.register(Service)
class ServiceAdmin(BulkAdmin):
    """Services. What one costs has a history, so it changes by an act."""

    form = ServiceForm
    facts = ("cost_today", "status_today")
    list_display = ("__str__", "of_customer", "plan", "cost_today", "status_today", "starts_on", "ends_on")
    list_select_related = ("location__customer", "plan")
    list_filter = (StandingFilter, "plan")
    sortable_by = ("starts_on", "ends_on")
    search_help_text = _("By name, login, IP address or port.")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).prefetch_related("pauses")

    @admin.display(description=_("customer"))
    def of_customer(self, service: Service) -> str:
        """Return whose service it is."""
        return str(service.location.customer)

    @admin.display(description=_("cost"))
    def cost_today(self, service: Service) -> str:
        """Return the price in force."""
        return as_text(service.cost)

    @admin.display(description=_("status"))
    def status_today(self, service: Service) -> str:
        """Return how the service stands today."""
        return service_standing(service)


@admin.register(PriceChange)
class PriceChangeAdmin(ReadOnlyAdmin):
    """What services cost, cost once and will cost."""

    moments = ("created_at", "applied_at", "cancelled_at")
    list_display = ("service", "cost", "effective_on", "reason", "created_by", *moments)
    fields = list_display
    list_select_related = ("service", "created_by")
    ordering = ("-pk",)
    searched_by = "service"
    search_help_text = _("By the service's name, login, IP address or port.")
    view_on_site = False


@admin.register(Pause)
class PauseAdmin(ReadOnlyAdmin):
    """Days on which services are off."""

    list_display = ("service", "reason", "first_day", "last_day", "is_charged")
    fields = list_display
    list_select_related = ("service",)
    ordering = ("-pk",)
    searched_by = "service"
    search_help_text = _("By the service's name, login, IP address or port.")
    view_on_site = False


@admin.register(Installation)
class InstallationAdmin(ReadOnlyAdmin):
    """Where units are and were."""

    list_display = ("unit", "location", "first_day", "last_day", "monthly_rent")
    fields = list_display
    list_select_related = ("unit", "location")
    ordering = ("-pk",)
    searched_by = "unit"
    search_help_text = _("By the unit's name, model, serial number or MAC address.")
    view_on_site = False


@admin.register(PlanPriceChange)
class PlanPriceChangeAdmin(ReadOnlyAdmin):
    """What was announced to those who have a plan."""

    list_display = ("plan", "price", "notice_on", "effective_on", "reason", "announced_by", "cancelled_at")
    fields = ("plan", "old_price", *list_display[1:], "with_own_prices", "with_contracts")
    list_select_related = ("plan", "announced_by")
    ordering = ("-pk",)
    searched_by = "plan"
    search_help_text = _("By the plan's name.")


@admin.register(HouseMove)
class HouseMoveAdmin(ReadOnlyAdmin):
    """House moves that are planned, and those that were."""

    list_display = ("origin", "target", "first_day", "created_by", "done_at")
    fields = list_display
    list_select_related = ("origin", "target", "created_by")
    ordering = ("-pk",)
    searched_by = "origin"
    search_help_text = _("By the address that they are from.")
    view_on_site = False


@admin.register(Equipment)
class EquipmentAdmin(BulkAdmin):
    """Devices."""

    form = EquipmentForm
    list_display = ("name", "model", "serial", "mac", "status", "terms", "of_customer")
    list_select_related = ("location__customer",)
    list_filter = ("status",)
    sortable_by = ("status", "serial", "mac")
    search_help_text = _("By name, model, serial number or MAC address.")

    @admin.display(description=_("customer"))
    def of_customer(self, unit: Equipment) -> str:
        """Return at whose location it is."""
        return str(unit.location.customer) if unit.location else ""
