"""The pages of rules, texts, reminders and calls."""

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from billing.charges import cancel_charge, waive_late_fee
from billing.documents.sending import deliver_due
from billing.invoices import void_invoice
from billing.models import Charge, Email, InvoiceLine
from billing.payments import record_payment
from billing.runs.running import open_run, work_on
from billing.tests.factories import make_billing_start, make_charge, make_invoice, make_payment
from customerflow.jobs.models import Job
from customerflow.jobs.running import run_turn
from customerflow.staff.roles import BILLING, MANAGER
from customerflow.staff.tests.factories import make_user
from customerflow.storage import documents
from customers.models import Customer
from customers.tests.factories import make_customer, make_location
from dunning.models import CallTask, Execution, Notice, Rule, Template
from dunning.promises import promise_to_pay
from dunning.reminders.acting import act_on
from dunning.reminders.dry_run import hits_of_past, hits_today, reach_of
from dunning.reminders.letters import print_instead, print_reminders
from dunning.reminders.next_steps import next_steps
from dunning.reminders.rules import save_rule, switch_off, switch_on
from dunning.reminders.usual import add_usual_rules
from dunning.tests.factories import make_call_task, make_execution, make_notice, make_rule, make_template

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 6, tzinfo=UTC)
TODAY = date(2026, 3, 31)
Action, State = Rule.Action, Execution.State


def run(on: date) -> None:
    for _now in act_on(on=on, at=AT):
        pass


def reached(**fields) -> Customer:
    customer = make_customer(**{"email": "ann@example.com", **fields})
    make_location(customer=customer)
    return customer


def due(days_ago: int, amount: str = "50.00", *, on: date = TODAY, customer: Customer | None = None):
    due_on = on - timedelta(days=days_ago)
    return make_invoice(amount, customer=customer or reached(), on=due_on - timedelta(days=14), due_on=due_on)


def client_of(group: str) -> Client:
    client = Client()
    client.force_login(make_user(group))
    return client


@pytest.fixture
def manager() -> Client:
    return client_of(MANAGER)


# --- Rules


def test_the_usual_rules_are_added_once_switched_off_and_their_texts_are_whole(manager):
    manager.post(reverse("dunning:rule_usual"))
    assert Rule.objects.count() == 5
    assert not Rule.objects.active().exists()
    for template in Template.objects.all():
        template.full_clean()
    assert {template.language for template in Template.objects.all()} == {"en", "de"}
    with pytest.raises(ValidationError):
        add_usual_rules()


def test_a_rule_is_added_and_a_late_fee_needs_an_amount(manager):
    address = reverse("dunning:rule_create")
    values = {"name": "Fee", "action": "late_fee", "days": "14"}
    refused = manager.post(address, values)
    assert "an amount or a percentage" in refused.content.decode()
    manager.post(address, {**values, "fee_amount": "7.50"})
    assert Rule.objects.get().fee_amount == Decimal("7.50")
    unknown = manager.post(
        reverse("dunning:template_create"),
        {"name": "A", "language": "en", "subject": "Hello", "email_text": "{nmae}", "letter_text": "{customer}"},
    )
    assert "There is no variable {nmae}" in unknown.content.decode().replace("&#x27;", "'")


def test_a_rule_acts_from_today_or_later_and_anew_where_it_hits_others():
    rule = make_rule(days=10)
    with pytest.raises(ValidationError):
        switch_on(rule=rule, active_from=TODAY - timedelta(days=1), on=TODAY)
    rule = switch_on(rule=rule, active_from=TODAY, on=TODAY)
    with pytest.raises(ValidationError):
        switch_on(rule=rule, active_from=TODAY, on=TODAY)
    rule.name = "Renamed"
    assert save_rule(rule=rule, on=TODAY + timedelta(days=9)).active_from == TODAY
    rule.days = 3
    assert save_rule(rule=rule, on=TODAY + timedelta(days=9)).active_from == TODAY + timedelta(days=9)
    assert switch_off(rule=rule).active_from is None
    rule.action, rule.template = Action.CALL, None
    with pytest.raises(ValidationError):
        save_rule(rule=rule, on=TODAY)


