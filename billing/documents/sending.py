"""
Sending e-mails that wait: each is claimed first, so that it is sent once, and tried again while the server is away.

What breaks off between the claim and the server's answer may have gone out or not. It is not sent again by itself: it
fails with these words, and a person asks the customer, or sends it anew.
"""

import logging
import smtplib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks import task

from billing.documents.files import make_document, why_not
from billing.models import Document, Email
from customerflow.smtp import UnansweredError

log = logging.getLogger(__name__)

# After each try that failed for a reason that may pass, so long until the next.
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480))
# A server is given up after EMAIL_TIMEOUT seconds, several of which make up one sending.
LOST_AFTER = timedelta(minutes=15)
BROKEN_OFF = gettext_lazy("It was broken off while it was being sent, and may have gone out. Ask, or send it again.")
CLAIMED = Email.State.SENDING
LONGEST_PROBLEM = Email._meta.get_field("problem").max_length


@task()
def deliver_later(email_id: int) -> None:
    """Send an e-mail: what the queue hands to a worker."""
    fail_lost(timezone.now())
    _try_again_later(deliver(email_id, timezone.now()))


def _try_again_later(email: Email | None) -> None:
    """Let a worker try an e-mail that failed for a reason that may pass, when it may be tried again."""
    if email and email.state == Email.State.WAITING:
        deliver_later.using(run_after=email.try_at).enqueue(email.pk)


def deliver_due(at: datetime) -> int:
    """Send all e-mails that may be tried at the moment `at`, one after the other; return how many were sent."""
    fail_lost(at)
    sent = 0
    for pk in list(Email.objects.due(at).values_list("pk", flat=True)):
        email = deliver(pk, at)
        sent += email is not None and email.state == Email.State.SENT
        _try_again_later(email)
    return sent


def deliver(email_id: int, at: datetime) -> Email | None:
    """
    Send one e-mail if it waits, is due, and nobody else sends it; return it as it is then, None where it was not tried.

    It is called outside of a transaction: the claim must be seen by others before the server is.
    """
    claimed = Email.objects.due(at).order_by().filter(pk=email_id)
    if not claimed.update(state=CLAIMED, attempts=F("attempts") + 1, tried_at=at):
        return None
    email = Email.objects.select_related("invoice__customer", "credit_note__customer").get(pk=email_id)
    try:
        message_of(email, enclosures(email)).send()
    except Exception as error:
        if not isinstance(error, OSError | ValidationError):
            log.exception("E-mail %s failed.", email_id)
        _note_failure(email, error, at)
    else:
        email.state, email.sent_at, email.problem = Email.State.SENT, at, ""
    email.save(update_fields=["state", "problem", "try_at", "sent_at", "document"])
    return email


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


def fail_lost(at: datetime) -> None:
    """Let fail what somebody began to send so long ago that they must be gone."""
    lost = Email.objects.filter(state=Email.State.SENDING, tried_at__lt=at - LOST_AFTER)
    with translation.override(settings.LANGUAGE_CODE):
        lost.update(state=Email.State.FAILED, problem=str(BROKEN_OFF))


def may_pass(error: Exception) -> bool:
    """Return whether what went wrong may pass by itself: the server is away, or says that it is busy."""
    if isinstance(error, UnansweredError):
        return False
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(400 <= code < 500 for code, _said in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return 400 <= error.smtp_code < 500
    return isinstance(error, OSError)


def _note_failure(email: Email, error: Exception, at: datetime) -> None:
    is_over = email.attempts > len(DELAYS) or not may_pass(error)
    email.document = None
    email.problem = in_words(error)[:LONGEST_PROBLEM]
    email.state = Email.State.FAILED if is_over else Email.State.WAITING
    if not is_over:
        email.try_at = at + DELAYS[email.attempts - 1]


def in_words(error: Exception) -> str:
    """Return what went wrong for the page of the document."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, UnansweredError):
        return str(BROKEN_OFF)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_text(said)}" for code, said in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, OSError):
        return _("The mail server does not answer: %(error)s") % {"error": error.strerror or error}
    return f"{type(error).__name__}: {error}"


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
