"""Credit notes: giving back what was charged, and taking that back."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.allocations import check_reason, lock_books, release, save_source, settle
from billing.lines import CreditLine, credit_note_lines
from billing.models import CreditNote, CreditNoteLine, CreditNoteTax, Invoice
from billing.numbers import credit_note_numbers
from billing.periods.closed import check_open
from billing.snapshots import snapshot_of
from billing.taxes import Rates, Tax, taxes_on
from customerflow.changes.recording import recorded
from customerflow.money import ZERO, format_money, round_money
from customers.models import Customer


@recorded(_("Credit note issued"))
def issue_credit_note(
    *,
    customer: Customer,
    lines: Sequence[CreditLine],
    reason: str,
    on: date,
    invoice: Invoice | None = None,
    by: AbstractUser | None = None,
) -> CreditNote:
    """
    Issue a credit note of `lines` to `customer` on the day `on`, and return it.

    Where it corrects an `invoice` it gives back the tax that was charged there, and settles that invoice as far as it
    is open; the rest, as all of a note without one, is the customer's credit. Raises `ValidationError`, keyed by field,
    also where the notes on an invoice would give back more than it charged.
    """
    customer = lock_books(customer)
    check_open(on)
    invoice = _corrected(customer, invoice)
    amounts = credit_note_lines(customer, lines)
    taxes = _taxes(amounts, customer, invoice, on)
    note = CreditNote(
        customer=customer,
        invoice=invoice,
        reason=check_reason(reason),
        issued_on=on,
        issued_by=by,
        **snapshot_of(customer),
        total=sum((each.amount for each in [*amounts, *taxes]), ZERO),
    )
    _check(note)
    note.number = credit_note_numbers(1, on)[0]
    note.save(force_insert=True)
    for line in amounts:
        line.credit_note = note
    CreditNoteLine.objects.bulk_create(amounts)
    CreditNoteTax.objects.bulk_create(CreditNoteTax(credit_note=note, **vars(tax)) for tax in taxes)
    if invoice:
        settle([note], [invoice], on)
    return note


@recorded(_("Credit note voided"))
def void_credit_note(*, note: CreditNote, reason: str, on: date, by: AbstractUser | None = None) -> CreditNote:
    """
    Void `note` on the day `on`, and return it as it is then: what it settled of invoices is open again.

    Raises `ValidationError`, keyed by field, where it is void already, or something of it was paid back.
    """
    lock_books(note.customer)
    check_open(on)
    note = CreditNote.objects.get(pk=note.pk)
    if note.is_void:
        raise ValidationError({"credit_note": _("This credit note has been voided already.")})
    if note.refunded:
        raise ValidationError({"credit_note": _("A part of this note was paid back: reverse the refund first.")})
    if on < note.issued_on:
        raise ValidationError({"on": _("A credit note cannot be voided before the day it was issued.")})
    note.void_reason = check_reason(reason)
    release(note, on)
    note.voided_on, note.voided_by = on, by
    save_source(note, ["allocated", "voided_on", "voided_by", "void_reason"])
    note.lines.update(live=False)
    return note


def left_to_give_back(invoice: Invoice) -> Decimal:
    """Return what `invoice` charged, less what the notes on it that stand gave back: the most of a further one."""
    given = invoice.credit_notes.standing().aggregate(sum=Sum("total"))["sum"] or ZERO
    return invoice.total - given if invoice.status == Invoice.Status.ISSUED else ZERO


def _corrected(customer: Customer, invoice: Invoice | None) -> Invoice | None:
    """Return `invoice`, read again under the lock; refuse one of another customer, and one that is not owed."""
    if invoice is None:
        return None
    found = Invoice.objects.filter(pk=invoice.pk, customer=customer, status=Invoice.Status.ISSUED).first()
    if found is None:
        message = _("%(invoice)s is not an issued invoice of %(customer)s.")
        raise ValidationError({"invoice": message % {"invoice": invoice, "customer": customer}})
    return found


def _check(note: CreditNote) -> None:
    """Raise `ValidationError` where a note is over nothing, or over more than is left of the invoice it corrects."""
    if note.total <= 0:
        raise ValidationError({"lines": _("A credit note is over more than zero.")})
    if note.invoice and note.issued_on < note.invoice.issued_on:
        raise ValidationError({"on": _("A credit note cannot be issued before the invoice that it corrects.")})
    if note.invoice and note.total > (most := left_to_give_back(note.invoice)):
        message = _("Of %(invoice)s, %(most)s at most is left to be given back.")
        raise ValidationError({"lines": message % {"invoice": note.invoice, "most": format_money(most)}})
    note.clean_fields(exclude={"customer", "invoice", "number", "issued_by"})


def _taxes(lines: list[CreditNoteLine], customer: Customer, invoice: Invoice | None, on: date) -> list[Tax]:
    """Give each of `lines` its tax code, and return the taxes to be given back with them."""
    if invoice is None:
        return taxes_on(lines, customer=customer, rates=Rates.on(on))
    charged = _by_code(invoice.lines.all())
    given = _by_code(CreditNoteLine.objects.filter(credit_note__in=invoice.credit_notes.standing()))
    default = Rates.on(on).default
    now: dict[int | None, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        if line.tax_code is None and None not in charged:
            line.tax_code = default
        now[line.tax_code_id] += line.amount
    if any(amount + given.get(code, ZERO) > charged.get(code, ZERO) for code, amount in now.items()):
        raise ValidationError({"lines": _("More would be given back than was charged with this tax code.")})
    return _taxes_of_invoice(invoice, now, given)


def _by_code(lines: models.QuerySet) -> dict[int | None, Decimal]:
    return dict(lines.order_by().values_list("tax_code").annotate(Sum("amount")))


def _taxes_of_invoice(invoice: Invoice, now: dict[int | None, Decimal], given: dict[int | None, Decimal]) -> list[Tax]:
    """
    Return what of the taxes of `invoice` goes back with the amounts `now`, by tax code, after those `given` before.

    The tax on all that was given back, less the tax given back before: so that notes on all the parts of an invoice
    give back its tax to the cent, whatever was rounded on the way.
    """
    standing = CreditNoteTax.objects.filter(credit_note__in=invoice.credit_notes.standing())
    before = dict(standing.order_by().values_list("code").annotate(Sum("amount")))
    taxes = []
    for tax in invoice.taxes.select_related("code"):
        if base := now.get(tax.code_id):
            whole = round_money((given.get(tax.code_id, ZERO) + base) * tax.percent / 100)
            amount = max(whole - before.get(tax.code_id, ZERO), ZERO)
            taxes.append(Tax(tax.code, tax.name, tax.percent, base, amount))
    return taxes
