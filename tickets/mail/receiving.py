"""
What becomes of an e-mail that comes in: it joins its ticket, opens one, waits for a person, or is left aside.

Each is taken once, in one transaction with what it causes, so that whoever fetches may be killed and begin again.
"""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customerflow.storage import documents
from customers.models import Customer
from tickets.attachments import attach_what_may_be_kept
from tickets.desk import change_status, lock, open_ticket, reply
from tickets.mail.belonging import NUMBER_IN_SUBJECT, customers_at, named_ticket, ticket_of
from tickets.mail.parsing import LONGEST_HEADERS, Mail, MailRefusedError, headers_of, key_of, parse
from tickets.mail.texts import clean, new_part
from tickets.models import IncomingMail, Message, Ticket, TicketEmail, TicketType
from tickets.notices import is_notice, return_notice

# From one sender so many come onto tickets in an hour; more are a loop.
MOST_AN_HOUR = 20
LONGEST_BODY = Message._meta.get_field("body").max_length
State = IncomingMail.State


@recorded(gettext_lazy("E-mail received"))
def receive(*, raw: bytes, at: datetime) -> tuple[IncomingMail, bool]:
    """
    Take the e-mail `raw` at the moment `at`; return what became of it, and whether it is new.

    Two who take the same one at once take it once: the second waits for the first.
    """
    key = key_of(raw)
    if known := IncomingMail.objects.filter(key=key).first():
        return known, False
    try:
        mail = parse(raw, limit=settings.MAIL_LIMIT)
    except MailRefusedError as error:
        return _record(Mail(key=key, size=len(raw)), State.REFUSED, at, reason=str(error)), True
    if reason := _tell_returned(mail, at):
        # What it quotes is the customer's, who is erased without it.
        told = replace(mail, text="", files=())
        return _record(told, State.ASIDE, at, reason=reason), True
    if reason := _why_aside(mail, at):
        return _record(mail, State.ASIDE, at, reason=reason, raw=raw), True
    if ticket := ticket_of(mail):
        return _join(mail, ticket, at), True
    customers = customers_at(mail.sender)
    if len(customers) != 1 or NUMBER_IN_SUBJECT.search(mail.subject) or not mail_type():
        return _record(mail, State.WAITING, at, reason=_why_waiting(mail, customers), raw=raw), True
    return _open(mail, customers[0], at), True


@recorded(gettext_lazy("E-mail refused unread"))
def refuse_unread(*, headers: bytes, size: int, at: datetime) -> tuple[IncomingMail, bool]:
    """Record an e-mail of `size` bytes that is too large to be fetched, by its headers; return it, and whether new."""
    key = key_of(headers)
    if known := IncomingMail.objects.filter(key=key).first():
        return known, False
    reason = _("it has more than %s bytes.") % f"{settings.MAIL_LIMIT:,}"
    try:
        mail = parse(headers_of(headers), limit=LONGEST_HEADERS)
    except MailRefusedError:
        mail = Mail(key=key, size=size)
    told = Mail(
        key=key, size=size, mail_id=mail.mail_id, sender=mail.sender, sender_name=mail.sender_name, subject=mail.subject
    )
    return _record(told, State.REFUSED, at, reason=reason), True


@recorded(gettext_lazy("E-mail sorted"))
def sort_mail(
    *,
    mail: IncomingMail,
    at: datetime,
    by: AbstractUser | None,
    customer: Customer | None = None,
    ticket: Ticket | None = None,
) -> IncomingMail:
    """
    Let a mail that waits, or was left aside, join `ticket`, or open one of `customer`; return it as it is then.

    Raises `ValidationError`, keyed by field, where a colleague was quicker, and where nobody is named.
    """
    mail = _lock_sortable(mail)
    if not (customer or ticket):
        raise ValidationError({"customer": _("Choose a customer, or a ticket.")})
    try:
        with mail.file.open() as file:
            read = parse(file.read(), limit=settings.MAIL_LIMIT)
    except OSError as error:
        raise ValidationError(_("The file of this e-mail is missing: restore it from a backup.")) from error
    if ticket:
        mail.message, mail.state = _reply(read, ticket, at), State.JOINED
    else:
        mail.message, mail.state = _first_message(read, customer, at), State.OPENED
    return _sorted(mail, at, by)


@recorded(gettext_lazy("E-mail dismissed"))
def dismiss_mail(*, mail: IncomingMail, at: datetime, by: AbstractUser | None) -> IncomingMail:
    """Let a mail that waits, or was left aside, be nobody's; return it as it is then. Its text stays on record."""
    mail = _lock_sortable(mail)
    mail.state = State.DISMISSED
    return _sorted(mail, at, by)


def mail_type() -> TicketType | None:
    """Return the type of tickets that are opened by e-mail: the one that the settings name, or the first."""
    types = TicketType.objects.filter(is_retired=False)
    if settings.MAIL_TICKET_TYPE:
        return types.filter(code=settings.MAIL_TICKET_TYPE).first()
    return types.first()


def forget_mails(customer: Customer) -> None:
    """Erase the e-mails that came onto the customer's tickets, or from an address of theirs. Before theirs are."""
    addresses = [customer.email, *customer.contacts.values_list("email", flat=True)]
    theirs = IncomingMail.objects.filter(message__ticket__customer=customer)
    sent = IncomingMail.objects.filter(
        sender__in=[address.casefold() for address in addresses if address], message=None
    )
    for mails in (theirs, sent):
        _remove_files(list(mails.exclude(file="").values_list("file", flat=True)))
        mails.filter(state__in=IncomingMail.SORTABLE).update(state=State.DISMISSED)
        mails.update(**dict.fromkeys(IncomingMail.personal_fields, ""), mail_id="", search_text="")


