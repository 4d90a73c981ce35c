"""For random histories: no step is taken twice, nothing is done about what is paid, and missed days are made up for."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import Charge, Email, Invoice, Payment
from billing.payments import record_payment, reverse_payment
from billing.tests.factories import make_invoice
from customers.tests.factories import make_customer, make_location
from dunning.models import Execution, Rule
from dunning.promises import promise_to_pay, promised
from dunning.reminders.acting import act_on
from dunning.tests.factories import make_rule, make_template

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 24)
DAYS = [FIRST + timedelta(days=count) for count in range((LAST - FIRST).days + 1)]
Action, State = Rule.Action, Execution.State


@dataclass(frozen=True)
class Story:
    """Invoices (customer, due day), rules (action, days), what customers did (day, what, whose), and missed days."""

    invoices: list[tuple[int, date]]
    rules: list[tuple[str, int]]
    events: list[tuple[date, str, int]]
    runs: list[date]


STORIES = st.builds(
    Story,
    invoices=st.lists(st.tuples(st.integers(0, 1), st.sampled_from(DAYS[:12])), min_size=1, max_size=4),
    rules=st.lists(st.tuples(st.sampled_from(Action.values), st.integers(0, 12)), min_size=1, max_size=4),
    events=st.lists(
        st.tuples(st.sampled_from(DAYS), st.sampled_from(["pay", "part", "reverse", "promise"]), st.integers(0, 1)),
        max_size=6,
    ).map(sorted),
    runs=st.sets(st.sampled_from(DAYS), max_size=8).map(lambda days: sorted({*days, LAST})),
)


def happen(what: str, customer, on: date) -> None:
    amount = Decimal("50.00") if what == "pay" else Decimal("20.00")
    try:
        if what in ("pay", "part"):
            record_payment(customer=customer, amount=amount, received_on=on, on=on, method=Payment.Method.CASH)
        elif what == "promise":
            promise_to_pay(customer=customer, due_on=on + timedelta(days=6), on=on)
        elif payment := customer.payments.filter(reversed_on=None).first():
            reverse_payment(payment=payment, reason="Returned", on=on)
    except ValidationError:
        pass


def lived(story: Story, runs: list[date]) -> dict[tuple[int, int], str]:
    """Let a story happen, acting on the days `runs`; return the state of each step, by rule and invoice."""
    customers = [make_customer(email=f"c{number}@example.com") for number in range(2)]
    for customer in customers:
        make_location(customer=customer)
    text = make_template(email_text="{invoices}")
    rules = [
        make_rule(action=action, days=days, active_from=FIRST, **({"template": text} if action == "reminder" else {}))
        for action, days in story.rules
    ]
    invoices = [
        make_invoice("50.00", customer=customers[who], on=FIRST, due_on=due_on) for who, due_on in story.invoices
    ]
    for day in DAYS:
        for _day, what, who in (event for event in story.events if event[0] == day):
            happen(what, customers[who], day)
        if day in runs:
            check_acting(day)
    check_said(invoices)
    places = {rule.pk: number for number, rule in enumerate(rules)}
    numbers = {invoice.pk: number for number, invoice in enumerate(invoices)}
    still_open = set(Invoice.objects.open().values_list("pk", flat=True))
    return {
        (places[each.rule_id], numbers[each.invoice_id]): str(each.state)
        for each in Execution.objects.all()
        if each.invoice_id in still_open
    }


def check_acting(day: date) -> None:
    """Act on a day, and check what was done: only what is due and open, and held off by no promise."""
    for _now in act_on(on=day, at=datetime(2026, 3, 1, tzinfo=UTC)):
        pass
    held_off = set(promised(Invoice.objects.all(), day).values_list("pk", flat=True))
    for each in Execution.objects.filter(day=day).select_related("rule", "invoice"):
        assert each.rule.step_day(each.invoice.due_on) <= day
        assert each.open_amount == each.invoice.open_amount > 0
        assert (each.state == State.HELD) == (each.invoice_id in held_off)


def check_said(invoices: list[Invoice]) -> None:
    """Check that each rule named each invoice at most once, and that each has at most one late fee."""
    said = Counter()
    for email in Email.objects.select_related("notice"):
        said.update((email.notice.rule_id, each.pk) for each in invoices if each.number in email.body)
    assert all(count == 1 for count in said.values())
    done = Execution.objects.filter(state=State.DONE, notice__isnull=False)
    assert set(said) == set(done.values_list("rule", "invoice"))
    fees = Counter(Charge.objects.values_list("late_fee_of", flat=True))
    assert all(count == 1 for count in fees.values())


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STORIES)
def test_missed_days_are_made_up_for_but_for_what_was_overtaken(story):
    outcomes = []
    for runs in (DAYS, story.runs):
        with transaction.atomic():
            outcomes.append(lived(story, runs))
            transaction.set_rollback(True)
    daily, seldom = outcomes
    assert set(daily) == set(seldom)
    # A promise that came before a missed day was made up for holds that off too.
    assert {key for key, state in daily.items() if state == "held"} <= {k for k, s in seldom.items() if s == "held"}
    done = {key for key, state in daily.items() if state == "done"}
    for key, state in seldom.items():
        assert state != "done" or key in done or story.rules[key[0]][0] == "late_fee"
        assert state in ("done", "overtaken", "held")
