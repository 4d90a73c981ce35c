"""How customers are loaded and exported (id.csv), and the people to talk to there."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customerflow.loads.cleaning import Day, choice, clean_text, text, whole_number, yes_or_no
from customerflow.loads.commands import IDENTITY
from customerflow.loads.declaration import Column, Declaration, FormerKeys, Reference, record_id, register
from customerflow.loads.rules import Rule, needed, stays
from customers.emails import clean_email
from customers.models import Contact, Customer, FormerNumber
from customers.models.customer import languages
from customers.phones import MAX_LENGTH, validate_phone
from customers.referents import CUSTOMER

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


def language(cell: str) -> str:
    """Return the code of the language in a cell, such as de; blank is the language of the installation."""
    value, codes = clean_text(cell).lower(), dict(languages())
    if value and value not in codes:
        raise ValidationError(_("It must be the code of a language, such as en or de."))
    return value


@register
class CustomerLoad(Declaration):
    """Customers, found by their account number."""

    model = Customer
    kind = "customers"
    keys = (("number",),)
    columns = (
        Column("ID", "number", text(32, required=True), aliases=("Number", "Customer ID")),
        Column("Name", "name", text(200, required=True, several_lines=True)),
        Column("Email", "email", email, aliases=("E-mail", "Mail")),
        Column("Phone", "phone", phone, aliases=("Telephone", "Tel")),
        Column("Billing Day", "billing_day", whole_number(1, 31), is_required=False),
        Column("Payment Terms", "payment_terms", whole_number(0, 365), is_required=False),
        Column("Tax Exempt", "is_tax_exempt", yes_or_no, is_required=False),
        Column("Language", "language", language, is_required=False),
        Column("Channel", "channel", choice(Customer.Channel), aliases=("Reminders By",), is_required=False),
        Column("Note", "note", text(5_000, several_lines=True), is_required=False),
        Column("Status", "status", choice(Customer.Status), is_required=False),
        Column("Closed On", "closed_on", Day(), is_required=False),
    )
    rules = (
        Rule(
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
            of_changes=True,
            unless=IDENTITY,
        ),
        Rule(
            heading="Status",
            condition="(new.status = 'closed') <> (old.status = 'closed')",
            reason=_("An account is closed and reopened on its page, where its services end with it."),
        ),
        Rule(
            heading="Closed On",
            condition="new.closed_on <> old.closed_on",
            reason=_("The day on which an account was closed stays as it is."),
        ),
        Rule(
            heading="Closed On",
            condition="""
                (COALESCE(new.status, old.status, 'active') = 'closed')
                <> (COALESCE(new.closed_on, old.closed_on) IS NOT NULL)
            """,
            reason=_("A closed account has the day on which it was closed, and no other account has one."),
        ),
        Rule("Closed On", "new.closed_on > {today}", _("That day is still to come.")),
    )
    former_keys = FormerKeys(
        model=FormerNumber,
        key="number",
        record="customer",
        named="old.name || ' (' || old.number || ')'",
        reason=_("This account was merged into #. Give the number of that one, or leave the row out."),
    )


@register
class ContactLoad(Declaration):
    """More people to talk to, found by their name at a customer."""

    model = Contact
    kind = "contacts"
    keys = (("id",), ("customer_id", "name"))
    columns = (
        record_id(),
        Reference("Customer", "customer_id", referent=CUSTOMER, path="customer__number", is_required=False),
        Column("Name", "name", text(200, required=True), is_required=False),
        Column("Role", "role", choice(Contact.Role), is_required=False),
        Column("Email", "email", email, aliases=("E-mail", "Mail"), is_required=False),
        Column("Phone", "phone", phone, aliases=("Telephone", "Tel"), is_required=False),
    )
    rules = (needed("Customer", "customer_id"), needed("Name", "name"), stays("Customer", "customer_id"))
    title = "COALESCE(new.name, '#' || new.id, '')"
