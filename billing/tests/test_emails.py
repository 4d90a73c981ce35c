"""Sending documents by e-mail: once each, tried again while the server is away, and on record."""

import smtplib
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from billing.documents import sending
from billing.documents.emails import address_of, forget_addresses, send_document
from billing.documents.sending import deliver, deliver_due, deliver_later
from billing.invoices import void_invoice
from billing.models import Email
from billing.tests.factories import TODAY, make_credit_note, make_email, make_invoice
from customerflow.changes.recording import recording
from customerflow.mail.delivering import DELAYS, LOST_AFTER
from customerflow.staff.roles import SUPPORT, TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_contact, make_customer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
State = Email.State


@pytest.fixture
def server(monkeypatch) -> list:
    """Let the mail server answer with the errors in the list, one for each try, and take what comes after them."""
    answers, really_send = [], EmailMessage.send

    def send(message: EmailMessage) -> int:
        if answers:
            raise answers.pop(0)
        return really_send(message)

    monkeypatch.setattr(EmailMessage, "send", send)
    return answers


def test_an_invoice_goes_out_with_its_pdf_and_is_on_record(settings):
    settings.OPERATOR_NAME = "Example Net"
    settings.DEFAULT_FROM_EMAIL = "billing@example.net"
    invoice = make_invoice("59.99", customer=make_customer(name="Ann Example"))
    email = make_email(record=invoice)
    assert (email.state, mail.outbox) == (State.WAITING, [])
    email = deliver(email.pk, NOW)
    (message,) = mail.outbox
    assert (message.to, message.from_email) == (["ann@example.com"], "billing@example.net")
    assert message.subject == f"Invoice {invoice.number} from Example Net"
    assert message.body.startswith("Dear Ann Example,\n\nAttached is your invoice")
    assert message.attachments == [(f"invoice-{invoice.number}.pdf", email.document.content(), "application/pdf")]
    assert (email.state, email.sent_at, email.attempts) == (State.SENT, NOW, 1)


def test_a_credit_note_goes_out_too():
    note = make_credit_note()
    deliver(make_email(record=note).pk, NOW)
    assert f"Credit note {note.number}" in mail.outbox[0].subject


def test_the_same_request_makes_one_e_mail():
    invoice = make_invoice()
    assert make_email(record=invoice) == make_email(record=invoice)
    assert DBTaskResult.objects.count() == 1


def test_a_request_that_came_before_is_not_taken_for_another_one():
    email = make_email(key="once")
    for other in ({"record": make_invoice()}, {"record": email.invoice, "to": "eve@example.com"}):
        with pytest.raises(ValidationError, match="sent once"):
            make_email(key="once", **other)
    assert Email.objects.get() == email


def test_what_was_sent_or_is_being_sent_is_not_sent_again():
    email = make_email()
    deliver(email.pk, NOW)
    assert deliver(email.pk, NOW) is None
    waiting = make_email()
    Email.objects.filter(pk=waiting.pk).update(state=State.SENDING, tried_at=NOW)
    assert deliver(waiting.pk, NOW) is None
    assert len(mail.outbox) == 1


def test_while_the_server_is_away_it_is_tried_again_later_and_at_last_no_more(server):
    email, at = make_email(), NOW
    server += [ConnectionRefusedError("refused")] * (len(DELAYS) + 1)
    for delay in DELAYS:
        email = deliver(email.pk, at)
        assert (email.state, email.try_at) == (State.WAITING, at + delay)
        assert "refused" in email.problem
        assert deliver(email.pk, at + delay - timedelta(seconds=1)) is None
        at += delay
    assert deliver(email.pk, at).state == State.FAILED
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (smtplib.SMTPRecipientsRefused({"a": (550, b"No such user")}), State.FAILED),
        (smtplib.SMTPRecipientsRefused({"a": (451, b"Greylisted")}), State.WAITING),
        (smtplib.SMTPAuthenticationError(535, b"Wrong password"), State.FAILED),
        (smtplib.SMTPDataError(452, b"Full"), State.WAITING),
        (smtplib.SMTPServerDisconnected("gone"), State.WAITING),
        (TimeoutError("timed out"), State.WAITING),
        (ValueError("a slip of ours"), State.FAILED),
    ],
)
def test_what_may_pass_is_tried_again_and_what_may_not_is_not(error: Exception, state: str, server):
    server.append(error)
    email = deliver(make_email().pk, NOW)
    assert email.state == state
    assert email.problem


