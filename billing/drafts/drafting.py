"""Making, changing, discarding and issuing drafts. Their lines do not count as billed, and are of no cycle."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.allocations import credit_of, lock_books, settle
from billing.invoices import check_invoice, due_day, make_out, total_of
from billing.lines import Line, invoice_lines, line_as_it_was, plan_of
from billing.models import Invoice, InvoiceLine, InvoiceTax
from billing.taxes import Rates, taxes_on
from customerflow.changes.recording import recorded
from customerflow.idempotency import SAID_OTHERWISE, made_before
from customers.models import Customer

# What a form that is sent a second time must say again.
SAID = ("customer", "issued_on", "due_on", "note", "total")
OF_LINE = ("description", "quantity", "unit_price", "amount", "service_id", "tax_code_id", "first_day", "last_day")


@dataclass(frozen=True)
class Outlook:
    """What a draft comes to by the rates of a day; `refusal` says why that cannot be worked out, else it is empty."""

    taxes: Sequence[InvoiceTax] = ()
    total: Decimal | None = None
    refusal: str = ""


def outlook_of(draft: Invoice, on: date) -> Outlook:
    """Return what `draft` would come to, were it issued on the day `on`; nothing is saved."""
    lines = list(draft.lines.all())
    try:
        taxes, total = _worked_out(draft.customer, lines, on)
    except ValidationError as error:
        return Outlook(refusal=" ".join(error.messages))
    return Outlook([InvoiceTax(invoice=draft, **vars(tax)) for tax in taxes], total)


def fixed_due_day(draft: Invoice) -> date | None:
    """Return the due day that somebody named; None where it follows from the customer's terms."""
    return None if draft.due_on == due_day(draft.customer, draft.issued_on) else draft.due_on


@recorded(_("Draft of an invoice added"))
def add_draft(
    *,
    customer: Customer,
    lines: Sequence[Line],
    on: date,
    due_on: date | None = None,
    note: str = "",
    key: str | None = None,
) -> Invoice:
    """
    Save a draft of an invoice of `lines`, planned for the day `on`, and return it.

    It is due on `due_on`, or as many days after the planned one as the customer's terms say. A second call with the
    same idempotency `key` returns the first draft, or the invoice it has become. Raises `ValidationError`, keyed by
    field.
    """
    draft = Invoice(customer=lock_books(customer), idempotency_key=key or None)
    charges = _fill(draft, lines, on=on, due_on=due_on, note=note)
    if first := made_before(draft, said=SAID):
        if _said(first.lines.all()) != _said(charges):
            raise ValidationError({"lines": SAID_OTHERWISE})
        return first
    draft.save(force_insert=True)
    _keep(draft, charges)
    return draft


@recorded(_("Draft of an invoice changed"))
def change_draft(
    *,
    draft: Invoice,
    lines: Sequence[Line],
    on: date,
    due_on: date | None = None,
    note: str = "",
    seen: int | None = None,
) -> Invoice:
    """
    Let `draft` have `lines`, and be planned for the day `on`, and return it as it is then.

    `seen` is the version that the person saw: of another one nothing is changed. Raises `ValidationError`, keyed by
    field, also where it was issued meanwhile.
    """
    draft = _locked(draft, seen)
    before = _facts(draft, draft.lines.all())
    charges = _fill(draft, lines, on=on, due_on=due_on, note=note)
    if _facts(draft, charges) == before:
        return draft
    draft.version += 1
    draft.save()
    _keep(draft, charges)
    return draft


@recorded(_("Draft of an invoice discarded"))
def discard_draft(*, draft: Invoice, seen: int | None = None) -> None:
    """Remove `draft`, of the version `seen`; raises `ValidationError` where it is issued, or is another by now."""
    _locked(draft, seen).delete()


@recorded(_("Invoice issued"))
def issue_draft(*, draft: Invoice, on: date, due_on: date | None = None, seen: int | None = None) -> Invoice:
    """
    Issue `draft`, of the version `seen`, on the day `on`, as `issue_invoice` does, and return the invoice.

    It is due on `due_on`, or by the customer's terms; its taxes are those of that day. To a draft that is issued
    already nothing is done. Raises `ValidationError`, keyed by field.
    """
    customer = lock_books(draft.customer)
    if issued := Invoice.objects.filter(pk=draft.pk, status=Invoice.Status.ISSUED).first():
        return issued
    draft = _locked(draft, seen)
    charges = list(draft.lines.select_related("tax_code", "service"))
    # Checked again: a service may have gone to another customer since.
    invoice_lines(customer, [line_as_it_was(charge) for charge in charges])
    taxes = make_out(draft, charges, on=on, due_on=due_on)
    for charge in charges:
        charge.live, charge.plan_id = True, plan_of(charge.service)
    # While it is a draft: the lines of an issued invoice stay as they are.
    InvoiceLine.objects.bulk_update(charges, ["live", "plan", "tax_code"])
    InvoiceTax.objects.bulk_create(taxes)
    draft.version += 1
    draft.save()
    settle(credit_of(customer), [draft], on)
    return draft


def _locked(draft: Invoice, seen: int | None) -> Invoice:
    """Return `draft`, read again under the lock of its customer's books; refuse what is issued, or is not as `seen`."""
    lock_books(draft.customer)
    draft = Invoice.objects.select_related("customer").get(pk=draft.pk)
    if not draft.is_draft:
        message = _("This is no draft any more: it was issued as %(number)s, and stays as it is.")
        raise ValidationError({"draft": ValidationError(message, code="issued", params={"number": draft.number})})
    if seen is not None and draft.version != seen:
        message = _("A colleague changed this draft at this moment. Nothing was done. Look at what is different.")
        raise ValidationError({"draft": ValidationError(message, code="stale")})
    return draft


def _fill(draft: Invoice, lines: Sequence[Line], *, on: date, due_on: date | None, note: str) -> list[InvoiceLine]:
    """Give `draft` its days, its note and what it comes to, and return its lines, which do not count as billed."""
    charges = invoice_lines(draft.customer, lines)
    for charge in charges:
        charge.live = False
    draft.issued_on = draft.posted_on = on
    draft.due_on = due_on or due_day(draft.customer, on)
    draft.note = note
    _taxes, draft.total = _worked_out(draft.customer, charges, on)
    check_invoice(draft)
    return charges


def _worked_out(customer: Customer, charges: Sequence[InvoiceLine], on: date) -> tuple[list, Decimal]:
    # The default tax code is that of the day of issue: it is not yet written down.
    taxes = taxes_on(map(copy, charges), customer=customer, rates=Rates.on(on))
    return taxes, total_of(charges, taxes)


def _facts(draft: Invoice, charges: Sequence[InvoiceLine]) -> tuple:
    return [getattr(draft, name) for name in SAID], [charge.tax_code_id for charge in charges], _said(charges)


def _said(charges: Sequence[InvoiceLine]) -> list:
    # At issue a line is given the default tax code.
    return [[getattr(charge, name) for name in OF_LINE if name != "tax_code_id"] for charge in charges]


def _keep(draft: Invoice, charges: Sequence[InvoiceLine]) -> None:
    """Store `charges` as the lines of `draft`, each in the row of the line that stood in its place."""
    stored = list(draft.lines.values_list("pk", flat=True))
    for place, charge in enumerate(charges):
        charge.invoice = draft
        charge.pk = stored[place] if place < len(stored) else None
    InvoiceLine.objects.bulk_update([charge for charge in charges if charge.pk], OF_LINE)
    InvoiceLine.objects.bulk_create([charge for charge in charges if not charge.pk])
    draft.lines.filter(pk__in=stored[len(charges) :]).delete()
