"""Whatever happens in whatever order, the books are what a plain model says, refusals and all."""

from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from billing.balances import balance_of
from billing.credits.credit_notes import issue_credit_note, void_credit_note
from billing.credits.refunds import refund, reverse_refund
from billing.credits.write_offs import take_back_write_off, write_off
from billing.invoices import apply_credit, void_invoice
from billing.lines import CreditLine
from billing.models import CreditNote, Invoice, Payment, Refund
from billing.payments import reverse_payment
from billing.tests.books_model import Bill, Books, Money
from billing.tests.factories import ISSUED_ON, TODAY, make_invoice, make_payment
from customerflow.changes.recording import recording
from customers.tests.factories import make_customer

CENTS = st.integers(1, 9_999)
WHICH = st.integers(0, 40)
WHY = {"reason": "Because", "on": TODAY}


def money(cents: int) -> Decimal:
    return Decimal(cents) / 100


def cents(amount: Decimal | None) -> int:
    return int((amount or 0) * 100)


def rows(sql: str, customer: int) -> list[tuple]:
    """Return the rows of plain SQL, which costs a tenth of the ORM's: it is asked for after every act."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [customer] * sql.count("%s"))
        return cursor.fetchall()


KEPT = """
    SELECT 'i', id, total, settled, CASE status WHEN 'void' THEN 1 ELSE 0 END
    FROM billing_invoice WHERE customer_id = %s
    UNION ALL SELECT 'p', id, amount, allocated, refunded FROM billing_payment WHERE customer_id = %s
    UNION ALL SELECT 'n', id, total, allocated, refunded FROM billing_creditnote WHERE customer_id = %s
    ORDER BY 1, 2
