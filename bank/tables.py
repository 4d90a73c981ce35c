"""What the lists of this app show, and how they are filtered."""

from dataclasses import replace

import django_filters
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bank.models import BankAccount, Collection, CollectionItem, Mandate, StatementLine
from customerflow.filters import ListFilter
from customerflow.forms import DayInput
from customerflow.money import format_money
from customerflow.tables import Column, Table, link, states
from customers.filters import CustomerNumberFilter

LEVEL = states(StatementLine.Level, {"sure": "active", "likely": "new", "unknown": "warn"})
LINE_STATE = states(StatementLine.State, {"open": "new", "applied": "active", "parked": "warn", "ignored": "off"})
MANDATE_STATE = states(Mandate.State, {"active": "active", "aside": "bad", "revoked": "off"})
COLLECTION_STATE = states(
    Collection.State, {"draft": "warn", "confirmed": "new", "collected": "active", "cancelled": "off"}
)
ITEM_STATE = states(
    CollectionItem.State, {"pending": "new", "collected": "active", "returned": "bad", "dropped": "off"}
)


def line_state(line: StatementLine) -> SafeString:
    """Return what became of a line, or how sure it is whose it is, as a word with a shape."""
    return LEVEL(line.level) if line.state == StatementLine.State.OPEN else LINE_STATE(line.state)


def offered(line: StatementLine) -> SafeString:
    """Return whose a line is, or may be, and a button to accept it where it is open."""
    if line.customer is None and not line.offer:
        return format_html("{}", line.reason or line.why or "—")
    whose = link(line.customer) if line.customer else format_html("{}", line.get_kind_display())
    why = format_html('<small class="why">{}</small>', line.reason or line.why) if line.reason or line.why else ""
    if line.state != StatementLine.State.OPEN:
        return format_html('<div class="offered">{} {}</div>', whose, why)
    button = format_html(
        '<button class="btn btn-sm" form="accept" name="line" value="{}">'
        '{}<span class="visually-hidden"> {}</span></button>',
        line.pk,
        _("Accept"),
        line,
    )
    return format_html('<div class="offered">{} {} {}</div>', whose, why, button)


class BankAccountTable(Table):
    """Bank accounts."""

    order = "name"
    columns = (
        Column("name", _("Name"), sort="name"),
        Column("iban", _("IBAN"), value=lambda account: account.iban or account.number),
        Column("csv_profile", _("CSV profile"), value=lambda account: str(account.csv_profile or "")),
    )
    select_related = ("csv_profile",)


class CsvProfileTable(Table):
    """CSV profiles."""

    order = "name"
    columns = (
        Column("name", _("Name"), sort="name"),
        Column("date_order", _("Order of dates"), value=lambda profile: profile.get_date_order_display()),
        Column("decimal_sign", _("Decimal sign"), value=lambda profile: profile.get_decimal_sign_display()),
    )


class StatementTable(Table):
    """Statements."""

    order = "-number"
    columns = (
        Column("number", _("Number"), value=lambda each: f"#{each.pk}", sort="pk"),
        Column("name", _("Statement"), value=str),
        Column(
            "account", _("Bank account"), cell=lambda each: link(each.account), value=lambda each: str(each.account)
        ),
        Column("format", _("Format"), value=lambda each: each.get_format_display()),
        Column("first_on", _("From"), css="num"),
        Column("last_on", _("To"), css="num"),
        Column("closing", _("Closing balance"), css="num"),
        Column("loaded_at", _("Loaded at"), css="num"),
    )
    select_related = ("account",)


class LineTable(Table):
    """Lines of statements."""

    order = "number"
    columns = (
        Column("number", _("Number"), value=lambda line: f"#{line.pk}", sort="pk"),
        Column("booked_on", _("Booked on"), sort="booked_on", css="num"),
        Column("amount", _("Amount"), cell=lambda line: format_money(line.amount), css="num"),
        Column("party_name", _("Name")),
        Column("text", _("Text"), value=lambda line: " ".join(filter(None, (line.reference, line.text)))),
        Column("state", _("State"), value=lambda line: line.get_state_display(), cell=line_state),
        Column("customer", _("Whose"), value=lambda line: str(line.customer or ""), cell=offered),
    )
    select_related = ("customer",)


class LinesOfOneTable(LineTable):
    """Lines on the page of their statement."""

    columns = tuple(
        replace(column, cell=lambda line: link(line.customer) if line.customer else line.reason or "—")
        if column.name == "customer"
        else column
        for column in LineTable.columns
    )


