"""How customers are loaded and exported: id.csv."""

from django.utils.translation import gettext_lazy as _

from customerflow.loads.cleaning import clean_text, text, whole_number, yes_or_no
from customerflow.loads.declaration import ChangeRule, Column, Declaration, FormerKeys
from customers.emails import clean_email
from customers.models import Customer, FormerNumber
from customers.phones import MAX_LENGTH, validate_phone

# The confirmation that a number may pass to another person.
IDENTITY = "identity"

phone_text = text(MAX_LENGTH)


def email(cell: str) -> str:
    """Return the e-mail address in a cell. Raises `ValidationError`."""
    return clean_email(clean_text(cell))


def phone(cell: str) -> str:
    """Return the phone number in a cell, as given. Raises `ValidationError`."""
    value = phone_text(cell)
    if value:
        validate_phone(value)
    return value


class CustomerLoad(Declaration):
    """Customers, found by their account number."""

    model = Customer
    kind = "customers"
    key = "number"
    columns = (
        Column("ID", "number", text(32, required=True), aliases=("Number", "Customer ID")),
        Column("Name", "name", text(200, required=True, several_lines=True)),
        Column("Email", "email", email, aliases=("E-mail", "Mail")),
        Column("Phone", "phone", phone, aliases=("Telephone", "Tel")),
        Column("Billing Day", "billing_day", whole_number(1, 31), is_required=False),
        Column("Payment Terms", "payment_terms", whole_number(0, 365), is_required=False),
        Column("Tax Exempt", "is_tax_exempt", yes_or_no, is_required=False),
        Column("Note", "note", text(5_000, several_lines=True), is_required=False),
    )
    change_rules = (
        ChangeRule(
            heading="Name",
            condition="""
                new.name_key <> old.name_key AND (new.email || new.phone || old.email || old.phone) <> ''
                AND NOT (new.email <> '' AND LOWER(new.email) = LOWER(old.email))
                AND NOT (new.phone <> '' AND new.phone = old.phone)
                AND NOT (new.phone_e164 <> '' AND new.phone_e164 = old.phone_e164)
            """,
            reason=_(
                "Is this another person? Name, e-mail and phone all differ from the customer with this ID. "
                "If it is meant, give --confirm-identity."
            ),
            unless=IDENTITY,
        ),
    )
    former_keys = FormerKeys(
        model=FormerNumber,
        key="number",
        record="customer",
        named="old.name || ' (' || old.number || ')'",
        reason=_("This account was merged into #. Give the number of that one, or leave the row out."),
    )