def _tell_returned(mail: Mail, at: datetime) -> str:
    """
    Let an answer of ours have failed that a report says did not arrive, and return what is said of the report.

    Nobody but those who had it on its way knows its Message-ID. A ticket that waits for the customer is open again:
    they have not read what they are asked.
    """
    problem = _("It came back: %s") % mail.problem
    if is_notice(mail.returned):
        return _("A notice to staff did not arrive.") if return_notice(mail.returned, problem) else ""
    returned = TicketEmail.objects.filter(mail_id=mail.returned, state=TicketEmail.State.SENT)
    email = returned.select_related("message__ticket").first() if mail.returned else None
    if email is None:
        return ""
    if not returned.update(state=TicketEmail.State.FAILED, sent_at=None, problem=problem):
        return ""
    ticket = lock(email.message.ticket)
    if ticket.status == Ticket.Status.WAITING:
        change_status(ticket=ticket, status=Ticket.Status.OPEN, at=at)
    return _("An answer of ours on ticket #%s did not arrive.") % ticket.number


def _why_aside(mail: Mail, at: datetime) -> str:
    """Return why a mail is left aside: a program sent it, or it goes round and round."""
    if mail.automatic:
        return mail.automatic
    if any(map(is_notice, mail.references)):
        return _("It answers a notice to staff, which is about no customer's message.")
    ours = {settings.SUPPORT_EMAIL.casefold(), settings.DEFAULT_FROM_EMAIL.casefold()}
    if (
        mail.sender in ours
        or is_notice(mail.mail_id)
        or (mail.mail_id and TicketEmail.objects.filter(mail_id=mail.mail_id).exists())
    ):
        return _("It is from ourselves.")
    hour = IncomingMail.objects.taken_from(mail.sender, at - timedelta(hours=1))
    if hour.count() >= MOST_AN_HOUR:
        return _("There were more than %d from this sender within an hour.") % MOST_AN_HOUR
    return ""


def _why_waiting(mail: Mail, customers: list[Customer]) -> str:
    if named := named_ticket(mail.subject):
        return _("It names ticket #%s, which is not of the sender.") % named.number
    if NUMBER_IN_SUBJECT.search(mail.subject):
        return _("It names a ticket that does not exist.")
    if not customers:
        return _("No customer has this address.")
    if len(customers) > 1:
        return _("Several customers have this address.")
    return _("There is no type for tickets that are opened by e-mail.")


def _join(mail: Mail, ticket: Ticket, at: datetime) -> IncomingMail:
    return _record(mail, State.JOINED, at, message=_reply(mail, ticket, at))


def _open(mail: Mail, customer: Customer, at: datetime) -> IncomingMail:
    return _record(mail, State.OPENED, at, message=_first_message(mail, customer, at))


def _reply(mail: Mail, ticket: Ticket, at: datetime) -> Message:
    message = reply(ticket=ticket, kind=Message.Kind.PUBLIC, body=_body(mail, is_answer=True), by=None, at=at)
    attach_what_may_be_kept(message, mail.files)
    return message


def _first_message(mail: Mail, customer: Customer, at: datetime) -> Message:
    kind = mail_type()
    if kind is None:
        raise ValidationError(_("There is no type for tickets that are opened by e-mail."))
    ticket = open_ticket(
        customer=customer,
        type=kind,
        subject=mail.subject or _("(no subject)"),
        body=_body(mail, is_answer=False),
        at=at,
        by=None,
        source=Ticket.Source.EMAIL,
    )
    message = ticket.messages.get()
    attach_what_may_be_kept(message, mail.files)
    return message


def _body(mail: Mail, *, is_answer: bool) -> str:
    text = new_part(mail.text) if is_answer else mail.text
    return clean(text, LONGEST_BODY, several_lines=True) or _("(no text)")


def _record(
    mail: Mail, state: str, at: datetime, *, reason: str = "", raw: bytes = b"", message: Message | None = None
) -> IncomingMail:
    name = uuid.uuid4().hex
    return IncomingMail.objects.create(
        key=mail.key,
        mail_id=mail.mail_id,
        sender=mail.sender,
        sender_name=mail.sender_name,
        subject=mail.subject,
        text=mail.text,
        size=mail.size,
        state=state,
        reason=reason,
        file=documents().save(f"attachments/{name[:2]}/{name}", ContentFile(raw)) if raw else "",
        message=message,
        received_at=at,
    )


def _lock_sortable(mail: IncomingMail) -> IncomingMail:
    mail = IncomingMail.objects.select_for_update().get(pk=mail.pk)
    if not mail.may_be_sorted:
        raise ValidationError(_("A colleague has sorted it already."))
    return mail


def _sorted(mail: IncomingMail, at: datetime, by: AbstractUser | None) -> IncomingMail:
    _remove_files([mail.file.name] if mail.file else [])
    mail.file, mail.sorted_at, mail.sorted_by = "", at, by
    mail.save()
    return mail


def _remove_files(names: list[str]) -> None:
    transaction.on_commit(lambda: [documents().delete(name) for name in names])
