"""Issuing invoices, and voiding them."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.allocations import check_reason, credit_of, lock_books, settle
from billing.charges import waive_late_fee
from billing.lines import Line, invoice_lines, line_as_it_was
from billing.models import Charge, Invoice, InvoiceLine, InvoiceTax
from billing.numbers import invoice_numbers
from billing.periods.closed import check_open
from billing.settled import tell_settled
from billing.snapshots import snapshot_of
from billing.taxes import Rates, Tax, taxes_on
from customerflow.changes.recording import recorded
from customerflow.money import ZERO
from customers.models import Customer


@recorded(_("Invoice issued"))
def issue_invoice(
    *,
    customer: Customer,
    lines: Sequence[Line],
    on: date,
    due_on: date | None = None,
    number: str | None = None,
    origin: str = "",
) -> Invoice:
    """
    Issue an invoice of `lines` to `customer` on the day `on`, and return it.

    It is due on `due_on`, or as many days later as the customer's terms say. Its number is the next of the year's
    series; a document of another system, `origin`, keeps the `number` it has. The customer's credit settles it, the
    oldest payment first: that money came for what is owed, and nobody should be reminded of a sum that lies here.
    (Other open invoices are left alone: staff may have had a reason, see `apply_credit`.) Raises `ValidationError`,
    keyed by field.
    """
    customer = lock_books(customer)
    charges = invoice_lines(customer, lines)
    invoice = Invoice(customer=customer, number=number, origin=origin)
    taxes = make_out(invoice, charges, on=on, due_on=due_on)
    invoice.save(force_insert=True)
    for charge in charges:
        charge.invoice = invoice
    InvoiceLine.objects.bulk_create(charges)
    InvoiceTax.objects.bulk_create(taxes)
    settle(credit_of(customer), [invoice], on)
    return invoice


def make_out(
    invoice: Invoice, charges: Sequence[InvoiceLine], *, on: date, due_on: date | None = None
) -> list[InvoiceTax]:
    """
    Let `invoice`, new or a draft, be issued on the day `on` with `charges`, and return its taxes; nothing is saved.

    It is given its number, of our own series where it has none. Raises `ValidationError`, keyed by field.
    """
    check_open(on)
    customer = invoice.customer
    taxes = [] if invoice.origin else taxes_on(charges, customer=customer, rates=Rates.on(on))
    _stand_issued(invoice, snapshot_of(customer), on, due_on)
    invoice.total = total_of(charges, taxes)
    check_invoice(invoice)
    invoice.number = invoice.number or invoice_numbers(1, on)[0]
    return [InvoiceTax(invoice=invoice, **vars(tax)) for tax in taxes]


def new_invoice(
    customer: Customer, snapshot: dict[str, str], *, on: date, due_on: date | None = None, **facts: object
) -> Invoice:
    """Return an invoice issued on the day `on`, not yet saved; it is due by the customer's terms or on `due_on`."""
    return _stand_issued(Invoice(customer=customer, **facts), snapshot, on, due_on)


def _stand_issued(invoice: Invoice, snapshot: dict[str, str], on: date, due_on: date | None) -> Invoice:
    invoice.status, invoice.issued_on, invoice.posted_on = Invoice.Status.ISSUED, on, on
    invoice.due_on = due_on or due_day(invoice.customer, on)
    for name, value in snapshot.items():
        setattr(invoice, name, value)
    return invoice


def due_day(customer: Customer, on: date) -> date:
    """Return when an invoice of the day `on` is due by the customer's terms."""
    return on + timedelta(days=customer.payment_terms)


def total_of(charges: Sequence[InvoiceLine], taxes: Sequence[Tax]) -> Decimal:
    """Return what `charges` and `taxes` come to; raises `ValidationError`, keyed `lines`, where that is below zero."""
    total = sum((each.amount for each in [*charges, *taxes]), ZERO)
    if total < 0:
        message = _("It comes to less than zero: what is given back stands on a credit note.")
        raise ValidationError({"lines": message})
    return total