def test_switching_on_is_an_act_with_a_page(manager):
    rule, today = make_rule(), timezone.localdate()
    manager.post(reverse("dunning:rule_on", args=[rule.pk]), {"active_from": today.isoformat()})
    rule.refresh_from_db()
    assert rule.active_from == today
    manager.post(reverse("dunning:rule_off", args=[rule.pk]), {})
    rule.refresh_from_db()
    assert not rule.is_active
    assert client_of(BILLING).get(reverse("dunning:rule_on", args=[rule.pk])).status_code == 403


@pytest.mark.parametrize(
    ("action", "fields"),
    [("reminder", {"template"}), ("call", set()), ("late_fee", {"fee_amount", "fee_percent", "tax_code"})],
)
def test_the_form_of_a_rule_asks_for_what_its_action_has(manager, action, fields):
    rule = make_rule(action=action)
    form = manager.get(reverse("dunning:rule_update", args=[rule.pk])).context["form"]
    assert set(form.fields) & {"action", "template", "fee_amount", "fee_percent", "tax_code"} == fields
    sent = {"name": "Renamed", "days": "9", "version": "1", "seen": form["seen"].value(), "least_open": "1.00"}
    sent |= {"template": rule.template_id or "", "fee_amount": "5.00"} if fields else {}
    manager.post(reverse("dunning:rule_update", args=[rule.pk]), sent)
    rule.refresh_from_db()
    assert (rule.name, rule.days, rule.least_open) == ("Renamed", 9, Decimal("1.00"))


# --- The command


def test_the_command_says_what_it_did_and_refuses_a_day_to_come(settings):
    today = timezone.localdate()
    due(7, on=today), due(7, on=today, customer=make_customer(email=""))
    make_rule(name="First", days=7, active_from=today)

    def dun(*arguments: str) -> str:
        out = StringIO()
        with suppress(CommandError):
            call_command("dun", *arguments, stdout=out)
        return out.getvalue()

    planned = json.loads(dun("--preview", "--json"))
    assert (planned["reminders"], planned["rules"]) == (1, {"First": {"done": 1, "failed": 1}})
    assert not Execution.objects.exists()
    with pytest.raises(CommandError, match="still to come"):
        call_command("dun", "--on", (today + timedelta(days=1)).isoformat())
    with pytest.raises(CommandError, match="1 steps failed"):
        call_command("dun", stdout=StringIO())
    assert Email.objects.get().state == Email.State.SENT
    assert "reminders 0" in dun()


def test_the_rules_are_listed_as_an_invoice_comes_to_them(manager):
    later, before, first = make_rule(name="A", days=14), make_rule(name="Z", days=-3), make_rule(name="M", days=7)
    rows = manager.get(reverse("dunning:rule_list")).context["page"].rows
    assert [rule.pk for rule in rows] == [before.pk, first.pk, later.pk]


# --- Dry run


def test_the_dry_run_of_today_is_what_then_happens():
    hit = [due(7), due(7, "5.00")]
    promised, unwanted = due(7), due(7, customer=reached(channel=Customer.Channel.NONE))
    promise_to_pay(customer=promised.customer, due_on=TODAY + timedelta(days=5), on=TODAY)
    due(8), due(6), due(7, "4.99")
    paid = due(7)
    make_payment("50.00", customer=paid.customer)
    rule = make_rule(days=7, least_open=Decimal("5.00"))
    planned = hits_today(rule, TODAY)
    assert set(planned) == set(hit)
    assert reach_of(planned) == reach_of(hits_today(rule, TODAY))
    assert (reach_of(planned).invoices, reach_of(planned).customers, reach_of(planned).amount) == (
        2,
        2,
        Decimal("55.00"),
    )
    switch_on(rule=rule, active_from=TODAY, on=TODAY)
    assert set(hits_today(Rule.objects.get(), TODAY)) == set(hit)
    run(TODAY)
    assert {each.invoice for each in Execution.objects.filter(state=State.DONE)} == set(hit)
    assert {each.invoice for each in Execution.objects.filter(state=State.HELD)} == {promised, unwanted}


