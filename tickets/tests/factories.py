"""Tickets for tests, opened by the act that staff use."""

from datetime import UTC, datetime
from email.message import EmailMessage
from itertools import count

from django.contrib.auth.models import AbstractUser, Group

from customerflow.staff.tests.factories import make_user, make_user_with
from customers.tests.factories import make_area, make_customer, make_plan
from tickets.attachments import SentFile
from tickets.desk import assign, open_ticket, reply
from tickets.mail.receiving import receive
from tickets.merging import merge_tickets
from tickets.models import (
    AssignmentRule,
    Attachment,
    Calendar,
    CannedReply,
    ClosingRule,
    IncomingMail,
    Message,
    SlaPolicy,
    StaffNotice,
    Tag,
    Ticket,
    TicketEmail,
    TicketLink,
    TicketMerge,
    TicketType,
)
from tickets.planning import add_tags, follow, link_tickets

# All that a PNG file has to begin with.
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
OPENED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

_serial = count(1)


def make_ticket_type(**fields) -> TicketType:
    serial = next(_serial)
    return TicketType.objects.create(**{"code": f"t{serial}", "name": f"Type {serial}", **fields})


def make_ticket(**fields) -> Ticket:
    fields["customer"] = fields.get("customer") or make_customer()
    fields["type"] = fields.get("type") or make_ticket_type()
    return open_ticket(**{"subject": "No signal", "at": OPENED_AT, "by": None, **fields})


def make_attachment(*, name: str = "router.png", content: bytes = PNG, **fields) -> Attachment:
    ticket = make_ticket(**{"body": "It blinks red.", "files": [SentFile(name, content)], **fields})
    return Attachment.objects.get(message__ticket=ticket)


def make_ticket_email(*, to: str = "ann@example.com", **fields) -> TicketEmail:
    ticket = fields.pop("ticket", None) or make_ticket(body="It is dark.")
    said = {"kind": Message.Kind.PUBLIC, "body": "On our way.", "by": make_user(), "at": OPENED_AT, **fields}
    return reply(ticket=ticket, to=to, **said).email


def make_colleague(**fields) -> AbstractUser:
    """Return somebody who may see tickets, and has an address to be told of them at."""
    serial = next(_serial)
    given = {"username": f"colleague{serial}", "email": f"c{serial}@example.net", **fields}
    return make_user_with("view_ticket", **given)


def make_staff_notice(*, person: AbstractUser | None = None, **fields) -> StaffNotice:
    """Return the notice that a ticket, just opened, was given to a colleague."""
    person = person or make_colleague()
    assign(tickets=[make_ticket(**fields)], assignee=person, at=OPENED_AT, by=make_user())
    return StaffNotice.objects.filter(person=person).latest("pk")


def make_mail(**fields) -> bytes:
    """Return an e-mail as it comes in."""
    message = EmailMessage()
    given = {
        "From": "Ann <ann@example.com>",
        "To": "support@example.net",
        "Subject": "No light",
        **fields.pop("headers", {}),
    }
    given.setdefault("Message-ID", f"<{next(_serial)}@example.com>")
    for name, value in given.items():
        message[name] = value
    message.set_content(fields.pop("body", "It is dark."))
    for name, content in fields.pop("files", {}).items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def make_incoming_mail(**fields) -> IncomingMail:
    return receive(raw=make_mail(**fields), at=OPENED_AT)[0]


def make_calendar(**fields) -> Calendar:
    office = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "08:00-17:00")
    return Calendar.objects.create(**{"name": f"Office {next(_serial)}", "time_zone": "UTC", **office, **fields})


def make_policy(**fields) -> SlaPolicy:
    calendar = fields.pop("calendar", None) or make_calendar()
    given = {"name": f"Policy {next(_serial)}", "is_on": True, "first_minutes": 120, **fields}
    return SlaPolicy.objects.create(calendar=calendar, **given)


def make_narrow_policy() -> SlaPolicy:
    """Return a policy, not in force, for one type and one plan."""
    policy = make_policy(is_on=False)
    policy.types.add(make_ticket_type())
    policy.plans.add(make_plan())
    return policy


def make_tag(name: str = "fibre cut") -> Tag:
    """Return a tag, on a ticket that somebody follows."""
    ticket = make_ticket()
    add_tags(ticket=ticket, names=[name])
    follow(ticket=ticket, by=make_user(), is_following=True)
    return Tag.objects.get(name=name)


def make_link(**fields) -> TicketLink:
    return link_tickets(**{"ticket": make_ticket(), "other": make_ticket(), "kind": TicketLink.Kind.RELATED, **fields})


def make_merge(*, survivor: Ticket | None = None, **fields) -> TicketMerge:
    survivor = survivor or make_ticket()
    duplicate = make_ticket(customer=survivor.customer, **fields)
    return merge_tickets(survivor=survivor, duplicate=duplicate, at=OPENED_AT, by=None)


def make_canned_reply(**fields) -> CannedReply:
    return CannedReply.objects.create(**{"name": f"Reply {next(_serial)}", "text": "Dear {customer},", **fields})


def make_assignment_rule(*, types=(), plans=(), areas=(), **fields) -> AssignmentRule:
    group = fields.pop("group", None) or make_group()
    rule = AssignmentRule.objects.create(**{"name": f"Rule {next(_serial)}", "group": group, "is_on": True, **fields})
    rule.types.set(types)
    rule.plans.set(plans)
    rule.areas.set(areas)
    return rule


def make_narrow_rule() -> AssignmentRule:
    """Return a rule for one type, one plan and one area, not in force."""
    return make_assignment_rule(types=[make_ticket_type()], plans=[make_plan()], areas=[make_area()], is_on=False)


def make_group(*members: AbstractUser) -> Group:
    group = Group.objects.create(name=f"Group {next(_serial)}")
    group.user_set.set(members)
    return group


def make_closing_rule(**fields) -> ClosingRule:
    return ClosingRule.objects.create(**{"name": f"Rule {next(_serial)}", "days": 7, **fields})


def returned_mail(
    mail_id: str = "<ticket-7.x@example.net>", *, action: bytes = b"failed", original: bytes = b"message/rfc822"
) -> bytes:
    """Return the report of a mail server (RFC 3464) about an e-mail of ours."""
    return (
        b"From: MAILER-DAEMON@mx.example.com\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        b"Message-ID: <report@mx.example.com>\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\r\n\r\n"
        b"--a\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n"
        b"--a\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        b"Final-Recipient: rfc822; ann@example.com\r\nAction: " + action + b"\r\nStatus: 5.1.1\r\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n\r\n"
        b"--a\r\nContent-Type: " + original + b"\r\n\r\nMessage-ID: " + mail_id.encode() + b"\r\n"
        b"To: ann@example.com\r\n\r\n--a--\r\n"
    )