class MandateTable(Table):
    """Mandates."""

    order = "-signed"
    columns = (
        Column("reference", _("Mandate reference")),
        Column("customer", _("Customer"), value=lambda each: str(each.customer), cell=lambda each: link(each.customer)),
        Column("holder", _("Account holder")),
        Column("iban", _("IBAN")),
        Column("signed", _("Signed on"), value=lambda each: each.signed_on, sort="pk", css="num"),
        Column(
            "state",
            _("State"),
            value=lambda each: each.get_state_display(),
            cell=lambda each: MANDATE_STATE(each.state),
        ),
    )
    select_related = ("customer",)


class MandatesOfOneTable(MandateTable):
    """Mandates on the page of their customer."""

    columns = tuple(column for column in MandateTable.columns if column.name != "customer")


class CollectionTable(Table):
    """Collections."""

    order = "-number"
    columns = (
        Column("number", _("Reference"), value=lambda each: each.reference, sort="pk"),
        Column("collect_on", _("Collection day"), sort="collect_on", css="num"),
        Column("due_up_to", _("Due up to"), css="num"),
        Column(
            "state",
            _("State"),
            value=lambda each: each.get_state_display(),
            cell=lambda each: COLLECTION_STATE(each.state),
        ),
    )


class DebitTable(Table):
    """Direct debits."""

    order = "reference"
    columns = (
        Column("reference", _("End-to-end reference"), value=lambda each: each.end_to_end_id, sort="pk"),
        Column("customer", _("Customer"), value=lambda each: str(each.customer), cell=lambda each: link(each.customer)),
        Column("invoice", _("Invoice"), value=lambda each: str(each.invoice), cell=lambda each: link(each.invoice)),
        Column("mandate", _("Mandate"), value=lambda each: str(each.mandate), cell=lambda each: link(each.mandate)),
        Column("amount", _("Amount"), cell=lambda each: format_money(each.amount), css="num"),
        Column(
            "state", _("State"), value=lambda each: each.get_state_display(), cell=lambda each: ITEM_STATE(each.state)
        ),
        Column("reason", _("Reason")),
    )
    select_related = ("customer", "invoice", "mandate")


class DebitsOfOneTable(DebitTable):
    """Direct debits on the page of their customer."""

    columns = tuple(column for column in DebitTable.columns if column.name != "customer")


class BankAccountFilter(ListFilter):
    """Bank accounts by text."""


class CsvProfileFilter(ListFilter):
    """CSV profiles by text."""


class StatementFilter(ListFilter):
    """Statements by text and account."""

    account = django_filters.ModelChoiceFilter(label=_("Bank account"), queryset=BankAccount.objects.all())


class LineFilter(ListFilter):
    """Lines by text, what became of them, how sure they are, account, statement, customer and day (inclusive)."""

    state = django_filters.ChoiceFilter(label=_("State"), choices=StatementLine.State.choices)
    level = django_filters.ChoiceFilter(label=_("Match"), choices=StatementLine.Level.choices)
    account = django_filters.ModelChoiceFilter(label=_("Bank account"), queryset=BankAccount.objects.all())
    statement = django_filters.NumberFilter(label=_("Statement number"), field_name="statement")
    customer = CustomerNumberFilter()
    booked_from = django_filters.DateFilter(
        label=_("Booked from"), field_name="booked_on", lookup_expr="gte", widget=DayInput
    )
    booked_to = django_filters.DateFilter(
        label=_("Booked to"), field_name="booked_on", lookup_expr="lte", widget=DayInput
    )


class MandateFilter(ListFilter):
    """Mandates by text, customer and state."""

    customer = CustomerNumberFilter()
    state = django_filters.ChoiceFilter(label=_("State"), choices=Mandate.State.choices)


class CollectionFilter(ListFilter):
    """Collections by reference and state."""

    state = django_filters.ChoiceFilter(label=_("State"), choices=Collection.State.choices)


class DebitFilter(ListFilter):
    """Direct debits by their reference, customer, collection and what became of them."""

    customer = CustomerNumberFilter()
    collection = django_filters.CharFilter(label=_("Collection"), field_name="collection__reference")
    state = django_filters.ChoiceFilter(label=_("State"), choices=CollectionItem.State.choices)

    def search(self, queryset, _name: str, text: str):
        """Return the direct debits whose reference begins with `text`."""
        return queryset.filter(end_to_end_id=text.strip())