def test_a_second_try_is_the_same_message(server):
    email = make_email()
    server.append(TimeoutError())
    deliver(email.pk, NOW)
    first = sending.message_of(email, [deliver(email.pk, NOW + DELAYS[0]).document])
    assert mail.outbox[0].extra_headers == first.extra_headers


def test_what_was_broken_off_while_it_was_sent_is_left_to_a_person():
    email = make_email()
    Email.objects.filter(pk=email.pk).update(state=State.SENDING, tried_at=NOW - LOST_AFTER - timedelta(seconds=1))
    assert deliver_due(NOW) == 0
    email.refresh_from_db()
    assert email.state == State.FAILED
    assert "may have gone out" in email.problem


def test_the_worker_asks_for_the_next_try_itself(server, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    email = make_email()
    server.append(TimeoutError())
    deliver_later.func(email.pk)
    assert DBTaskResult.objects.filter(run_after=NOW + DELAYS[0]).count() == 1


def test_the_command_sends_what_waits():
    make_email()
    out = StringIO()
    call_command("send_mail", stdout=out)
    assert out.getvalue() == "E-mails sent: 1; waiting for their next try: 0.\n"
    assert len(mail.outbox) == 1


def test_without_a_mail_server_nothing_is_promised(settings, clerk):
    invoice = make_invoice()
    settings.EMAIL_IS_ON = False
    with pytest.raises(ValidationError, match="EMAIL_URL"):
        make_email(record=invoice)
    with pytest.raises(CommandError, match="EMAIL_URL"):
        call_command("send_mail")
    assert "EMAIL_URL" in clerk.get(invoice.get_absolute_url()).content.decode()


def test_what_cannot_be_sent_is_refused():
    void = void_invoice(invoice=make_invoice(), reason="Wrong", on=TODAY)
    with pytest.raises(ValidationError, match="void"):
        make_email(record=void)
    with pytest.raises(ValidationError, match="another system"):
        make_email(record=make_invoice(origin="Old", number="7"))
    with pytest.raises(ValidationError, match="no e-mail address"):
        make_email(to="")
    with pytest.raises(ValidationError, match="valid email"):
        make_email(to="ann@")


def test_a_name_with_ends_of_lines_makes_no_header(settings):
    settings.OPERATOR_NAME = "Example\nBcc: eve@example.com"
    email = deliver(make_email().pk, NOW)
    assert email.state == State.SENT
    assert "\n" not in email.subject


def test_invoices_go_to_the_contact_for_billing_else_to_the_customer():
    customer = make_customer(email="ann@example.com")
    assert address_of(customer) == "ann@example.com"
    make_contact(customer=customer, email="tech@example.com", role="technical")
    make_contact(customer=customer, email="", role="billing")
    assert address_of(customer) == "ann@example.com"
    make_contact(customer=customer, email="books@example.com", role="billing")
    assert address_of(customer) == "books@example.com"


def test_an_act_that_is_taken_back_sends_nothing():
    invoice = make_invoice()

    def act() -> None:
        with recording("Something"):
            send_document(record=invoice, to="ann@example.com", key="x", at=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    assert (Email.objects.count(), DBTaskResult.objects.count()) == (0, 0)


def test_the_page_shows_what_will_be_sent_and_then_what_became_of_it(client):
    client.force_login(make_user(SUPPORT), backend="customerflow.staff.backends.GroupsBackend")
    invoice = make_invoice(customer=make_customer(name="Ann Example", email="ann@example.com"))
    address = reverse("billing:invoice_email", args=[invoice.pk])
    form = client.get(address)
    assert "Dear Ann Example," in form.content.decode()
    sent = {"to": "ann@example.com", "key": form.context["form"]["key"].value()}
    client.post(address, sent)
    response = client.post(address, sent, follow=True)
    assert Email.objects.count() == 1
    page = response.content.decode()
    assert "ann@example.com" in page
    assert "Waiting" in page


def test_a_technician_sends_nothing(client):
    client.force_login(make_user(TECHNICIAN), backend="customerflow.staff.backends.GroupsBackend")
    assert client.get(reverse("billing:invoice_email", args=[make_invoice().pk])).status_code == 403


def test_erasing_a_customer_reaches_the_e_mails():
    sent, other = make_email(), make_email()
    deliver(sent.pk, NOW)
    assert forget_addresses(sent.invoice.customer) == 1
    sent.refresh_from_db()
    other.refresh_from_db()
    assert (sent.to, sent.body, other.to) == ("", "", "ann@example.com")


def test_what_waits_for_an_erased_customer_is_not_sent():
    email = make_email()
    forget_addresses(email.invoice.customer)
    assert deliver(email.pk, NOW) is None
