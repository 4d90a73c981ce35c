"""
Public replies by e-mail, so that the answer to one comes back to its ticket. An internal note is never sent.

How they are delivered is `customerflow.mail.delivering`.
"""

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.utils import translation
from django.utils.html import linebreaks
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks import task

from customerflow.changes.recording import recorded
from customerflow.mail.delivering import Outbox
from customers.models import Customer
from tickets.models import IncomingMail, Message, Ticket, TicketEmail

# An answer names so many of the messages before it.
MOST_REFERENCES = 10
State = TicketEmail.State


@task()
def deliver_later(email_id: int) -> None:
    """Send an e-mail: what the queue hands to a worker."""
    OUTBOX.work(email_id)


class TicketOutbox(Outbox):
    """Replies on tickets."""

    model = TicketEmail
    related = ("message__ticket__customer", "message__author")

    def message_of(self, email: TicketEmail) -> EmailMultiAlternatives:
        """Return the reply as a message. Raises `ValidationError` for an internal note, and for a file that is lost."""
        message, ticket = email.message, email.message.ticket
        refuse_internal(message)
        with translation.override(ticket.customer.language or settings.LANGUAGE_CODE):
            text = text_of(message)
        before = references_of(email)
        headers = {"Message-ID": email.mail_id}
        if before:
            headers |= {"In-Reply-To": before[-1], "References": " ".join(before)}
        sent = EmailMultiAlternatives(
            subject=subject_of(ticket), body=text, from_email=settings.SUPPORT_EMAIL, to=[email.to], headers=headers
        )
        sent.attach_alternative(f"<!doctype html><body>{linebreaks(text, autoescape=True)}</body>", "text/html")
        for attachment in message.attachments.exclude(file=""):
            try:
                sent.attach(attachment.name, attachment.content(), attachment.content_type)
            except OSError as error:
                reason = gettext_lazy("The file %(name)s is missing: restore it from a backup.")
                raise ValidationError(reason, params={"name": attachment.name}) from error
        return sent


OUTBOX = TicketOutbox(deliver_later)
deliver, deliver_due = OUTBOX.deliver, OUTBOX.deliver_due


def send_reply(*, message: Message, to: str, at: datetime, by: AbstractUser | None) -> TicketEmail:
    """
    Let a public reply be sent to the address `to` from the moment `at` on, and return the e-mail, which waits.

    Raises `ValidationError`, keyed by field, for an internal note, for no address, and where nothing can be sent.
    """
    refuse_internal(message)
    if reason := why_not_sent():
        raise ValidationError({"to": reason})
    try:
        validate_email(to)
    except ValidationError as error:
        raise ValidationError({"to": error.messages}) from error
    email = TicketEmail.objects.create(message=message, to=to, mail_id=_new_id(message), try_at=at, by=by)
    deliver_later.enqueue(email.pk)
    return email


@recorded(gettext_lazy("E-mail sent again"))
def send_again(*, email: TicketEmail, at: datetime, by: AbstractUser | None = None) -> TicketEmail:
    """
    Let an e-mail that failed be sent again from the moment `at` on, and return it as it is then.

    It is the same message, which a mailbox that has it already shows once. Raises `ValidationError` where it did not
    fail, or a colleague was quicker, and where its address was erased.
    """
    failed = TicketEmail.objects.filter(pk=email.pk, state=State.FAILED).exclude(to="")
    if not failed.update(state=State.WAITING, attempts=0, problem="", try_at=at, by=by):
        raise ValidationError(_("This e-mail has not failed, or its address was erased."))
    deliver_later.enqueue(email.pk)
    email.refresh_from_db()
    return email


def refuse_internal(message: Message) -> None:
    """Raise `ValidationError` for a message that is not the customer's to read."""
    if message.kind != Message.Kind.PUBLIC:
        raise ValidationError({"kind": _("An internal note is never sent.")})


def why_not_sent() -> str:
    """Return in words why nothing can be sent; nothing where it can."""
    if settings.EMAIL_IS_ON:
        return ""
    return _("Sending e-mail is not set up: an administrator sets EMAIL_URL and OPERATOR_EMAIL.")


def addresses_of(ticket: Ticket) -> list[str]:
    """Return to whom a reply may go, the likeliest first: who wrote last, the customer, the contacts."""
    contacts = ticket.customer.contacts.exclude(email="").order_by("pk").values_list("email", flat=True)
    senders = IncomingMail.objects.filter(message__ticket=ticket).exclude(sender="").order_by("-pk")
    known = [*senders.values_list("sender", flat=True)[:1], ticket.customer.email, *contacts]
    unique: dict[str, str] = {}
    for address in filter(None, known):
        unique.setdefault(address.casefold(), address)
    return list(unique.values())


def subject_of(ticket: Ticket) -> str:
    """Return the subject of e-mails about `ticket`: its number is in it, so that an answer finds back by it."""
    return " ".join(f"Re: {ticket.subject} [#{ticket.number}]".split())


def text_of(message: Message) -> str:
    """Return a reply as it is sent: with who wrote it, and the number to keep."""
    author = message.author.get_full_name() if message.author else ""
    keep = _("Please keep [#%s] in the subject when you answer.") % message.ticket.number
    signature = "\n".join(filter(None, [author, settings.OPERATOR_NAME, settings.OPERATOR_PHONE]))
    return f"{message.body}\n\n{signature}\n\n{keep}"


def references_of(email: TicketEmail) -> list[str]:
    """Return the Message-IDs of the last e-mails of the ticket before this one, whoever sent them, the newest last."""
    earlier = Message.objects.filter(ticket=email.message.ticket, kind=Message.Kind.PUBLIC, pk__lt=email.message.pk)
    found = earlier.order_by("-pk").values_list("email__mail_id", "mail__mail_id")
    return [ours or theirs for ours, theirs in found[:MOST_REFERENCES] if ours or theirs][::-1]


def forget_addresses(customer: Customer) -> int:
    """Erase from the e-mails of the customer's tickets to whom they went; return how many had any of it."""
    return TicketEmail.objects.filter(message__ticket__customer=customer).forget()


def _new_id(message: Message) -> str:
    """Return a Message-ID that nobody can guess: who answers to it has seen the e-mail."""
    domain = settings.SUPPORT_EMAIL.rpartition("@")[2]
    return f"<ticket-{message.ticket.number}.{uuid.uuid4().hex}@{domain}>"
