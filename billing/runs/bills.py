"""The bills of many customers at once: drawn up one by one, and issued together in a few statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from billing.allocations import credit_of, settle
from billing.invoices import new_invoice
from billing.models import CreditNote, CreditNoteLine, CreditNoteTax, Invoice, InvoiceLine, InvoiceTax, Payment
from billing.numbers import credit_note_numbers, invoice_numbers
from billing.periods.closed import check_open
from billing.runs.due import DueLine
from billing.snapshots import snapshots_of
from billing.taxes import Rates, Tax, taxes_on
from customerflow.inserting import give_keys, insert_all
from customerflow.keys import among
from customerflow.money import LIMIT, ZERO
from customers.models import Customer

# The facts that an invoice line and a line of a credit note have in common.
OF_BOTH = (
    "kind",
    "description",
    "service_id",
    "plan_id",
    "equipment_id",
    "first_day",
    "last_day",
    "cycle_first",
    "cycle_last",
    "tax_code_id",
    "charge_id",
    "inputs",
)


@dataclass(frozen=True)
class Document:
    """An invoice, or, where `total` is below zero, a credit note: the lines and the taxes on them."""

    lines: list[DueLine]
    taxes: list[Tax]
    total: Decimal


@dataclass(frozen=True)
class Bill:
    """
    What is to be issued to one customer.

    One invoice, as long as it is not below zero. Otherwise what is charged, if anything is, is on an invoice, and what
    is given back on a credit note: so all that is charged is where the database sees that no day is charged twice.
    """

    customer: Customer
    invoice: Document | None
    credit_note: Document | None

    @property
    def lines(self) -> list[DueLine]:
        """What is charged and what is given back."""
        return [line for document in (self.invoice, self.credit_note) if document for line in document.lines]

    @property
    def taxes(self) -> list[Tax]:
        """The taxes on what is charged, and on what is given back."""
        return [tax for document in (self.invoice, self.credit_note) if document for tax in document.taxes]

    @property
    def net(self) -> Decimal:
        """What it comes to without taxes; below zero where more is given back."""
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """What it comes to, taxes included; below zero where more is given back."""
        return sum((document.total for document in (self.invoice, self.credit_note) if document), ZERO)

    @property
    def digest(self) -> str:
        """What tells this bill from one of other lines."""
        facts = [
            (line.kind, line.service_id, line.equipment_id, line.charge_id, line.first_day, line.last_day, line.amount)
            for line in self.lines
        ]
        return sha256(f"{facts} {self.total}".encode()).hexdigest()[:16]


def draw_up(customer: Customer, made: list[DueLine], rates: Rates) -> Bill:
    """
    Return the bill of the lines `made`, with the taxes of `rates`; nothing is saved.

    Raises `ValidationError` for what cannot be billed: a tax code without a rate, too large an amount.
    """
    together = _document(customer, made, rates)
    if together.total >= ZERO:
        return Bill(customer, together, None)
    charged = [line for line in made if line.amount >= ZERO]
    given_back = [line for line in made if line.amount < ZERO]
    invoice = _document(customer, charged, rates) if charged else None
    return Bill(customer, invoice, _document(customer, given_back, rates))


def _document(customer: Customer, lines: list[DueLine], rates: Rates) -> Document:
    taxes = taxes_on(lines, customer=customer, rates=rates)
    total = sum((each.amount for each in [*lines, *taxes]), ZERO)
    if max(abs(total), *(abs(line.amount) for line in lines)) >= LIMIT:
        raise ValidationError({"lines": _("%(amount)s is too large an amount.") % {"amount": total}})
    return Document(lines, taxes, total)


@dataclass(frozen=True)
class Issued:
    """What was issued to a customer."""

    invoice: Invoice | None
    credit_note: CreditNote | None


def issue(bills: Sequence[Bill], *, on: date, reason: str = "", by: AbstractUser | None = None) -> dict[int, Issued]:
    """
    Issue `bills`, one for a customer, on the day `on`, and return the documents by the key of their customer.

    A credit note says why by `reason`; without one, that more was charged than is right.

    The customers' books are locked. What a customer has as credit settles the new invoice; a credit note settles what
    is open, oldest due first. Raises `IntegrityError` where days would be charged twice.
    """
    check_open(on)
    snapshots = snapshots_of([bill.customer for bill in bills])
    invoices = _issue_invoices({bill.customer: bill.invoice for bill in bills if bill.invoice}, snapshots, on)
    given_back = {bill.customer: bill.credit_note for bill in bills if bill.credit_note}
    notes = _issue_notes(given_back, snapshots, on, reason or _("More was charged than is right"), by)
    _settle(invoices, notes, on)
    return {bill.customer.pk: Issued(invoices.get(bill.customer), notes.get(bill.customer)) for bill in bills}


def _issue_invoices(
    documents: dict[Customer, Document], snapshots: dict[int, dict[str, str]], on: date
) -> dict[Customer, Invoice]:
    numbers = invoice_numbers(len(documents), on)
    invoices = {
        customer: new_invoice(customer, snapshots[customer.pk], number=number, on=on, total=document.total)
        for (customer, document), number in zip(documents.items(), numbers, strict=True)
    }
    give_keys([*invoices.values()])
    insert_all(Invoice, [*invoices.values()])
    lines, taxes = [], []
    for customer, document in documents.items():
        for line in document.lines:
            line.invoice_id = invoices[customer].pk
        lines += document.lines
        taxes += [InvoiceTax(invoice_id=invoices[customer].pk, **_of_tax(tax)) for tax in document.taxes]
    insert_all(InvoiceLine, lines)
    insert_all(InvoiceTax, taxes)
    return invoices


def _issue_notes(
    documents: dict[Customer, Document],
    snapshots: dict[int, dict[str, str]],
    on: date,
    reason: str,
    by: AbstractUser | None,
) -> dict[Customer, CreditNote]:
    numbers = credit_note_numbers(len(documents), on)
    notes = {
        customer: CreditNote(
            customer=customer,
            number=number,
            reason=reason,
            issued_on=on,
            issued_by=by,
            **snapshots[customer.pk],
            total=-document.total,
        )
        for (customer, document), number in zip(documents.items(), numbers, strict=True)
    }
    give_keys([*notes.values()])
    insert_all(CreditNote, [*notes.values()])
    lines, taxes = [], []
    for customer, document in documents.items():
        for line in document.lines:
            facts = {name: getattr(line, name) for name in OF_BOTH}
            lines.append(CreditNoteLine(credit_note_id=notes[customer].pk, amount=-line.amount, **facts))
        for tax in document.taxes:
            turned = _of_tax(tax) | {"base": -tax.base, "amount": -tax.amount}
            taxes.append(CreditNoteTax(credit_note_id=notes[customer].pk, **turned))
    insert_all(CreditNoteLine, lines)
    insert_all(CreditNoteTax, taxes)
    return notes


def _of_tax(tax: Tax) -> dict[str, object]:
    return {
        "code_id": tax.code.pk,
        "name": tax.name,
        "percent": tax.percent,
        "base": tax.base,
        "amount": tax.amount,
    }


def _settle(invoices: dict[Customer, Invoice], notes: dict[Customer, CreditNote], on: date) -> None:
    owed = {customer.pk: invoice for customer, invoice in invoices.items() if invoice.open_amount}
    with_credit: set[int] = set()
    for documents in (Payment, CreditNote):
        rows = documents.objects.with_credit().filter(customer__in=among(owed))
        with_credit |= set(rows.values_list("customer", flat=True))
    for key in sorted(with_credit):
        settle(credit_of(owed[key].customer), [owed[key]], on)
    for customer, note in notes.items():
        note.refresh_from_db(fields=["allocated"])
        settle([note], customer.invoices.open().order_by("due_on", "issued_on", "pk"), on)
