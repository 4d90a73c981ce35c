"""The step of the day: what each customer gets, once, and what holds it off."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core import mail

from billing.documents.sending import deliver_due
from billing.invoices import Line, issue_invoice, reissue_invoice
from billing.models import Charge, Email, Invoice
from billing.payments import reverse_payment
from billing.tests.factories import make_invoice, make_payment
from customerflow.changes.models import ChangeSet
from customerflow.changes.undoing import plan_undo
from customers.models import Customer
from customers.tests.factories import make_contact, make_customer, make_location
from dunning.models import CallTask, Execution, Notice, Rule
from dunning.promises import promise_to_pay
from dunning.reminders import acting
from dunning.reminders.acting import Outcome, act_on
from dunning.tests.factories import make_rule, make_template

pytestmark = pytest.mark.django_db
Action, State, Channel = Rule.Action, Execution.State, Customer.Channel
FIRST = date(2026, 3, 1)
# Of an invoice that is issued on the first.
DUE_ON = date(2026, 3, 15)


def run(on: date, **options) -> Outcome:
    outcome = Outcome()
    for now in act_on(on=on, at=datetime(2026, 3, 1, 6, tzinfo=UTC), **options):
        outcome = now
    return outcome


def after(days: int) -> date:
    return DUE_ON + timedelta(days=days)


def reached(**fields) -> Customer:
    """Return a customer whom both an e-mail and a letter would reach."""
    customer = make_customer(**{"email": "ann@example.com", **fields})
    make_location(customer=customer)
    return customer


def late(amount: str = "59.99", *, customer: Customer | None = None, **fields):
    return make_invoice(amount, customer=customer or reached(), on=FIRST, **fields)


def states(*invoices) -> dict[str, str]:
    found = Execution.objects.filter(invoice__in=invoices) if invoices else Execution.objects.all()
    return {f"{each.rule}/{each.invoice_id}" if len(invoices) > 1 else str(each.rule): each.state for each in found}


def test_a_customer_gets_one_reminder_about_all_invoices_that_came_to_the_step():
    customer = reached(name="Ann Example")
    invoices = [late("10.00", customer=customer), late("20.50", customer=customer)]
    rule = make_rule(active_from=FIRST)
    run(after(6))
    assert not Notice.objects.exists()
    outcome = run(after(7))
    notice = Notice.objects.get()
    assert (notice.rule, notice.customer, notice.day, notice.total) == (rule, customer, after(7), Decimal("30.50"))
    assert {each.invoice for each in notice.executions.all()} == set(invoices)
    assert [invoice.number in notice.email.body for invoice in invoices] == [True, True]
    assert "Dear Ann Example," in notice.email.body
    assert "30.50 USD" in notice.email.body
    assert (notice.email.to, notice.is_letter) == ("ann@example.com", False)
    assert outcome.made == {"reminders": 1, "emails": 1}
    assert outcome.counts == {(rule.pk, "done"): 2}
    for day in (after(7), after(8), after(30)):
        assert not run(day).made
    assert Email.objects.count() == 1


def test_the_e_mail_goes_out_with_the_invoices_where_the_text_says_so():
    late()
    make_rule(template=make_template(has_invoices=True), active_from=FIRST)
    run(after(7))
    assert not mail.outbox
    deliver_due(datetime(2026, 4, 1, tzinfo=UTC))
    (message,) = mail.outbox
    assert [name.startswith("invoice-2026") for name, *_rest in message.attachments] == [True]
    assert Email.objects.get().state == Email.State.SENT


def test_switching_on_reaches_no_invoice_whose_day_was_before():
    late()
    make_rule(active_from=after(8))
    assert not run(after(8)).made
    assert not run(after(60)).made


def test_a_step_before_an_invoice_was_on_these_books_is_left_out():
    customer, on = reached(), after(20)
    names = {"customer_name": customer.name, "total": Decimal("50.00"), "status": Invoice.Status.ISSUED}
    loaded = Invoice.objects.create(
        customer=customer, number="7", origin="Old", issued_on=FIRST, due_on=DUE_ON, posted_on=on, **names
    )
    make_rule(name="first", days=14, active_from=FIRST)
    make_rule(name="second", days=21, active_from=FIRST)
    for day in (20, 21):
        run(after(day))
    assert states(loaded) == {"second": "done"}


def test_after_a_missed_week_the_last_reminder_goes_and_the_others_are_overtaken():
    invoice = late()
    for name, days in (("before", -3), ("first", 3), ("second", 10)):
        make_rule(name=name, days=days, active_from=FIRST)
    make_rule(name="fee", action=Action.LATE_FEE, days=5, active_from=FIRST)
    run(after(11))
    assert states(invoice) == {"before": "overtaken", "first": "overtaken", "second": "done", "fee": "done"}
    assert Notice.objects.count() == 1


def test_an_invoice_is_left_alone_that_is_paid_or_of_which_too_little_is_open():
    paid = late("50.00")
    late("4.99")
    make_rule(least_open=Decimal("5.00"), active_from=FIRST)
    make_payment("50.00", customer=paid.customer)
    assert not run(after(7)).made
    assert not states()


def test_a_payment_between_reading_and_acting_is_seen(monkeypatch):
    invoice, lock = late("50.00"), acting.lock_all_books

    def pay_and_lock(keys):
        make_payment("50.00", customer=invoice.customer)
        return lock(keys)

    monkeypatch.setattr(acting, "lock_all_books", pay_and_lock)
    make_rule(active_from=FIRST)
    make_rule(action=Action.LATE_FEE, active_from=FIRST)
    outcome = run(after(7))
    assert (outcome.customers, outcome.made) == (1, {})
    assert not states()


def test_a_promise_holds_off_what_it_names_and_is_made_up_for_after_it():
    customer = reached()
    promised, other = late("50.00", customer=customer), late("20.00", customer=customer)
    make_rule(name="first", days=3, active_from=FIRST)
    make_rule(name="second", days=6, active_from=FIRST)
    make_rule(name="fee", action=Action.LATE_FEE, days=6, active_from=FIRST)
    promise_to_pay(customer=customer, invoices=[promised], due_on=after(8), on=after(1))
    run(after(3))
    run(after(8))
    assert states(promised) == {"first": "held", "second": "held", "fee": "held"}
    assert states(other) == {"first": "done", "second": "done", "fee": "done"}
    run(after(9))
    assert states(promised) == {"first": "overtaken", "second": "done", "fee": "done"}


def test_what_was_held_off_and_paid_is_forgotten():
    invoice = late("50.00")
    make_rule(active_from=FIRST)
    promise_to_pay(customer=invoice.customer, due_on=after(9), on=after(1))
    run(after(7))
    assert states(invoice) == {str(Rule.objects.get()): "held"}
    make_payment("50.00", customer=invoice.customer)
    run(after(10))
    assert not states(invoice)


@pytest.mark.parametrize(
    ("channel", "email", "has_address", "ways"),
    [
        (Channel.EMAIL, "ann@example.com", True, (True, False)),
        (Channel.EMAIL, "", True, (False, True)),
        (Channel.LETTER, "ann@example.com", True, (False, True)),
        (Channel.LETTER, "ann@example.com", False, (True, False)),
        (Channel.BOTH, "ann@example.com", True, (True, True)),
        (Channel.BOTH, "", True, (False, True)),
        (Channel.BOTH, "ann@example.com", False, (True, False)),
    ],
)
def test_a_reminder_goes_the_way_that_the_customer_wants_or_the_one_that_there_is(channel, email, has_address, ways):
    customer = make_customer(email=email, channel=channel)
    if has_address:
        make_location(customer=customer)
    late(customer=customer)
    make_rule(active_from=FIRST)
    run(after(7))
    notice = Notice.objects.get()
    assert (notice.email is not None, notice.is_letter) == ways
    assert bool(notice.note) == (
        (channel == Channel.EMAIL and not email) or (channel == Channel.LETTER and not has_address)
    )


def test_the_contact_for_billing_gets_it():
    customer = reached()
    make_contact(customer=customer, role="billing", email="books@example.com")
    late(customer=customer)
    make_rule(active_from=FIRST)
    run(after(7))
    assert Email.objects.get().to == "books@example.com"


def test_whom_nothing_reaches_fails_with_the_reason_and_is_tried_again():
    customer = make_customer(email="")
    invoice = late(customer=customer)
    make_rule(active_from=FIRST)
    assert run(after(7)).failed == 1
    execution = Execution.objects.get()
    assert (execution.state, execution.attempts) == (State.FAILED, 1)
    assert "postal address" in execution.reason
    run(after(8))
    execution.refresh_from_db()
    assert (execution.attempts, execution.day) == (2, after(8))
    make_location(customer=customer)
    run(after(9))
    execution.refresh_from_db()
    assert (execution.state, execution.attempts, execution.reason) == (State.DONE, 3, "")
    assert execution.notice.customer == invoice.customer


def test_who_is_not_to_be_reminded_is_not():
    invoice = late(customer=reached(channel=Channel.NONE))
    make_rule(name="letter", active_from=FIRST)
    make_rule(name="call", action=Action.CALL, active_from=FIRST)
    run(after(7))
    assert states(invoice) == {"letter": "held", "call": "held"}


def test_a_text_in_the_customers_language_is_taken():
    english = make_template(name="First")
    make_template(name="First", language="de", subject="Erinnerung", email_text="{invoices}\n{total}")
    invoice = late("1234.50", customer=reached(language="de"))
    make_rule(template=english, active_from=FIRST)
    run(after(7))
    assert (Email.objects.get().subject, Email.objects.get().body) == (
        "Erinnerung",
        f"{invoice.number}, fällig am 15 Mär 2026: 1.234,50 USD\n1.234,50 USD",
    )


def test_a_late_fee_is_a_charge_once_for_an_invoice_whatever_rules_there_are():
    invoice = late("200.00")
    first = make_rule(name="fee", action=Action.LATE_FEE, fee_percent=Decimal("2.5"), days=7, active_from=FIRST)
    make_rule(name="fee again", action=Action.LATE_FEE, days=14, active_from=FIRST)
    for day in range(5, 20):
        run(after(day))
    charge = Charge.objects.get()
    assert (charge.unit_price, charge.late_fee_of, charge.charged_on) == (Decimal("5.00"), invoice, after(7))
    assert invoice.number in charge.description
    assert states(invoice) == {str(first): "done", "fee again": "overtaken"}


def test_a_call_is_asked_for_once():
    customer = reached()
    late("10.00", customer=customer), late("20.00", customer=customer)
    make_rule(action=Action.CALL, active_from=FIRST)
    run(after(7))
    run(after(8))
    call = CallTask.objects.to_do(after(8)).get()
    assert (call.customer, call.due_on, call.executions.count()) == (customer, after(7), 2)


def test_an_invoice_that_is_open_again_goes_on_where_it_was():
    invoice = late("50.00")
    make_rule(name="first", days=3, active_from=FIRST)
    make_rule(name="second", days=10, active_from=FIRST)
    run(after(3))
    payment = make_payment("50.00", customer=invoice.customer)
    run(after(12))
    reverse_payment(payment=payment, reason="Returned", on=after(16))
    run(after(16))
    assert states(invoice) == {"first": "done", "second": "done"}


def test_a_preview_says_what_happens_and_writes_nothing():
    for _ in range(3):
        late()
    late(customer=make_customer(email=""))
    make_rule(active_from=FIRST)
    make_rule(action=Action.CALL, active_from=FIRST)
    make_rule(action=Action.LATE_FEE, active_from=FIRST)
    planned = run(after(7), is_preview=True)
    assert not Execution.objects.exists()
    assert not Email.objects.exists()
    done = run(after(7))
    assert (planned.counts, planned.made) == (done.counts, done.made)


def test_a_batch_that_the_database_refuses_is_done_one_by_one(monkeypatch):
    good, bad = late(), late()
    make_rule(active_from=FIRST)
    key = f"reminder-{Rule.objects.get().pk}-{bad.customer_id}-{after(7)}"
    Email.objects.create(
        customer=bad.customer, to="x@example.com", subject="x", key=key, try_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert run(after(7)).failed == 1
    assert Execution.objects.get(invoice=good).state == State.DONE
    assert Execution.objects.get(invoice=bad).state == State.FAILED


def test_nothing_is_sent_when_the_transaction_fails(monkeypatch):
    late()
    make_rule(active_from=FIRST)

    def fail(*_args):
        raise RuntimeError

    monkeypatch.setattr(acting, "write", fail)
    with pytest.raises(RuntimeError):
        run(after(7))
    deliver_due(datetime(2026, 4, 1, tzinfo=UTC))
    assert not mail.outbox
    assert not Execution.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_customers(django_assert_max_num_queries):
    make_rule(active_from=FIRST)
    make_rule(action=Action.CALL, active_from=FIRST)
    make_rule(action=Action.LATE_FEE, active_from=FIRST)
    for _ in range(30):
        late()
    with django_assert_max_num_queries(45):
        run(after(7))


@pytest.mark.parametrize(
    ("action", "instead"),
    [(Action.CALL, "A call that is not needed is noted"), (Action.LATE_FEE, "A late fee that is not meant is waived")],
)
def test_a_run_of_reminders_is_not_undone_and_says_why_and_what_to_do(action, instead):
    late()
    make_rule(action=action, active_from=FIRST)
    make_rule(active_from=FIRST)
    run(after(7))
    why = plan_undo(ChangeSet.objects.latest("pk")).refusal
    assert "what was sent is sent" in why
    assert instead in why


def test_the_late_fee_of_an_invoice_that_is_voided_is_waived_and_the_corrected_one_may_get_its_own():
    customer = reached()
    line = Line(description="Fibre 500", unit_price=Decimal("59.99"))
    invoice = issue_invoice(customer=customer, lines=[line], on=FIRST)
    make_rule(action=Action.LATE_FEE, active_from=FIRST)
    run(invoice.due_on + timedelta(days=7))
    (fee,) = Charge.objects.waiting()
    assert fee.late_fee_of == invoice
    on = invoice.due_on + timedelta(days=8)
    corrected = reissue_invoice(invoice=invoice, reason="Wrong name", on=on)
    fee.refresh_from_db()
    assert fee.cancelled_at
    assert fee.cancel_reason == f"Invoice {invoice.number} was voided."
    run(corrected.due_on + timedelta(days=7))
    assert [each.late_fee_of for each in Charge.objects.waiting().filter(customer=customer)] == [corrected]
