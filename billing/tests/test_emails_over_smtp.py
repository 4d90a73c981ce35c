"""Invoices as a mail server gets them: a real one, that answers as it is told."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from billing.documents.sending import deliver
from billing.models import Email
from billing.tests.factories import make_email, make_invoice
from customerflow.mail.delivering import DELAYS
from customerflow.tests.mail_server import Post, serving
from customerflow.tests.threads import at_once
from customers.tests.factories import make_customer

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
State = Email.State


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture(autouse=True)
def server(post: Post, settings, monkeypatch) -> Iterator[None]:
    """Let e-mails go to a mail server of this test."""
    with serving(post, settings, monkeypatch):
        yield


@pytest.fixture
def email(db) -> Email:
    return make_email(record=make_invoice(customer=make_customer(name="Zoë Nguyễn & Söhne")))


def test_the_customer_gets_the_stored_document(email: Email, post: Post, settings):
    settings.OPERATOR_NAME = "Größe 太郎 Net"
    settings.DEFAULT_FROM_EMAIL = "billing@example.net"
    email = make_email(record=make_invoice(customer=make_customer(name="Zoë Nguyễn & Söhne")))
    email = deliver(email.pk, NOW)
    (message,) = post.taken
    (attachment,) = message.iter_attachments()
    assert (email.state, email.problem) == (State.SENT, "")
    assert message["Subject"].strip() == f"Invoice {email.invoice.number} from Größe 太郎 Net"
    assert (message["From"], message["To"]) == ("billing@example.net", "ann@example.com")
    assert message["Message-ID"].startswith(f"<document-{email.pk}.")
    assert message["Date"]
    assert message.get_body().get_content().startswith("Dear Zoë Nguyễn & Söhne,")
    assert attachment.get_content_type() == "application/pdf"
    assert attachment.get_filename() == f"invoice-{email.invoice.number}.pdf"
    assert attachment.get_content() == email.document.content()


def test_a_refused_recipient_is_on_record_and_not_tried_again(email: Email, post: Post):
    post.on_recipient = ["550 5.1.1 No such user"]
    email = deliver(email.pk, NOW)
    assert (email.state, email.problem) == (State.FAILED, "550 5.1.1 No such user")
    assert deliver(email.pk, NOW + DELAYS[-1]) is None
    assert post.taken == []


@pytest.mark.parametrize("moment", ["on_recipient", "on_message"])
def test_a_server_that_is_busy_is_tried_again_with_the_same_message(email: Email, post: Post, moment: str):
    setattr(post, moment, ["451 4.7.1 Greylisted"])
    email = deliver(email.pk, NOW)
    assert (email.state, email.problem, email.try_at) == (State.WAITING, "451 4.7.1 Greylisted", NOW + DELAYS[0])
    assert deliver(email.pk, email.try_at).state == State.SENT
    assert [message["Message-ID"].partition(".")[0] for message in post.taken] == [f"<document-{email.pk}"]


def test_a_refused_message_is_on_record_and_not_tried_again(email: Email, post: Post):
    post.on_message = ["554 5.7.1 Looks like spam"]
    email = deliver(email.pk, NOW)
    assert (email.state, email.problem) == (State.FAILED, "554 5.7.1 Looks like spam")


def test_a_server_that_is_away_is_tried_again(email: Email, settings):
    # Nobody listens there.
    settings.EMAIL_PORT = 1
    email = deliver(email.pk, NOW)
    assert (email.state, email.try_at) == (State.WAITING, NOW + DELAYS[0])
    assert "does not answer" in email.problem


def test_what_the_server_took_without_an_answer_is_not_sent_twice(email: Email, post: Post):
    post.hangs_up = True
    email = deliver(email.pk, NOW)
    assert (email.state, len(post.taken)) == (State.FAILED, 1)
    assert "may have gone out" in email.problem
    assert deliver(email.pk, NOW + DELAYS[-1]) is None


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_it_once(post: Post):
    email = make_email()
    results = at_once(lambda _nth: deliver(email.pk, NOW), 2)
    assert results.count(None) == 1
    assert len(post.taken) == 1
