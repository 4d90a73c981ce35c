"""What the bank of the demo's provider said these days: statements, a queue to work through, and mandates."""

import hashlib
from datetime import date, timedelta

from bank.applying import Part, accept_line, apply_line, park_line
from bank.files.content import FileLine, FileStatement
from bank.files.reading import ReadFile
from bank.loading import load_statements
from bank.models import BankAccount, Mandate, StatementLine
from billing.models import Invoice
from customerflow.money import ZERO
from customerflow.staff.models import User
from customerflow.staff.roles import BILLING
from customers.models import Customer

IBAN, PAYER = "AT611904300234573201", "DE89370400440532013000"
MOST_OPEN, MOST_MANDATES = 14, 6


def bring_statements(on: date, staff: dict[str, User]) -> None:
    """Load the statements of the last two days: the older one is dealt with, the newer one waits."""
    account = BankAccount.objects.create(name="Business account", iban=IBAN)
    invoices = list(
        Invoice.objects.open().filter(due_on__lte=on, settled=0).select_related("customer").order_by("pk")[:MOST_OPEN]
    )
    half = len(invoices) // 2
    yesterday = on - timedelta(days=1)
    first = _load(account, yesterday, [_paid(each, yesterday) for each in invoices[:half]], ZERO, staff)
    _work_through(first, on, staff[BILLING])
    waiting = [*_queue(invoices[half:], on), *(_came_back(each, on) for each in invoices[:1])]
    _load(account, on, waiting, sum((line.amount for line in first), ZERO), staff)
    _sign_mandates(on)


def _paid(invoice: Invoice, day: date, **said: str) -> FileLine:
    told = {
        "text": f"Invoice {invoice.number}",
        "party_name": invoice.customer.name,
        "bank_reference": f"B{day:%y%m%d}{invoice.pk:06d}",
    }
    return FileLine(booked_on=day, value_on=day, amount=invoice.open_amount, **told | said)


def _queue(invoices: list[Invoice], on: date) -> list[FileLine]:
    """Return lines of each kind: named, named by the name alone, of too much, of nobody known, and outgoing."""
    lines = [_paid(each, on, **({} if place % 3 else {"text": "Internet"})) for place, each in enumerate(invoices)]
    if len(lines) > 3:
        lines[1].amount += 10
        lines[2].text, lines[2].party_name = "thank you", "J. Unknown"
    rent = _paid(invoices[0], on, text="Rent of the tower", party_name="Hill Estates") if invoices else None
    if rent:
        rent.amount, rent.bank_reference = -rent.amount * 3, f"B{on:%y%m%d}RENT"
        lines.append(rent)
    return lines


def _came_back(invoice: Invoice, on: date) -> FileLine:
    """Return the line by which the bank takes back what was paid for `invoice`, and does not say what that was."""
    line = _paid(invoice, on, text="Return", return_code="AC04", bank_reference=f"B{on:%y%m%d}RETURN")
    line.amount = -line.amount
    return line


def _load(
    account: BankAccount, day: date, lines: list[FileLine], opening, staff: dict[str, User]
) -> list[StatementLine]:
    closing = opening + sum((line.amount for line in lines), ZERO)
    said = FileStatement(account.iban, "", f"STMT-{day}", opening, closing, day, day, lines)
    digest = hashlib.sha256(f"demo {day}".encode()).hexdigest()
    read = ReadFile("camt", digest, [said])
    loaded = load_statements(read=read, name=f"statement-{day}.xml", account=account, on=day, by=staff[BILLING])
    return list(loaded.statements[0].lines.order_by("pk"))


def _work_through(lines: list[StatementLine], on: date, clerk: User) -> None:
    for line in lines:
        if line.level == StatementLine.Level.SURE:
            accept_line(line=line, on=on, by=clerk)
        elif line.customer:
            apply_line(line=line, parts=[Part(line.customer, line.amount)], on=on, by=clerk)
        else:
            park_line(line=line, reason="Ask who that is", on=on, by=clerk)


def _sign_mandates(on: date) -> None:
    owing = Invoice.objects.open().order_by().values("customer")
    for customer in Customer.objects.filter(pk__in=owing).order_by("-pk")[:MOST_MANDATES]:
        Mandate.objects.create(
            customer=customer,
            reference=f"M-{customer.pk}",
            holder=customer.name[:70],
            iban=PAYER,
            signed_on=on - timedelta(days=200),
        )
