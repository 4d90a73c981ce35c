"""Documents and e-mails that several ask for at the same moment."""

from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.core import mail

from billing.documents import sending
from billing.documents.files import make_document
from billing.models import Document, Email, Invoice
from billing.tests.factories import make_email, make_invoice
from customerflow.mail import delivering
from customerflow.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def test_a_document_that_five_ask_for_at_once_is_one():
    invoice = make_invoice()
    made = at_once(lambda _: make_document(invoice), 5)
    assert len(set(made)) == Document.objects.count() == 1
    assert made[0].content() == made[4].content()


def test_an_e_mail_that_five_workers_take_at_once_goes_out_once():
    email = make_email()
    results = at_once(lambda _: sending.deliver(email.pk, NOW), 5)
    assert len(mail.outbox) == 1
    assert [result.state for result in results if result] == [Email.State.SENT]


def test_without_the_claim_each_of_them_sends_it(monkeypatch):
    email, meet, really_make = make_email(), Barrier(2), sending.make_document

    def make_and_wait(record: Invoice) -> Document:
        meet.wait(timeout=30)
        return really_make(record)

    def deliver_unclaimed(_index: int) -> Email | None:
        found = sending.deliver(email.pk, NOW)
        assert found, "It was claimed by the other."
        return found

    # The claim leaves it waiting, as if there were none: both come as far as sending it.
    monkeypatch.setattr(delivering, "CLAIMED", Email.State.WAITING)
    monkeypatch.setattr(sending, "make_document", make_and_wait)
    at_once(deliver_unclaimed, 2)
    assert len(mail.outbox) == 2


def test_one_form_sent_five_times_at_once_asks_for_one_e_mail():
    invoice = make_invoice()
    at_once(lambda _: make_email(record=invoice), 5)
    assert Email.objects.count() == 1
