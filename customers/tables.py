"""What the lists of this app show."""

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customerflow.tables import Column, Table, anchor, link, state, states
from customers.models import Contact, Customer, Equipment, Plan, Service

CUSTOMER_STATES = states(Customer.Status, {"lead": "new", "active": "active"})
SERVICE_STATES = states(Service.Status, {"pending": "new", "active": "active"})
EQUIPMENT_STATES = states(
    Equipment.Status, {"installed": "active", "in_stock": "new", "in_repair": "warn", "lost": "bad"}
)


def customer_state(customer: Customer) -> SafeString:
    """Return a customer's status as a word with a shape."""
    return CUSTOMER_STATES(customer.status)


def service_state(service: Service) -> SafeString:
    """Return how a service stands today as a word with a shape; one that is off, until when."""
    until = off_until(service)
    if until:
        # In two pieces, so that they may stand below one another where there is little room.
        return format_html("{} <small>{}</small>", state(_("Paused"), "warn"), until)
    return SERVICE_STATES(service.status(timezone.localdate()))


def service_standing(service: Service) -> str:
    """Return in words how a service stands today: its status or, while it is off, until when."""
    until = off_until(service)
    return f"{_('Paused')} {until}" if until else str(service.status(timezone.localdate()).label)


def off_until(service: Service) -> str:
    """Return in words until when a service is off that would be served today; nothing while it is on."""
    today = timezone.localdate()
    # Not filtered by the database: lists have fetched the pauses of all their services at once.
    pauses = [pause for pause in service.pauses.all() if pause.is_over(today)]
    if not pauses or service.status(today) != Service.Status.ACTIVE:
        return ""
    if any(pause.last_day is None for pause in pauses):
        return str(_("until further notice"))
    return str(_("until %(day)s") % {"day": max(pause.last_day for pause in pauses)})


def equipment_state(unit: Equipment) -> SafeString:
    """Return a unit's status as a word with a shape."""
    return EQUIPMENT_STATES(unit.status)


def phone(record: Customer | Contact) -> SafeString | str:
    """Return a phone as a link that dials; a number that cannot be dialled from anywhere says so."""
    if record.phone_e164:
        return anchor(f"tel:{record.phone_e164}", record.phone)
    if record.phone:
        return format_html('<span class="local-number" title="{}">{}</span>', _("Local number"), record.phone)
    return ""


def email(record: Customer | Contact) -> SafeString | str:
    """Return an e-mail address as a link that writes to it."""
    return anchor(f"mailto:{record.email}", record.email) if record.email else ""


class CustomerTable(Table):
    """The list of customers."""

    columns = (
        Column("number", _("Number"), sort="number_key"),
        Column("name", _("Name"), sort="name_key", cell=lambda customer: link(customer, customer.name)),
        Column("phone", _("Phone"), cell=phone),
        Column("email", _("E-mail"), cell=email),
        Column("status", _("Status"), value=Customer.get_status_display, cell=customer_state),
        Column("created_at", _("Added"), sort="pk", css="num"),
    )
    order = "name"


class ContactTable(Table):
    """The list of contacts; the page of one is that of its customer."""

    columns = (
        Column("name", _("Name"), sort="name_key", cell=lambda contact: link(contact, contact.name)),
        Column("role", _("Role"), value=Contact.get_role_display),
        Column("phone", _("Phone"), cell=phone),
        Column("email", _("E-mail"), cell=email),
        Column("customer", _("Customer"), cell=lambda contact: link(contact.customer)),
    )
    select_related = ("customer",)
    order = "name"


class DuplicateTable(Table):
    """The list of likely duplicates."""

    columns = (
        Column("first", _("Customer"), cell=lambda pair: link(pair.first)),
        Column("second", _("Perhaps the same"), cell=lambda pair: link(pair.second)),
        Column("reasons", _("In common"), sort="weight"),
    )
    select_related = ("first", "second")
    order = "-reasons"


class AreaTable(Table):
    """The list of areas."""

    columns = (Column("name", _("Name"), sort="name_key"),)
    order = "name"


class LocationTable(Table):
    """The list of locations."""

    columns = (
        Column("pk", _("Number"), sort="pk"),
        Column("label", _("Label")),
        Column("address", _("Address"), cell=lambda location: link(location, location.address)),
        Column("postcode", _("Postcode")),
        Column("city", _("City")),
        Column("area", _("Area"), cell=lambda location: link(location.area) if location.area else ""),
        Column("customer", _("Customer"), cell=lambda location: link(location.customer)),
    )
    select_related = ("customer", "area")
    order = "-pk"


class PlanTable(Table):
    """The list of plans."""

    columns = (
        Column("name", _("Name"), sort="name_key"),
        Column("kind", _("Kind"), value=Plan.get_kind_display),
        Column("download_mbps", _("Down (Mbit/s)"), css="num"),
        Column("upload_mbps", _("Up (Mbit/s)"), css="num"),
        Column("price", _("Monthly price"), sort="price", css="num"),
        Column("is_offered", _("Offered")),
    )
    order = "name"


class ServiceTable(Table):
    """The list of services."""

    columns = (
        Column("pk", _("Number"), sort="pk"),
        Column("name", _("Name"), cell=lambda service: link(service, service.name)),
        Column(
            "customer",
            _("Customer"),
            value=lambda service: service.location.customer,
            cell=lambda service: link(service.location.customer),
        ),
        Column("location", _("Location"), cell=lambda service: link(service.location)),
        Column("starts_on", _("Starts on"), sort="starts_on", css="num"),
        Column("ends_on", _("Ends on"), css="num"),
        Column("cost", _("Cost"), sort="cost", css="num"),
        Column("status", _("Status"), value=service_standing, cell=service_state),
    )
    select_related = ("location__customer",)
    order = "-pk"

    @classmethod
    def prepare(cls, queryset: QuerySet) -> QuerySet:
        return super().prepare(queryset).prefetch_related("pauses")


class EquipmentTable(Table):
    """The list of equipment."""

    columns = (
        Column("pk", _("Number"), sort="pk"),
        Column("name", _("Name"), cell=lambda unit: link(unit, unit.name)),
        Column("model", _("Model")),
        Column("serial", _("Serial number")),
        Column("mac", _("MAC address")),
        Column("location", _("Location"), cell=lambda unit: link(unit.location) if unit.location else ""),
        Column("cost", _("Cost"), sort="cost", css="num"),
        Column("status", _("Status"), value=Equipment.get_status_display, cell=equipment_state),
    )
    select_related = ("location",)
    order = "-pk"
