"""Random acts on the money of one customer, for properties: what they are, and doing one on a day."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from billing.credits.credit_notes import issue_credit_note, void_credit_note
from billing.credits.refunds import refund, reverse_refund
from billing.credits.write_offs import take_back_write_off, write_off
from billing.invoices import apply_credit, void_invoice
from billing.lines import CreditLine
from billing.models import Payment, Refund, WriteOff
from billing.payments import record_payment, reverse_payment
from billing.tests.factories import make_invoice
from customers.models import Customer

CENTS = st.integers(min_value=1, max_value=10_000)
WHICH = st.integers(min_value=0, max_value=5)
WHY = "Mistake"
ACTS = (
    "issue",
    "pay",
    "pay one",
    "reverse",
    "void",
    "use credit",
    "credit",
    "correct",
    "void note",
    "refund",
    "refund note",
    "reverse refund",
    "write off",
    "take back",
)
EVENTS = st.tuples(st.sampled_from(ACTS), CENTS, WHICH)


def act(customer: Customer, name: str, cents: int, which: int, *, on: date) -> None:
    """Do the act `name` on the day `on`; nothing where the document number `which` is missing; may be refused."""
    amount = Decimal(cents) / 100

    def one(rows) -> object | None:
        found = list(rows.order_by("pk"))
        return found[which % len(found)] if found else None

    invoice, payment, note = one(customer.invoices), one(customer.payments), one(customer.credit_notes)
    refunded, given_up = one(Refund.objects.filter(customer=customer)), one(_write_offs(customer))
    paid = {"customer": customer, "amount": amount, "received_on": on, "on": on, "method": Payment.Method.CARD}
    back = {"amount": amount, "paid_on": on, "on": on, "method": Payment.Method.CARD, "reason": WHY}
    given_back = {"customer": customer, "lines": [CreditLine(description=WHY, amount=amount)], "reason": WHY, "on": on}
    acts = {
        "issue": lambda: make_invoice(str(amount), customer=customer, on=on),
        "pay": lambda: record_payment(**paid),
        "pay one": lambda: invoice and record_payment(**paid, invoices=[invoice]),
        "reverse": lambda: payment and reverse_payment(payment=payment, reason=WHY, on=on),
        "void": lambda: invoice and void_invoice(invoice=invoice, reason=WHY, on=on, bill_again=which % 2 == 0),
        "use credit": lambda: invoice and apply_credit(invoice=invoice, on=on),
        "credit": lambda: issue_credit_note(**given_back),
        "correct": lambda: invoice and issue_credit_note(**given_back, invoice=invoice),
        "void note": lambda: note and void_credit_note(note=note, reason=WHY, on=on),
        "refund": lambda: payment and refund(source=payment, **back),
        "refund note": lambda: note and refund(source=note, **back),
        "reverse refund": lambda: refunded and reverse_refund(refund=refunded, reason=WHY, on=on),
        "write off": lambda: invoice and write_off(invoice=invoice, reason=WHY, on=on),
        "take back": lambda: given_up and take_back_write_off(write_off=given_up, on=on),
    }
    acts[name]()


def _write_offs(customer: Customer):
    return WriteOff.objects.filter(invoice__customer=customer)
