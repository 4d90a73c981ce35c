"""The acts that the page of a document offers, and why one of them is not possible now."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import CreditNote, Invoice, Payment

NO_CREDIT_LEFT = _("Nothing of it is left as credit.")
REFUNDED = _("A part of it was paid back: reverse the refund first.")


@dataclass(frozen=True)
class Offered:
    """A button, and the `key` that presses it, if any; `why_not` says why it is not possible now, empty where it is."""

    label: str | Promise
    icon: str
    address: str
    why_not: str | Promise = ""
    is_grave: bool = False
    key: str = ""


def acts_on_invoice(
    invoice: Invoice, user: AbstractBaseUser, *, has_credit: bool, left: Decimal, is_written_off: bool
) -> Iterator[Offered]:
    """
    Yield what `user` may do with an issued `invoice`.

    `has_credit` says whether its customer has credit, `left` how much of it was not given back yet, `is_written_off`
    whether a part of it is given up.
    """
    if invoice.status != Invoice.Status.ISSUED:
        return

    def page(name: str) -> str:
        return reverse(f"billing:{name}", args=[invoice.pk])

    closed = "" if invoice.open_amount else _("Nothing is open on this invoice.")
    settled = _("Something settles a part of it: take that back first.") if invoice.settled else ""
    no_credit = closed or ("" if has_credit else _("The customer has no credit."))
    may_change = user.has_perm("billing.change_invoice")
    if may_change:
        yield Offered(_("Settle from credit"), "receipt", page("invoice_apply_credit"), no_credit)
    if user.has_perm("billing.add_creditnote"):
        given = "" if left else _("All of it was given back already.")
        yield Offered(_("Credit note"), "note", page("invoice_credit_note"), given)
    if user.has_perm("billing.add_writeoff"):
        given_up = _("A part of it is written off: take that back first.") if is_written_off else ""
        yield Offered(_("Write off"), "x", page("invoice_write_off"), closed or given_up, is_grave=True)
    if may_change:
        yield Offered(_("Issue anew"), "refresh", page("invoice_reissue"), settled, is_grave=True)
        yield Offered(_("Void"), "ban", page("invoice_void"), settled, is_grave=True)


def acts_on_draft(draft: Invoice, user: AbstractBaseUser) -> Iterator[Offered]:
    """Yield what `user` may do with a draft."""

    def page(name: str) -> str:
        return reverse(f"billing:draft_{name}", args=[draft.pk])

    if user.has_perm("billing.view_document"):
        yield Offered(_("Preview PDF"), "download", page("preview"))
    if user.has_perm("billing.change_invoice"):
        yield Offered(_("Edit"), "edit", page("edit"))
    if user.has_perm("billing.add_invoice"):
        yield Offered(_("Issue"), "file-invoice", page("issue"))
    if user.has_perm("billing.change_invoice"):
        yield Offered(_("Discard"), "trash", page("discard"), is_grave=True)


def copying(invoice: Invoice, user: AbstractBaseUser) -> Iterator[Offered]:
    """Yield the way to a new draft with the lines of an invoice that was written by hand: a billing run makes none."""
    if user.has_perm("billing.add_invoice") and all(line.is_by_hand for line in invoice.lines.all()):
        address = reverse("billing:draft_create", args=[invoice.customer_id])
        yield Offered(_("Copy to a draft"), "copy", f"{address}?like={invoice.pk}")


def acts_on_payment(payment: Payment, user: AbstractBaseUser) -> Iterator[Offered]:
    """Yield what `user` may do with a `payment` that was not reversed."""
    if payment.is_reversed:
        return
    if user.has_perm("billing.add_refund"):
        address = reverse("billing:payment_refund", args=[payment.pk])
        yield Offered(_("Pay back"), "cash", address, "" if payment.credit else NO_CREDIT_LEFT)
    if user.has_perm("billing.change_payment"):
        address = reverse("billing:payment_reverse", args=[payment.pk])
        yield Offered(_("Reverse"), "arrow-back-up", address, REFUNDED if payment.refunded else "", is_grave=True)


def acts_on_note(note: CreditNote, user: AbstractBaseUser) -> Iterator[Offered]:
    """Yield what `user` may do with a credit `note` that was not voided."""
    if note.is_void:
        return
    if user.has_perm("billing.add_refund"):
        address = reverse("billing:creditnote_refund", args=[note.pk])
        yield Offered(_("Pay back"), "cash", address, "" if note.credit else NO_CREDIT_LEFT)
    if user.has_perm("billing.change_creditnote"):
        address = reverse("billing:creditnote_void", args=[note.pk])
        yield Offered(_("Void"), "ban", address, REFUNDED if note.refunded else "", is_grave=True)
