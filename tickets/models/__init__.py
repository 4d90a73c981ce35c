"""What customers ask for, and what is said about it."""

from tickets.models.assignment_rule import AssignmentRule
from tickets.models.attachment import Attachment
from tickets.models.calendar import Calendar
from tickets.models.canned_reply import CannedReply
from tickets.models.closing_rule import ClosingRule
from tickets.models.email import TicketEmail
from tickets.models.event import TicketEvent
from tickets.models.incoming_mail import IncomingMail
from tickets.models.message import Message
from tickets.models.notice import StaffNotice
from tickets.models.presence import TicketPresence
from tickets.models.priority import Priority
from tickets.models.relation import TicketLink, TicketMerge
from tickets.models.round import TicketRound, TicketStep
from tickets.models.sla_policy import SlaPolicy
from tickets.models.tag import Tag
from tickets.models.ticket import Ticket, TicketQuerySet
from tickets.models.ticket_type import TicketType, TicketTypeQuerySet
from tickets.models.turn import Turn

__all__ = [
    "AssignmentRule",
    "Attachment",
    "Calendar",
    "CannedReply",
    "ClosingRule",
    "IncomingMail",
    "Message",
    "Priority",
    "SlaPolicy",
    "StaffNotice",
    "Tag",
    "Ticket",
    "TicketEmail",
    "TicketEvent",
    "TicketLink",
    "TicketMerge",
    "TicketPresence",
    "TicketQuerySet",
    "TicketRound",
    "TicketStep",
    "TicketType",
    "TicketTypeQuerySet",
    "Turn",
]
