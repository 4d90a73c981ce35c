"""How locations are loaded and exported, and the equipment there."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.loads.applying import Application
from customerflow.loads.cleaning import amount, choice, clean_text, decimal_number, given, text
from customerflow.loads.declaration import Column, Declaration, Reference, record_id, register
from customerflow.loads.rules import Rule, needed, stays
from customers.loads.stays import move_stays
from customers.models import Equipment, Location
from customers.models.equipment import normalise_mac
from customers.referents import AREA, CUSTOMER, LOCATION, Numbered


def country(cell: str) -> str:
    """Return the two letters of a country. Raises `ValidationError`."""
    value = clean_text(cell).upper()
    if value:
        Location._meta.get_field("country").run_validators(value)
    return value


def mac(cell: str) -> str:
    """Return a MAC address in its stored form. Raises `ValidationError`."""
    return normalise_mac(clean_text(cell))


@register
class LocationLoad(Declaration):
    """Service addresses, found by label and address at a customer."""

    model = Location
    kind = "locations"
    keys = (("id",), ("customer_id", "label", "address"), ("customer_id", "address"))
    columns = (
        record_id(),
        Reference("Customer", "customer_id", referent=CUSTOMER, path="customer__number", is_required=False),
        Column("Label", "label", text(100), is_required=False),
        Column("Address", "address", text(300, required=True), aliases=("Street",), is_required=False),
        Column("City", "city", text(100), aliases=("Town",), is_required=False),
        Column("Region", "region", text(100), aliases=("State",), is_required=False),
        Column("Postcode", "postcode", text(20), aliases=("ZIP", "ZIP Code", "Postal Code"), is_required=False),
        Column("Country", "country", country, is_required=False),
        Reference("Area", "area_id", referent=AREA, path="area__name", is_required=False),
        Column("Latitude", "latitude", decimal_number(6, 90), aliases=("Lat",), is_required=False),
        Column("Longitude", "longitude", decimal_number(6, 180), aliases=("Lon", "Lng"), is_required=False),
        Column("Access Notes", "access_notes", text(2_000, several_lines=True), is_required=False),
    )
    rules = (needed("Customer", "customer_id"), needed("Address", "address"), stays("Customer", "customer_id"))
    title = "COALESCE(new.address, '#' || new.id, '')"


@register
class EquipmentLoad(Declaration):
    """Devices, found by serial number or MAC address. With a location a unit is installed there."""

    model = Equipment
    kind = "equipment"
    keys = (("id",), ("serial",), ("mac",))
    columns = (
        record_id(),
        Column("Name", "name", text(100, required=True), is_required=False),
        Column("Model", "model", text(100), is_required=False),
        Column("Serial", "serial", given(text(100)), aliases=("Serial Number",), is_required=False),
        Column("MAC", "mac", given(mac), aliases=("MAC Address",), is_required=False),
        Column("Cost", "cost", amount(), is_required=False),
        Column("Terms", "terms", choice(Equipment.Terms), is_required=False),
        Column("Monthly Rent", "monthly_rent", amount(), is_required=False),
        Column("Status", "status", choice(Equipment.Status), is_required=False),
        Reference(
            "Customer",
            "customer_id",
            referent=CUSTOMER,
            path="location__customer__number",
            is_required=False,
            is_locked=True,
        ),
        Reference(
            "Location",
            "location_id",
            referent=LOCATION,
            within="customer_id",
            path=Numbered("location_id"),
            is_required=False,
        ),
    )
    rules = (
        needed("Name", "name"),
        Rule(
            "Status",
            "new.location_id IS NOT NULL AND new.status <> 'installed'",
            _("Equipment has a location exactly while its status is Installed."),
        ),
        Rule(
            "Status",
            "new.status = 'installed' AND new.location_id IS NULL AND old.location_id IS NULL",
            _("Equipment has a location exactly while its status is Installed."),
        ),
        Rule(
            "Location",
            "{customer_id.status} = 'closed' AND new.location_id <> COALESCE(old.location_id, 0)",
            _("The customer's account is closed. Reopen it first."),
            is_last=True,
        ),
    )
    made = {
        "location_id": """
            CASE WHEN COALESCE(new.status, 'installed') = 'installed'
            THEN COALESCE(new.location_id, old.location_id) END
        """,
        "status": """
            CASE WHEN new.location_id IS NULL THEN COALESCE(new.status, old.status, 'in_stock') ELSE 'installed' END
        """,
    }
    title = "COALESCE(new.serial, new.mac, new.name, '#' || new.id, '')"
    needs_keys = True

    @classmethod
    def finish(cls, application: Application) -> None:
        """Write since when the units are where they are, and until when they were elsewhere."""
        move_stays(application, timezone.localdate(application.now))
