"""Replies by e-mail as a mail server gets them: answered to, they come back; and an internal note never leaves."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import BadHeaderError
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import recording
from customerflow.changes.undoing import plan_undo
from customerflow.mail.delivering import DELAYS
from customerflow.staff.roles import SUPPORT
from customerflow.staff.tests.factories import make_user
from customerflow.storage import documents
from customerflow.tests.mail_server import Post, serving
from customerflow.tests.threads import at_once
from customers.tests.factories import make_contact, make_customer
from tickets.attachments import SentFile
from tickets.desk import reply
from tickets.mail.sending import addresses_of, deliver, deliver_due, forget_addresses, send_again, send_reply
from tickets.models import Message, TicketEmail
from tickets.tests.factories import OPENED_AT, PNG, make_incoming_mail, make_ticket, make_ticket_email, make_ticket_type

pytestmark = pytest.mark.django_db
PUBLIC, INTERNAL = Message.Kind.PUBLIC, Message.Kind.INTERNAL
State = TicketEmail.State


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture(autouse=True)
def server(post: Post, settings, monkeypatch) -> Iterator[None]:
    with serving(post, settings, monkeypatch):
        settings.SUPPORT_EMAIL, settings.OPERATOR_NAME = "support@example.net", "Größe Net"
        yield


@pytest.fixture
def clerk(client) -> Client:
    client.force_login(make_user(SUPPORT, first_name="Anna", last_name="Berg"))
    return client


def make_reply(**fields) -> Message:
    ticket = fields.pop("ticket", None) or make_ticket()
    given = {"kind": PUBLIC, "body": "On our way.", "by": make_user(), "at": OPENED_AT, **fields}
    return reply(ticket=ticket, **given)


def test_a_reply_goes_to_the_customer_as_text_and_html_with_its_files(post: Post):
    ticket = make_ticket(subject="No light")
    author = make_user(first_name="Anna", last_name="Berg")
    files = [SentFile("router.png", PNG)]
    email = make_ticket_email(ticket=ticket, body="Is <b>it</b> & you?\n\nYes", by=author, files=files)
    email = deliver(email.pk, OPENED_AT)
    (message,) = post.taken
    (attached,) = message.iter_attachments()
    assert (email.state, email.sent_at, email.problem) == (State.SENT, OPENED_AT, "")
    assert (message["From"], message["To"]) == ("support@example.net", "ann@example.com")
    assert message["Subject"] == f"Re: No light [#{ticket.number}]"
    assert message["Message-ID"] == email.mail_id
    plain = message.get_body(("plain",)).get_content()
    assert plain.startswith("Is <b>it</b> & you?")
    assert "Anna Berg\r\nGröße Net" in plain
    assert "Is &lt;b&gt;it&lt;/b&gt; &amp; you?" in message.get_body(("html",)).get_content()
    assert (attached.get_filename(), attached.get_content_type()) == ("router.png", "image/png")
    assert attached.get_content() == PNG


def test_an_answer_names_the_messages_before_it_and_never_those_of_notes(post: Post):
    make_ticket_type()
    make_customer(email="ann@example.com")
    ticket = make_incoming_mail(headers={"Message-ID": "<theirs@example.com>"}).message.ticket
    ours = make_ticket_email(ticket=ticket)
    reply(ticket=ticket, kind=INTERNAL, body="Rude.", by=make_user(), at=OPENED_AT)
    deliver(make_ticket_email(ticket=ticket).pk, OPENED_AT)
    (message,) = post.taken
    assert message["References"].split() == ["<theirs@example.com>", ours.mail_id]
    assert message["In-Reply-To"] == ours.mail_id


def test_the_act_that_notes_internally_refuses_to_send(post: Post):
    with pytest.raises(ValidationError, match="never sent"):
        make_reply(kind=INTERNAL, to="ann@example.com")
    assert (Message.objects.count(), TicketEmail.objects.count(), post.taken) == (0, 0, [])


def test_an_internal_note_is_not_sent_even_where_something_asked_for_it(post: Post):
    email = make_ticket_email()
    Message.objects.filter(pk=email.message_id).update(kind=INTERNAL)
    email = deliver(email.pk, OPENED_AT)
    assert (email.state, post.taken) == (State.FAILED, [])
    assert "never sent" in email.problem


def test_the_page_of_a_note_has_nobody_to_send_to_and_takes_no_address(clerk: Client, post: Post):
    ticket = make_ticket(customer=make_customer(email="ann@example.com"))
    address = reverse("tickets:ticket_note", args=[ticket.pk])
    clerk.post(address, {"body": "Rude.", "to": "ann@example.com"})
    assert Message.objects.get().kind == INTERNAL
    assert (TicketEmail.objects.count(), deliver_due(OPENED_AT), post.taken) == (0, 0, [])


def test_files_of_notes_do_not_go_with_a_reply(post: Post):
    ticket = make_ticket()
    make_reply(ticket=ticket, kind=INTERNAL, files=[SentFile("secret.png", PNG)])
    deliver(make_ticket_email(ticket=ticket).pk, OPENED_AT)
    (message,) = post.taken
    assert list(message.iter_attachments()) == []
    assert b"secret" not in bytes(message)


def test_a_subject_with_line_ends_makes_no_header(post: Post):
    ticket = make_ticket(subject="Hi")
    type(ticket).objects.filter(pk=ticket.pk).update(subject="Hi\r\nBcc: eve@example.com")
    email = deliver(make_ticket_email(ticket=type(ticket).objects.get(pk=ticket.pk)).pk, OPENED_AT)
    (message,) = post.taken
    assert email.state == State.SENT
    assert message["Bcc"] is None
    assert message["Subject"] == f"Re: Hi Bcc: eve@example.com [#{ticket.number}]"


@pytest.mark.parametrize("to", ["ann@example.com\r\nBcc: eve@example.com", "ann@", "", "a@b.c, d@e.f"])
def test_what_is_no_address_is_refused(to: str):
    message = make_reply()
    with pytest.raises((ValidationError, BadHeaderError)):
        send_reply(message=message, to=to, at=OPENED_AT, by=None)


def test_what_failed_is_on_the_page_with_its_reason_and_is_sent_again_from_there(clerk: Client, post: Post):
    post.on_recipient = ["550 5.1.1 No such user"]
    email = deliver(make_ticket_email().pk, OPENED_AT)
    page = clerk.get(email.get_absolute_url()).content.decode()
    assert "550 5.1.1 No such user" in page
    again = reverse("tickets:email_again", args=[email.pk])
    assert again in page
    clerk.post(again)
    clerk.post(again)
    email.refresh_from_db()
    assert (email.state, email.problem) == (State.WAITING, "")
    assert deliver(email.pk, email.try_at).state == State.SENT
    assert post.taken[0]["Message-ID"] == email.mail_id
    assert again not in clerk.get(email.get_absolute_url()).content.decode()


def test_what_was_sent_is_not_sent_again():
    email = deliver(make_ticket_email().pk, OPENED_AT)
    with pytest.raises(ValidationError, match="not failed"):
        send_again(email=email, at=OPENED_AT)


def test_a_server_that_is_busy_is_tried_again_with_the_same_message(post: Post):
    post.on_message = ["451 4.7.1 Greylisted"]
    email = deliver(make_ticket_email().pk, OPENED_AT)
    assert (email.state, email.try_at) == (State.WAITING, OPENED_AT + DELAYS[0])
    assert deliver_due(OPENED_AT + DELAYS[0]) == 1
    assert [message["Message-ID"] for message in post.taken] == [email.mail_id]


def test_a_file_that_is_lost_is_a_reason_to_fail(post: Post):
    email = make_ticket_email(files=[SentFile("router.png", PNG)])
    documents().delete(email.message.attachments.get().file.name)
    email = deliver(email.pk, OPENED_AT)
    assert (email.state, post.taken) == (State.FAILED, [])
    assert "router.png is missing" in email.problem


def test_an_act_that_is_taken_back_sends_nothing():
    ticket, by = make_ticket(), make_user()

    def act() -> None:
        with recording("Something"):
            reply(ticket=ticket, kind=PUBLIC, body="Hello", by=by, at=OPENED_AT, to="ann@example.com")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    assert (TicketEmail.objects.count(), DBTaskResult.objects.count()) == (0, 0)


def test_a_reply_that_was_sent_is_not_undone():
    email = make_ticket_email()
    with pytest.raises(ProtectedError):
        email.message.delete()
    plan = plan_undo(ChangeSet.objects.latest("pk"))
    assert (plan.put_back, plan.left_alone > 0) == (0, True)


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_it_once(post: Post):
    email = make_ticket_email()
    results = at_once(lambda _nth: deliver(email.pk, OPENED_AT), 2)
    assert (results.count(None), len(post.taken)) == (1, 1)


def test_a_reply_may_go_to_who_wrote_last_to_the_customer_and_to_the_contacts():
    make_ticket()
    customer = make_customer(email="Ann@example.com")
    make_contact(customer=customer, email="bob@example.com")
    make_contact(customer=customer, email="ann@example.com")
    ticket = make_ticket(customer=customer)
    assert addresses_of(ticket) == ["Ann@example.com", "bob@example.com"]
    ticket = make_incoming_mail(headers={"From": "bob@example.com"}).message.ticket
    assert addresses_of(ticket) == ["bob@example.com", "Ann@example.com"]


def test_the_page_shows_who_gets_it_and_sends_it(clerk: Client, post: Post):
    ticket = make_ticket(customer=make_customer(email="ann@example.com"))
    page = clerk.get(ticket.get_absolute_url()).content.decode()
    assert '<option value="ann@example.com" selected' in page
    address = reverse("tickets:ticket_reply", args=[ticket.pk])
    sent = clerk.post(address, {"body": "On our way.", "to": "ann@example.com"}, follow=True)
    assert "by e-mail to ann@example.com" in sent.content.decode()
    assert "Waiting" in sent.content.decode()
    refused = clerk.post(address, {"body": "On our way.", "to": "eve@example.com"})
    assert "eve@example.com is not one of the available choices" in refused.content.decode()
    clerk.post(address, {"body": "Only recorded.", "to": ""})
    assert (Message.objects.count(), TicketEmail.objects.count()) == (2, 1)


def test_without_a_mail_server_the_page_says_so_and_replies_are_recorded(clerk: Client, settings):
    settings.EMAIL_IS_ON = False
    ticket = make_ticket(customer=make_customer(email="ann@example.com"))
    assert "EMAIL_URL" in clerk.get(ticket.get_absolute_url()).content.decode()
    clerk.post(reverse("tickets:ticket_reply", args=[ticket.pk]), {"body": "Hello", "to": "ann@example.com"})
    assert (Message.objects.count(), TicketEmail.objects.count()) == (1, 0)


def test_erasing_a_customer_reaches_the_e_mails(post: Post):
    sent, waiting = make_ticket_email(), make_ticket_email()
    deliver(sent.pk, OPENED_AT)
    for email in (sent, waiting):
        assert forget_addresses(email.message.ticket.customer) == 1
        email.refresh_from_db()
    assert (sent.to, waiting.to, waiting.state) == ("", "", State.FAILED)
    assert deliver(waiting.pk, OPENED_AT + timedelta(days=1)) is None
    with pytest.raises(ValidationError):
        send_again(email=waiting, at=OPENED_AT)
