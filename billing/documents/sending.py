"""Sending documents by e-mail: what the message is. How it is delivered is `customerflow.mail.delivering`."""

from collections.abc import Iterable

from django.conf import settings
from django.core.mail import EmailMessage
from django_tasks import task

from billing.documents.files import make_document, why_not
from billing.models import Document, Email
from customerflow.mail.delivering import Outbox


@task()
def deliver_later(email_id: int) -> None:
    """Send an e-mail: what the queue hands to a worker."""
    OUTBOX.work(email_id)


class DocumentOutbox(Outbox):
    """E-mails with documents, and about customers."""

    model = Email
    related = ("invoice__customer", "credit_note__customer")

    def message_of(self, email: Email) -> EmailMessage:
        return message_of(email, enclosures(email))


OUTBOX = DocumentOutbox(deliver_later)
deliver, deliver_due = OUTBOX.deliver, OUTBOX.deliver_due


def enclosures(email: Email) -> list[Document]:
    """Return the PDFs that go with `email`, made where they never were; the one that it is about is kept with it."""
    if email.customer_id:
        enclosed = email.enclosed.select_related("invoice__customer")
        return [make_document(each.invoice) for each in enclosed if not why_not(each.invoice)]
    email.document = make_document(email.of)
    return [email.document]


def message_of(email: Email, documents: Iterable[Document]) -> EmailMessage:
    """Return the e-mail as a message; tried again it is the same one, by its Message-ID."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2]
    message = EmailMessage(
        subject=email.subject,
        body=email.body,
        to=[email.to],
        headers={"Message-ID": f"<document-{email.pk}.{email.made_at:%Y%m%d%H%M%S%f}@{domain}>"},
    )
    for document in documents:
        message.attach(f"{document.name}.pdf", document.content(), "application/pdf")
    return message
