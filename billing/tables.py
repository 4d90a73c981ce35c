"""What the lists of this app show."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from billing.balances import Balance
from billing.models import Invoice, Payment
from billing.overdue import days_late
from billing.standings import with_standing
from customerflow.money import format_money
from customerflow.tables import Column, Table, link, state
from customers.models import Customer
from customers.tables import phone


def invoice_standing(invoice: Invoice, on: date) -> str:
    """Return in a word how an invoice `with_standing` stands on the day `on`."""
    if invoice.status != Invoice.Status.ISSUED:
        return invoice.get_status_display()
    if invoice.open_amount:
        if invoice.due_on < on:
            return _("Overdue")
        return _("Part settled") if invoice.settled else _("Open")
    if invoice.is_written_off:
        return _("Written off")
    return _("Credited") if invoice.is_credited else _("Paid")


def standing_today(invoice: Invoice) -> str:
    """Return in a word how an invoice `with_standing` stands today."""
    return invoice_standing(invoice, timezone.localdate())


def invoice_state(invoice: Invoice) -> SafeString:
    """Return how an invoice `with_standing` stands today as a word with a shape."""
    if invoice.status != Invoice.Status.ISSUED:
        shape = "warn" if invoice.is_draft else "off"
    elif invoice.open_amount:
        shape = "bad" if invoice.is_overdue(timezone.localdate()) else "new"
    else:
        shape = "off" if invoice.is_written_off or invoice.is_credited else "active"
    return state(standing_today(invoice), shape)


def payment_standing(payment: Payment) -> str:
    """Return in a word what became of a payment."""
    if payment.is_reversed:
        return _("Reversed")
    return _("Credit left") if payment.credit else _("Used up")


def payment_state(payment: Payment) -> SafeString:
    """Return what became of a payment as a word with a shape."""
    shape = "off" if payment.is_reversed else "new" if payment.credit else "active"
    return state(payment_standing(payment), shape)


def number_there(payment: Payment) -> str:
    """Return from which system a payment comes, and its number there; nothing of ours."""
    return f"{payment.origin}, {payment.number}" if payment.origin else ""


def customer_standing(balance: Balance, overdue: Decimal, oldest_due_on: date | None, on: date) -> SafeString:
    """
    Return how a customer stands on the day `on` in words with a shape, such as "owes 59.99, 12 days late".

    `overdue` is what is open on their overdue invoices, `oldest_due_on` the due day of the oldest of these, None where
    none is overdue. Where they owe more than that, it is said: "owes 99.99, of it 59.99 12 days late".
    """
    if oldest_due_on is None:
        return state(balance.in_words, "new" if balance.total > 0 else "active")
    late = days_late(oldest_due_on, on)
    if overdue < balance.total:
        words = ngettext(
            "%(balance)s, of it %(overdue)s %(late)d day late",
            "%(balance)s, of it %(overdue)s %(late)d days late",
            late,
        )
    else:
        words = ngettext("%(balance)s, %(late)d day late", "%(balance)s, %(late)d days late", late)
    return state(words % {"balance": balance.in_words, "overdue": format_money(overdue), "late": late}, "bad")


class InvoiceTable(Table):
    """The list of invoices."""

    columns = (
        Column("number", _("Number"), value=str),
        Column("origin", _("Origin")),
        Column("customer", _("Customer"), cell=lambda invoice: link(invoice.customer)),
        Column("issued_on", _("Issued on"), sort="issued_on", css="num"),
        Column("due_on", _("Due on"), sort="due_on", css="num"),
        Column("total", _("Total"), css="num"),
        Column("open_amount", _("Open"), css="num"),
        Column("standing", _("Standing"), value=standing_today, cell=invoice_state),
    )
    select_related = ("customer",)
    order = "-issued_on"

    @classmethod
    def prepare(cls, queryset: QuerySet) -> QuerySet:
        return with_standing(super().prepare(queryset))


def _then(column: Column) -> Column:
    """Return what stands in place of a column in a list of what was open on a day."""
    if column.name == "open_amount":
        return Column("open_then", _("Open then"), css="num")
    return replace(column, label=_("Standing today")) if column.name == "standing" else column


class InvoicesOpenThenTable(InvoiceTable):
    """Invoices that were open on a day, with what was open of each then."""

    columns = tuple(map(_then, InvoiceTable.columns))


class PaymentTable(Table):
    """The list of payments."""

    columns = (
        Column("pk", _("Number"), sort="pk"),
        Column("customer", _("Customer"), cell=lambda payment: link(payment.customer)),
        Column("received_on", _("Received on"), sort="received_on", css="num"),
        Column("amount", _("Amount"), css="num"),
        Column("method", _("Method"), value=Payment.get_method_display),
        Column("reference", _("Reference")),
        Column("origin", _("Origin"), value=number_there),
        Column("credit", _("Credit left"), css="num"),
        Column("standing", _("Standing"), value=payment_standing, cell=payment_state),
    )
    select_related = ("customer",)
    order = "-received_on"


class InvoicesOfOneTable(InvoiceTable):
    """Invoices on their customer's own page."""

    columns = tuple(column for column in InvoiceTable.columns if column.name not in {"customer", "origin"})
    select_related = ()


class PaymentsOfOneTable(PaymentTable):
    """Payments on their customer's own page."""

    columns = tuple(column for column in PaymentTable.columns if column.name not in {"customer", "credit", "origin"})
    select_related = ()


def take_payment(customer: Customer) -> SafeString:
    """Return a button that leads to taking a payment from `customer`."""
    address = f"{reverse('billing:payment_create')}?{urlencode({'customer': customer.number})}"
    return format_html(
        '<a class="btn btn-sm" href="{}">{}<span class="visually-hidden"> {}</span></a>',
        address,
        _("Take payment"),
        customer,
    )


class OverdueTable(Table):
    """The customers with overdue payments."""

    columns = (
        Column("number", _("Number"), value=lambda row: row.customer.number),
        Column(
            "name",
            _("Customer"),
            value=lambda row: row.customer.name,
            sort="name_key",
            cell=lambda row: link(row.customer, row.customer.name),
        ),
        Column("phone", _("Phone"), value=lambda row: row.customer.phone, cell=lambda row: phone(row.customer)),
        Column("amount", _("Overdue"), value=lambda row: row.overdue_amount, sort="overdue_amount", css="num"),
        Column("oldest", _("Oldest due day"), value=lambda row: row.oldest_due_on, sort="oldest_due_on", css="num"),
        Column("days_late", _("Days late"), css="num"),
        Column("overdue_invoices", _("Invoices"), css="num"),
        Column("last_payment_on", _("Last payment"), css="num"),
    )
    order = "oldest"


class PayableOverdueTable(OverdueTable):
    """The same for whoever may take the payment."""

    columns = (
        *OverdueTable.columns,
        Column("take", _("Next step"), cell=lambda row: take_payment(row.customer), css="row-actions"),
    )