def test_the_dry_run_of_past_days_counts_what_was_open_on_the_day_of_the_step():
    rule = make_rule(days=7)
    paid_since, paid_before, part = due(10), due(11), due(12)
    late_today, too_old = due(7), due(38)
    make_payment("50.00", customer=paid_since.customer, received_on=TODAY)
    voided_before, voided_since = due(13), due(14)
    void_invoice(invoice=voided_before, reason="Twice", on=voided_before.due_on)
    void_invoice(invoice=voided_since, reason="Twice", on=TODAY)
    make_payment("20.00", customer=part.customer, received_on=TODAY)
    record_payment(
        customer=paid_before.customer,
        amount=Decimal("50.00"),
        received_on=paid_before.due_on,
        on=paid_before.due_on,
        method="cash",
    )
    found = {invoice: invoice.open_then for invoice in hits_of_past(rule, TODAY)}
    assert found == {paid_since: Decimal("50.00"), part: Decimal("50.00"), voided_since: Decimal("50.00")}
    assert late_today not in found
    assert too_old not in found


def test_the_dry_run_of_past_days_leaves_out_who_is_not_to_be_reminded_unless_it_is_about_a_late_fee():
    reminded, unwanted = due(10), due(11, customer=reached(channel=Customer.Channel.NONE))
    assert set(hits_of_past(make_rule(days=7), TODAY)) == {reminded}
    assert set(hits_of_past(make_rule(days=7, action=Action.CALL), TODAY)) == {reminded}
    assert set(hits_of_past(make_rule(days=7, action=Action.LATE_FEE), TODAY)) == {reminded, unwanted}


def test_the_page_of_the_dry_run_counts_lists_and_exports(manager):
    today = timezone.localdate()
    now, past = due(7, on=today), due(9, on=today)
    rule = make_rule(days=7)
    address = reverse("dunning:rule_dry_run", args=[rule.pk])
    page = manager.get(address)
    assert [row.pk for row in page.context["page"].rows] == [now.pk]
    assert "would hit <b>1</b> invoices of <b>1</b> customers" in page.content.decode()
    page = manager.get(address, {"when": "past"})
    assert [row.pk for row in page.context["page"].rows] == [past.pk]
    export = b"".join(manager.get(address, {"when": "past", "export": "csv"}).streaming_content).decode()
    assert past.number in export
    assert manager.get(address, {"when": "yesterday"}).context["problems"]


# --- Letters


