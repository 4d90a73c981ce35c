"""Whether promises are kept, against a plain model of it, over random histories of payments."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from billing.invoices import apply_credit
from billing.models import Invoice
from billing.payments import record_payment, reverse_payment
from billing.tests.factories import make_invoice
from customers.tests.factories import make_customer
from dunning.models import Promise
from dunning.promises import promise_to_pay, withdraw_promise, without_promised
from dunning.tests.factories import TODAY

pytestmark = pytest.mark.django_db
DAYS = 12
ALL, TWO = Decimal(100), Decimal(200)
# Often just what an invoice comes to: most of what can go wrong is at the border.
amounts = st.sampled_from([Decimal(30), Decimal(100), Decimal(100), Decimal(170), Decimal(200), Decimal(300)])
promises = st.tuples(st.just("promise"), amounts, st.integers(0, 4), st.sets(st.integers(0, 2)))
events = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 3)),
        st.tuples(st.just("pay"), amounts, st.integers(0, 2), st.booleans()),
        st.tuples(st.just("bounce"), st.integers(0, 2)),
        st.tuples(st.just("credit"), st.integers(0, 2)),
        promises,
        st.tuples(st.just("withdraw")),
    ),
    max_size=14,
)


class Model:
    """What the books say, kept as plain lists; `said` are promises as (promise, made at place, day, amount, keys)."""

    def __init__(self) -> None:
        self.payments, self.said, self.withdrawn = [], [], set()

    def is_settled(self, key: int) -> bool:
        parts = [each["settles"] for each in self.payments if not each["is_reversed"]]
        return sum(part for settles in parts for other, part, _posted_on in settles if other == key) >= ALL

    def state(self, place: int, on) -> str:
        promise, made_at, due_on, amount, keys = self.said[place]
        if promise.pk in self.withdrawn:
            return "withdrawn"
        standing = [each for each in self.payments if not each["is_reversed"]]
        paid = sum(each["amount"] for each in standing if each["at"] > made_at and each["received_on"] <= due_on)
        settled = dict.fromkeys(keys, Decimal(0))
        for each in standing:
            for key, part, posted_on in each["settles"]:
                if key in settled and posted_on <= due_on:
                    settled[key] += part
        if paid >= amount or all(settled[key] == Decimal(100) for key in keys):
            return "kept"
        return "open" if on <= due_on else "broken"


BY_CREDIT = [("pay", TWO, 0, True), ("promise", ALL, 0, {0}), ("credit", 0)]


# Each is the border of another rule: by credit on the day itself, given back since, a day late, settled already.
@example(BY_CREDIT)
@example([*BY_CREDIT, ("bounce", 0)])
@example([("promise", ALL, 0, {0}), ("wait", 1), ("pay", ALL, 0, True)])
@example([("pay", ALL, 0, False), ("promise", ALL, 1, {0, 1})])
@given(st.tuples(promises, events).map(lambda parts: [parts[0], *parts[1]]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_promise_stands_as_a_plain_model_says_and_holds_off_what_it_names(history):
    customer, model, today = make_customer(), Model(), TODAY
    invoices = [make_invoice("100.00", customer=customer) for _ in range(3)]
    for at, (what, *about) in enumerate(history):
        open_ones = [place for place in range(len(model.said)) if model.state(place, today) == "open"]
        if what == "wait":
            today += timedelta(days=about[0])
        elif what == "pay":
            pay(model, customer, at, today, *about)
        elif what == "bounce":
            bounce(model, today, about[0])
        elif what == "credit":
            apply(model, invoices[about[0]], today)
        elif what == "withdraw" and open_ones:
            promise = model.said[open_ones[0]][0]
            withdraw_promise(promise=promise, reason="Changed", on=today)
            model.withdrawn.add(promise.pk)
        elif what == "promise":
            said = promise_of(customer, invoices, today, *about)
            assert said is None or not (open_ones or any(model.is_settled(each.pk) for each in said.invoices.all()))
            if said:
                model.said.append((said, at, said.due_on, said.amount, {each.pk for each in said.invoices.all()}))
        agree(model, customer, today)
    agree(model, customer, today + timedelta(days=DAYS))


def pay(model: Model, customer, at: int, today, amount, ago: int, names_newest: bool) -> None:
    named = list(customer.invoices.open().order_by("-pk")[:1]) if names_newest else None
    received_on = today - timedelta(days=ago)
    money = {"amount": amount, "received_on": received_on, "on": today, "method": "cash"}
    payment = record_payment(customer=customer, **money, invoices=named or None)
    settles = [(each.invoice_id, each.amount, today) for each in payment.allocations.all()]
    said = {"payment": payment, "at": at, "amount": amount, "received_on": received_on}
    model.payments.append({**said, "settles": settles, "is_reversed": False})


def bounce(model: Model, today, place: int) -> None:
    standing = [each for each in model.payments if not each["is_reversed"]]
    if place < len(standing):
        reverse_payment(payment=standing[place]["payment"], reason="No funds", on=today)
        standing[place]["is_reversed"] = True


def apply(model: Model, invoice: Invoice, today) -> None:
    """Settle an invoice by what lies in credit of earlier payments, which is no new payment."""
    with suppress(ValidationError):
        apply_credit(invoice=invoice, on=today)
    for each in model.payments:
        known = {key for key, _part, _posted_on in each["settles"]}
        new = each["payment"].allocations.filter(released_on=None).exclude(invoice__in=known)
        each["settles"] += [(allocation.invoice_id, allocation.amount, today) for allocation in new]


def promise_of(customer, invoices, today, amount, days: int, places: set[int]) -> Promise | None:
    named = [invoices[place] for place in places] or None
    try:
        return promise_to_pay(
            customer=customer, invoices=named, amount=amount, due_on=today + timedelta(days=days), on=today
        )
    except ValidationError:
        return None


def agree(model: Model, customer, on) -> None:
    """Check that database and model say the same on a day: of each promise, of each choice, of what is held off."""
    expected = {said[0].pk: model.state(place, on) for place, said in enumerate(model.said)}
    assert {each.pk: each.state for each in customer.promises.with_state(on)} == expected
    for chosen, state in (("open", "open"), ("broken", "broken")):
        found = set(getattr(customer.promises, chosen)(on).values_list("pk", flat=True))
        assert found == {key for key, stands in expected.items() if stands == state}
    assert set(customer.promises.kept().values_list("pk", flat=True)) == {k for k, v in expected.items() if v == "kept"}
    held = {key for said in model.said if expected[said[0].pk] == "open" for key in said[4]}
    everything = Invoice.objects.filter(customer=customer)
    assert set(without_promised(everything, on)) == {each for each in everything if each.pk not in held}
