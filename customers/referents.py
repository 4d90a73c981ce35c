"""How customers and what belongs to them are named in files that are loaded."""

from django.core.exceptions import ValidationError
from django.db.models import F, Func, TextField
from django.utils.translation import gettext_lazy as _

from customerflow.loads.declaration import Referent, Way
from customerflow.text import fold
from customers.models import Area, TaxCode
from customers.models.equipment import normalise_mac

SIGN = "#"


def numbered(text: str) -> int | None:
    """Return our number in a name such as #12."""
    digits = text.removeprefix(SIGN)
    return int(digits) if digits != text and digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def mac_of(text: str) -> str | None:
    """Return the MAC address in a name, in its stored form."""
    try:
        return normalise_mac(text)
    except ValidationError:
        return None


class Numbered(Func):
    """Our number of a record, as files name it: #12; nothing where there is none."""

    template = "'#' || %(expressions)s"
    output_field = TextField()

    def __init__(self, field: str) -> None:
        super().__init__(F(field))


OUR_ID = Way("old.id = CAST(said.key AS bigint)", numbered)
OF_CUSTOMER = """
    (SELECT part.*, place.customer_id FROM %s AS part
     LEFT JOIN customers_location AS place ON place.id = part.location_id)
"""

CUSTOMER = Referent(
    kind="customers",
    ways=(
        Way("old.number = said.key"),
        Way(
            "old.former = said.key",
            relation="""
                (SELECT customer.*, former.number AS former FROM customers_formernumber AS former
                 JOIN customers_customer AS customer ON customer.id = former.customer_id)
            """,
        ),
        OUR_ID,
        Way("LOWER(old.email) = said.key", lambda text: text.lower() if "@" in text else None),
        Way("old.name_key = said.key", fold),
    ),
    called=_("number, e-mail or name"),
    label="old.name || ' (' || old.number || ')'",
)
LOCATION = Referent(
    kind="locations",
    ways=(OUR_ID, Way("old.label = said.key"), Way("old.address = said.key")),
    called=_("our number (#12), label or address"),
    label="CASE WHEN old.label <> '' THEN old.label || ': ' || old.address ELSE old.address END",
    within="customer_id",
)
PLAN = Referent(
    kind="plans",
    ways=(OUR_ID, Way("old.name = said.key"), Way("old.name_key = said.key", fold)),
    called=_("name or our number (#12)"),
    label="old.name",
)
AREA = Referent(
    kind="",
    model=Area,
    ways=(OUR_ID, Way("old.name = said.key"), Way("old.name_key = said.key", fold)),
    called=_("name or our number (#12)"),
    label="old.name",
)
TAX_CODE = Referent(kind="", model=TaxCode, ways=(Way("old.name = said.key"),), called=_("name"), label="old.name")
SERVICE = Referent(
    kind="services",
    ways=(OUR_ID, Way("old.login = said.key"), Way("old.name = said.key")),
    called=_("login, our number (#12) or name"),
    label="old.name",
    relation=OF_CUSTOMER,
    within="customer_id",
)
EQUIPMENT = Referent(
    kind="equipment",
    ways=(OUR_ID, Way("old.serial = said.key"), Way("old.mac = said.key", mac_of)),
    called=_("serial number, MAC address or our number (#12)"),
    label="old.name",
    relation=OF_CUSTOMER,
    within="customer_id",
)