def letter_text(content: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def test_letters_are_printed_together_once_and_can_be_printed_again(manager):
    make_rule(active_from=date(2026, 3, 1), template=make_template(subject="Please pay", letter_text="Dear {customer}"))
    for name in ("Ann", "Bob"):
        due(7, customer=reached(name=name, email=""))
    run(TODAY)
    job = print_reminders()
    run_turn(job.pk, job.turn, seconds=60)
    job.refresh_from_db()
    assert job.state == Job.State.FINISHED
    text = letter_text(documents().open(job.result["file"]).read())
    assert [name in text for name in ("Dear Ann", "Dear Bob", "Please pay", "50.00 USD", "12 Harbour Road")] == [
        True
    ] * 5
    assert not Notice.objects.to_print().exists()
    with pytest.raises(ValidationError, match="No letter waits"):
        print_reminders()
    notice = Notice.objects.first()
    assert "Dear" in letter_text(manager.get(reverse("dunning:notice_letter", args=[notice.pk])).content)
    manager.post(reverse("dunning:notice_print_instead", args=[notice.pk]), {})
    assert Notice.objects.to_print().get() == notice
    manager.post(reverse("dunning:notice_print"))
    assert Job.objects.latest("pk").kind == "print_reminders"


def test_a_reminder_whose_e_mail_failed_can_go_as_a_letter(settings):
    make_rule(active_from=date(2026, 3, 1), template=make_template(letter_text="Dear {customer}\n\n{invoices}\n\nBye"))
    due(7)
    run(TODAY)
    notice = Notice.objects.get()
    with pytest.raises(ValidationError, match="gone out"):
        print_instead(notice=notice)
    Email.objects.update(state=Email.State.FAILED, problem="550 unknown")
    notice = print_instead(notice=notice)
    assert (notice.is_letter, notice.opening, notice.closing) == (True, f"Dear {notice.customer.name}", "Bye")


def test_a_text_is_shown_for_a_customer(manager):
    template, invoice = make_template(), due(7)
    page = manager.get(template.get_absolute_url(), {"customer": invoice.customer.number})
    assert invoice.number in page.content.decode()
    letter = manager.get(reverse("dunning:template_letter", args=[template.pk]), {"customer": invoice.customer.number})
    assert invoice.number in letter_text(letter.content)
    nothing_open = make_customer()
    assert "2026-000001" in manager.get(template.get_absolute_url(), {"customer": nothing_open.number}).content.decode()


# --- Late fees


def test_a_late_fee_is_billed_as_one_and_can_be_waived_before():
    invoice = due(7)
    make_rule(action=Action.LATE_FEE, active_from=date(2026, 3, 1))
    run(TODAY)
    make_billing_start()
    charge = Charge.objects.get()
    billing_run, _ = open_run(day=TODAY, plan=False, on=TODAY)
    list(work_on(billing_run, on=TODAY))
    line = InvoiceLine.objects.get(charge=charge)
    assert (line.kind, line.amount) == (InvoiceLine.Kind.LATE_FEE, Decimal("5.00"))
    with pytest.raises(ValidationError, match="credit note"):
        waive_late_fee(charge=charge, reason="Goodwill")
    other = make_charge(late_fee_of=due(9), customer=invoice.customer)
    with pytest.raises(ValidationError, match="with a reason"):
        cancel_charge(charge=other)
    with pytest.raises(ValidationError):
        waive_late_fee(charge=other, reason=" ")
    assert waive_late_fee(charge=other, reason="Goodwill").cancel_reason == "Goodwill"
    with pytest.raises(ValidationError, match="no late fee"):
        waive_late_fee(charge=make_charge(), reason="Goodwill")


def test_a_waived_late_fee_is_not_charged_again(manager):
    invoice = due(7)
    make_rule(action=Action.LATE_FEE, active_from=date(2026, 3, 1))
    run(TODAY)
    charge = Charge.objects.get()
    manager.post(reverse("billing:charge_waive", args=[charge.pk]), {"reason": "Goodwill"})
    make_rule(action=Action.LATE_FEE, days=8, active_from=date(2026, 3, 1))
    run(TODAY + timedelta(days=1))
    assert Charge.objects.get().cancelled_at
    assert "waived: Goodwill" in manager.get(invoice.get_absolute_url()).content.decode()


# --- What comes next


def test_the_next_step_says_its_day_or_why_there_is_none():
    invoice = due(5)

    def said(on: date = TODAY) -> str:
        steps = next_steps(invoice.customer, [invoice], on)
        return str(steps[invoice.pk])

    assert said() == "No rule is switched on."
    make_rule(name="First", days=7, active_from=date(2026, 3, 1))
    make_rule(name="Second", days=14, least_open=Decimal(60), active_from=date(2026, 3, 1))
    assert said() == "First on 2026-04-02"
    promise_to_pay(customer=invoice.customer, due_on=date(2026, 4, 10), on=TODAY)
    assert said() == "First on 2026-04-02: held off by a promise until 2026-04-10"
    run(date(2026, 4, 11))
    assert said(date(2026, 4, 11)) == "Too little is open for the next step."


def test_the_pages_of_a_customer_and_an_invoice_show_what_was_done_and_what_comes(manager):
    customer = reached()
    invoice = due(7, customer=customer)
    make_rule(name="First step", active_from=date(2026, 3, 1))
    make_rule(name="Call them", action=Action.CALL, active_from=date(2026, 3, 1))
    make_rule(name="Second step", days=400, active_from=date(2026, 3, 1))
    run(TODAY)
    for address in (customer.get_absolute_url(), invoice.get_absolute_url()):
        page = manager.get(address).content.decode()
        assert [text in page for text in ("First step", "Call them", "Second step on 2027-04-28")] == [True] * 3


def test_a_call_is_noted_once(manager):
    call = make_call_task()
    address = reverse("dunning:calltask_done", args=[call.pk])
    manager.post(address, {"result": "reached", "note": "Pays on Friday"})
    call.refresh_from_db()
    assert (call.result, call.note, call.done_at is not None) == ("reached", "Pays on Friday", True)
    assert "was done already" in manager.post(address, {"result": "reached"}).content.decode()
    assert not CallTask.objects.to_do(TODAY).exists()


@pytest.mark.parametrize("name", ["notice", "execution", "calltask", "rule", "template"])
def test_a_list_of_fifty_takes_as_many_queries_as_a_short_one(manager, django_assert_max_num_queries, name):
    for _ in range(30):
        make_execution()
        make_call_task(rule=Rule.objects.filter(action=Action.CALL).first())
    with django_assert_max_num_queries(12):
        assert manager.get(reverse(f"dunning:{name}_list")).status_code == 200
    assert make_notice().pk
    assert deliver_due(AT) == 0