"""
# What is settled, allocated or refunded is the sum of its rows in force.
UNEQUAL = "\nUNION ALL\n".join(
    f"""
    SELECT '{table}', d.id FROM billing_{table} AS d WHERE d.customer_id = %s AND d.{kept} <> COALESCE(
        (SELECT SUM(r.amount) FROM billing_{part} AS r WHERE r.{link}_id = d.id AND r.{end} IS NULL), 0
    )
    """
    for table, kept, part, link, end in (
        ("invoice", "settled", "allocation", "invoice", "released_on"),
        ("payment", "allocated", "allocation", "payment", "released_on"),
        ("creditnote", "allocated", "allocation", "credit_note", "released_on"),
        ("payment", "refunded", "refund", "payment", "reversed_on"),
        ("creditnote", "refunded", "refund", "credit_note", "reversed_on"),
    )
)


class BooksMachine(RuleBasedStateMachine):
    """One customer, whose books are kept twice: by the product, and by the model."""

    steps = 0

    def __init__(self) -> None:
        super().__init__()
        # One change set for all acts: what is tried here is the books, not their history.
        self.context = ExitStack()
        self.context.enter_context(recording("Acts"))
        self.customer, self.model, self.age = make_customer(), Books(), 0
        # What is what, in the order in which it came.
        self.invoices: list[Invoice] = []
        self.sources: list[Payment | CreditNote] = []
        self.refunds: list[Refund] = []
        self.write_offs: list[tuple[object, object]] = []

    def agree(self, is_done: object, act, **values: object) -> object:
        """Do an act, and check that it is refused exactly where the model refuses it; return what it made."""
        type(self).steps += 1
        try:
            made = act(**values)
        except ValidationError:
            assert not is_done, f"{act.__name__} was refused"
            return None
        assert is_done, f"{act.__name__} was not refused"
        return made

    def bill(self, which: int) -> tuple[Bill, Invoice]:
        at = which % len(self.invoices)
        return self.model.bills[at], self.invoices[at]

    def source(self, which: int) -> tuple[Money, Payment | CreditNote]:
        at = which % len(self.sources)
        return self.model.moneys[at], self.sources[at]

    @rule(total=CENTS, days=st.integers(0, 60))
    def issue(self, total, days):
        due_on = ISSUED_ON + timedelta(days=days)
        bill = self.model.issue(total, due_on)
        made = self.agree(bill, make_invoice, amount=str(money(total)), customer=self.customer, due_on=due_on)
        self.invoices.append(made)

    @rule(amount=CENTS)
    def pay_oldest_first(self, amount):
        paid = self.model.pay(amount, None)
        self.sources.append(self.agree(paid, make_payment, amount=str(money(amount)), customer=self.customer))

    @precondition(lambda self: self.invoices)
    @rule(amount=CENTS, chosen=st.lists(WHICH, min_size=1, max_size=3))
    def pay_chosen(self, amount, chosen):
        pairs = dict(map(self.bill, chosen))
        paid = self.model.pay(amount, list(pairs))
        values = {"amount": str(money(amount)), "customer": self.customer, "invoices": list(pairs.values())}
        if made := self.agree(paid, make_payment, **values):
            self.sources.append(made)

    @rule(amount=CENTS, which=WHICH, is_on_invoice=st.booleans())
    def give_back(self, amount, which, is_on_invoice):
        bill, invoice = self.bill(which) if is_on_invoice and self.invoices else (None, None)
        note = self.model.give_back(amount, bill)
        lines = [CreditLine(description="Given back", amount=money(amount))]
        values = {"customer": self.customer, "lines": lines, "invoice": invoice, **WHY}
        if made := self.agree(note, issue_credit_note, **values):
            self.sources.append(made)

    @precondition(lambda self: self.sources)
    @rule(which=WHICH)
    def take_back_money(self, which):
        gone, source = self.source(which)
        is_done = self.model.take_back(gone)
        if gone.is_note:
            self.agree(is_done, void_credit_note, note=source, **WHY)
        else:
            self.agree(is_done, reverse_payment, payment=source, **WHY)

    @precondition(lambda self: self.invoices)
    @rule(which=WHICH, bill_again=st.booleans())
    def void(self, which, bill_again):
        bill, invoice = self.bill(which)
        self.agree(self.model.void(bill), void_invoice, invoice=invoice, bill_again=bill_again, **WHY)

    @precondition(lambda self: self.invoices and self.sources)
    @rule(which=WHICH)
    def use_credit(self, which):
        bill, invoice = self.bill(which)
        self.agree(self.model.use_credit(bill), apply_credit, invoice=invoice, on=TODAY)

    @precondition(lambda self: self.sources)
    @rule(which=WHICH, amount=CENTS)
    def pay_back(self, which, amount):
        paid, source = self.source(which)
        is_done = self.model.refund(paid, amount)
        values = {"source": source, "amount": money(amount), "paid_on": TODAY, "method": "cash", **WHY}
        if made := self.agree(is_done, refund, **values):
            self.refunds.append(made)

    @precondition(lambda self: self.refunds)
    @rule(which=WHICH)
    def reverse_paying_back(self, which):
        at = which % len(self.refunds)
        is_done = self.model.reverse_refund(self.model.refunds[at])
        self.agree(is_done, reverse_refund, refund=self.refunds[at], **WHY)

    @precondition(lambda self: self.invoices)
    @rule(which=WHICH)
    def give_up(self, which):
        bill, invoice = self.bill(which)
        share = self.model.write_off(bill)
        if made := self.agree(share, write_off, invoice=invoice, **WHY):
            self.write_offs.append((share, made))

    @precondition(lambda self: self.write_offs)
    @rule(which=WHICH)
    def take_back_giving_up(self, which):
        share, made = self.write_offs[which % len(self.write_offs)]
        self.agree(self.model.take_back_write_off(share), take_back_write_off, write_off=made, on=TODAY)

    @invariant()
    def what_is_kept_is_what_the_model_says(self):
        model = self.model
        kept = rows(KEPT, self.customer.pk)
        assert [row[2:] for row in kept if row[0] == "i"] == [
            (bill.total, model.settled(bill), int(bill.is_void)) for bill in model.bills
        ]
        stored = {row[:2]: row[2:] for row in kept}
        for each, source in zip(model.moneys, self.sources, strict=True):
            said = (each.amount, model.allocated(each), model.refunded(each))
            assert stored["n" if each.is_note else "p", source.pk] == said
            assert model.credit(each) >= 0

    @invariant()
    def the_sums_are_the_sums_of_their_rows(self):
        assert rows(UNEQUAL, self.customer.pk) == []

    @invariant()
    def the_balance_is_the_sum_of_its_parts(self):
        self.age += 1
        # The rows that it is the sum of are compared after every act, the sums after every few.
        if self.age % 8 == 0:
            self.compare_balance()

    def compare_balance(self) -> None:
        balance, model = balance_of(self.customer, TODAY), self.model
        due = {True: 0, False: 0}
        for bill in model.bills:
            due[bill.due_on <= TODAY] += model.open(bill)
        credit = sum(map(model.credit, model.moneys))
        assert (cents(balance.due_now), cents(balance.not_yet_due), cents(balance.credit)) == (*due.values(), credit)
        assert cents(balance.total) == sum(due.values()) - credit

    def teardown(self) -> None:
        self.compare_balance()
        self.context.close()


@pytest.mark.django_db
def test_the_books_are_those_of_a_plain_model_after_many_acts():
    # So many are enough of another database.
    acts = 10_000 if connection.vendor == "sqlite" else 1_000
    BooksMachine.steps = 0
    longest = 50
    options = settings(
        # A few examples end early.
        max_examples=acts // 38 + 3,
        stateful_step_count=longest + 1,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(BooksMachine, settings=options)
    assert BooksMachine.steps >= acts
