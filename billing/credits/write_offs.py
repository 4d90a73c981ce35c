"""Giving up what is open on an invoice as uncollectible, and taking that back."""

from datetime import date

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.allocations import check_reason, lock_books, release, save_settled
from billing.invoices import locked_invoice
from billing.models import Allocation, Invoice, WriteOff
from billing.periods.closed import check_open
from billing.settled import tell_settled
from customerflow.changes.recording import recorded


@recorded(_("Invoice written off"))
def write_off(*, invoice: Invoice, reason: str, on: date, by: AbstractUser | None = None) -> WriteOff:
    """
    Give up on the day `on` what is open on `invoice`, and return the write-off.

    The invoice is out of the balance, of what is overdue and of the ageing. Raises `ValidationError`, keyed by field,
    where nothing is open on it, and where a part was given up before.
    """
    invoice = locked_invoice(invoice)
    check_open(on)
    if not (amount := invoice.open_amount):
        raise ValidationError({"invoice": _("Nothing is open on this invoice.")})
    if invoice.write_offs.filter(reversed_on=None).exists():
        raise ValidationError({"invoice": _("A part of this invoice is written off: take that back first.")})
    if on < invoice.issued_on:
        raise ValidationError({"on": _("An invoice cannot be written off before the day it was issued.")})
    made = WriteOff.objects.create(invoice=invoice, reason=check_reason(reason), posted_on=on, recorded_by=by)
    Allocation.objects.create(write_off=made, invoice=invoice, amount=amount, posted_on=on)
    invoice.settled += amount
    save_settled(invoice)
    tell_settled(invoice.customer, on)
    return made


@recorded(_("Write-off taken back"))
def take_back_write_off(*, write_off: WriteOff, on: date, by: AbstractUser | None = None) -> WriteOff:
    """
    Take `write_off` back on the day `on`, and return it as it is then: what it gave up is owed again.

    Raises `ValidationError`, keyed by field.
    """
    lock_books(write_off.invoice.customer)
    check_open(on)
    write_off = WriteOff.objects.get(pk=write_off.pk)
    if write_off.reversed_on:
        raise ValidationError({"write_off": _("This write-off has been taken back already.")})
    if on < write_off.posted_on:
        raise ValidationError({"on": _("A write-off cannot be taken back before its own day.")})
    release(write_off, on)
    write_off.reversed_on, write_off.reversed_by = on, by
    write_off.save(update_fields=["reversed_on", "reversed_by"])
    return write_off
