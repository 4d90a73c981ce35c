"""
Sending e-mails that wait: each is claimed first, so that it is sent once, and tried again while the server is away.

What breaks off between the claim and the server's answer may have gone out or not. It is not sent again by itself: it
fails with these words, and a person asks the customer, or sends it anew.
"""

import logging
import smtplib
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks.base import Task

from customerflow.mail.outgoing import OutgoingEmail
from customerflow.smtp import UnansweredError

log = logging.getLogger(__name__)

# After each try that failed for a reason that may pass, so long until the next.
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480))
# A server is given up after EMAIL_TIMEOUT seconds, several of which make up one sending.
LOST_AFTER = timedelta(minutes=15)
BROKEN_OFF = gettext_lazy("It was broken off while it was being sent, and may have gone out. Ask, or send it again.")
LONGEST_PROBLEM = OutgoingEmail._meta.get_field("problem").max_length
State = OutgoingEmail.State
# Of an e-mail that somebody is sending; nobody else takes it.
CLAIMED = State.SENDING


class Outbox:
    """
    E-mails of one kind. A subclass names the model and what is read with each, and says what is sent.

    `later` is the task that a worker is handed each of them with: it calls `work`.
    """

    model: type[OutgoingEmail]
    related: tuple[str, ...] = ()

    def __init__(self, later: Task) -> None:
        self.later = later

    def message_of(self, email: OutgoingEmail) -> EmailMessage:
        """Return what is sent; tried again it is the same message, by its Message-ID."""
        raise NotImplementedError

    def work(self, email_id: int) -> None:
        """Send an e-mail, as a worker does; what may pass is tried again when its time has come."""
        self.fail_lost(timezone.now())
        self._try_again_later(self.deliver(email_id, timezone.now()))

    def deliver_due(self, at: datetime) -> int:
        """Send all that may be tried at the moment `at`, one after the other; return how many were sent."""
        self.fail_lost(at)
        sent = 0
        for pk in list(self.model.objects.due(at).values_list("pk", flat=True)):
            email = self.deliver(pk, at)
            sent += email is not None and email.state == State.SENT
            self._try_again_later(email)
        return sent

    def deliver(self, email_id: int, at: datetime) -> OutgoingEmail | None:
        """
        Send one if it waits, is due, and nobody else sends it; return it as it is then, None where it was not tried.

        It is called outside of a transaction: the claim must be seen by others before the server is.
        """
        claimed = self.model.objects.due(at).order_by().filter(pk=email_id)
        if not claimed.update(state=CLAIMED, attempts=F("attempts") + 1, tried_at=at):
            return None
        email = self.model.objects.select_related(*self.related).get(pk=email_id)
        try:
            self.message_of(email).send()
        except Exception as error:
            if not isinstance(error, OSError | ValidationError):
                log.exception("%s %s failed.", self.model._meta.label, email_id)
            _note_failure(email, error, at)
        else:
            email.state, email.sent_at, email.problem = State.SENT, at, ""
        email.save(update_fields=email.outcome_fields)
        return email

    def waiting(self) -> models.QuerySet:
        """Return those that wait, now or for their next try."""
        return self.model.objects.filter(state=State.WAITING)

    def fail_lost(self, at: datetime) -> None:
        """Let fail what somebody began to send so long ago that they must be gone."""
        self.model.objects.filter(state=State.SENDING, tried_at__lt=at - LOST_AFTER).fail(BROKEN_OFF)

    def _try_again_later(self, email: OutgoingEmail | None) -> None:
        """Let a worker try an e-mail that failed for a reason that may pass, when it may be tried again."""
        if email and email.state == State.WAITING:
            self.later.using(run_after=email.try_at).enqueue(email.pk)


def may_pass(error: Exception) -> bool:
    """Return whether what went wrong may pass by itself: the server is away, or says that it is busy."""
    if isinstance(error, UnansweredError):
        return False
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(400 <= code < 500 for code, _said in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return 400 <= error.smtp_code < 500
    return isinstance(error, OSError)


def in_words(error: Exception) -> str:
    """Return what went wrong for a person."""
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


def _note_failure(email: OutgoingEmail, error: Exception, at: datetime) -> None:
    is_over = email.attempts > len(DELAYS) or not may_pass(error)
    email.problem = in_words(error)[:LONGEST_PROBLEM]
    email.state = State.FAILED if is_over else State.WAITING
    if not is_over:
        email.try_at = at + DELAYS[email.attempts - 1]


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