@recorded(_("Invoice voided"))
def void_invoice(
    *, invoice: Invoice, reason: str, on: date, by: AbstractUser | None = None, bill_again: bool = True
) -> Invoice:
    """
    Void `invoice` on the day `on`, and return it as it is then: it keeps its number and is owed no more.

    With `bill_again` the next billing run charges what it charged, correctly; without, that counts as billed for ever.
    Its late fee is waived, where it waits to be billed. Raises `ValidationError`, keyed by field, when it is not an
    issued invoice or something settles a part of it.
    """
    invoice = locked_invoice(invoice)
    check_open(on)
    _refuse_settled(invoice)
    if on < invoice.issued_on:
        raise ValidationError({"on": _("An invoice cannot be voided before the day it was issued.")})
    invoice.void_reason = check_reason(reason)
    invoice.status, invoice.voided_on, invoice.voided_by = Invoice.Status.VOID, on, by
    invoice.is_waived = not bill_again
    invoice.version += 1
    changed = ["status", "voided_on", "voided_by", "void_reason", "is_waived", "version", "updated_at"]
    invoice.save(update_fields=changed)
    if bill_again:
        invoice.lines.update(live=False)
    _waive_late_fees(invoice.customer)
    tell_settled(invoice.customer, on)
    return invoice


def _waive_late_fees(customer: Customer) -> None:
    """Waive what waits of the late fees of voided invoices, also where a voided invoice had charged one."""
    fees = Charge.objects.waiting().filter(customer=customer, late_fee_of__status=Invoice.Status.VOID)
    for fee in fees.select_related("customer", "late_fee_of").order_by("pk"):
        reason = _("Invoice %(number)s was voided.") % {"number": fee.late_fee_of.number}
        waive_late_fee(charge=fee, reason=reason)


@recorded(_("Invoice issued anew, corrected"))
def reissue_invoice(
    *,
    invoice: Invoice,
    reason: str,
    on: date,
    by: AbstractUser | None = None,
    due_on: date | None = None,
    lines: Sequence[Line] | None = None,
) -> Invoice:
    """
    Void `invoice` on the day `on` and issue the corrected one in its place, in one act; return the new one.

    It charges `lines`, or what the old one did; name, address and tax rates are those of the day. Raises
    `ValidationError`, keyed by field, like voiding and issuing.
    """
    lines = [line_as_it_was(line) for line in invoice.lines.all()] if lines is None else lines
    invoice = void_invoice(invoice=invoice, reason=reason, on=on, by=by)
    return issue_invoice(customer=invoice.customer, lines=lines, on=on, due_on=due_on)


@recorded(_("Credit applied"))
def apply_credit(*, invoice: Invoice, on: date) -> Invoice:
    """
    Settle `invoice` on the day `on`, as far as it goes, out of the customer's credit, and return it as it is then.

    Raises `ValidationError`, keyed by field, when it is not open or the customer has no credit.
    """
    invoice = locked_invoice(invoice)
    check_open(on)
    if not settle(credit_of(invoice.customer), [invoice], on):
        raise ValidationError({"invoice": _("Nothing is open on this invoice, or there is no credit to settle it.")})
    return invoice


def _refuse_settled(invoice: Invoice) -> None:
    """Raise `ValidationError` where something settles a part of `invoice`, and say what is to be taken back."""
    if not invoice.settled:
        return
    if invoice.allocations.filter(released_on=None, payment__isnull=False).exists():
        raise ValidationError({"invoice": _("Something is paid on this invoice: reverse the payment first.")})
    message = _("A credit note or a write-off settles this invoice: take that back first.")
    raise ValidationError({"invoice": message})


def locked_invoice(invoice: Invoice) -> Invoice:
    """Return `invoice`, read again under the lock of its customer's books; refuse what is not issued."""
    lock_books(invoice.customer)
    invoice = Invoice.objects.get(pk=invoice.pk)
    if invoice.status != Invoice.Status.ISSUED:
        raise ValidationError(
            {
                "invoice": ValidationError(
                    _("This invoice is not issued: its state is “%(state)s”."),
                    code="state",
                    params={"state": invoice.get_status_display()},
                )
            }
        )
    return invoice


def check_invoice(invoice: Invoice) -> None:
    """Raise `ValidationError`, keyed by field, for what the caller gave of the invoice itself."""
    invoice.clean_fields(exclude={"customer"})
    if invoice.due_on < invoice.issued_on:
        raise ValidationError({"due_on": _("An invoice cannot be due before the day it is issued.")})
    if invoice.origin and not invoice.number:
        raise ValidationError({"number": _("A document of another system keeps the number that it has there.")})
    if invoice.number and Invoice.objects.filter(number=invoice.number, origin=invoice.origin).exists():
        raise ValidationError({"number": _("There is an invoice with this number already.")})
