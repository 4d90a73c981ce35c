"""The models of this app."""

from incidents.models.answer import Answer, AnsweredTicket
from incidents.models.credit import Credit, CreditQuerySet
from incidents.models.incident import Incident, IncidentQuerySet
from incidents.models.service import HitService, ServiceByHand
from incidents.models.ticket import JoinedTicket

__all__ = [
    "Answer",
    "AnsweredTicket",
    "Credit",
    "CreditQuerySet",
    "HitService",
    "Incident",
    "IncidentQuerySet",
    "JoinedTicket",
    "ServiceByHand",
]
