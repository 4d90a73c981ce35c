"""Incidents for tests, made by the acts that staff use."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from uuid import uuid4

from customerflow.staff.tests.factories import make_user
from customers.models import Service
from customers.tests.factories import make_area, make_location, make_plan, make_service
from incidents.joining import join_tickets
from incidents.models import Answer, AnsweredTicket, Credit, HitService, Incident, JoinedTicket, ServiceByHand
from incidents.outages import number_incident
from tickets.models import Message
from tickets.tests.factories import make_ticket

BEGAN_AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ENDED_AT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

_serial = count(1)


def make_incident(*, areas=(), plans=(), **fields) -> Incident:
    incident = Incident(**{"title": f"Mast {next(_serial)} is dark", "began_at": BEGAN_AT, **fields})
    number_incident(incident)
    incident.full_clean(exclude={"number"})
    incident.save()
    incident.areas.set(areas)
    incident.plans.set(plans)
    return incident


def make_narrow_incident() -> Incident:
    """Return an incident of one plan in one area."""
    return make_incident(areas=[make_area()], plans=[make_plan()])


def service_in(area, **fields) -> Service:
    """Return a service at a new location of an area."""
    location = make_location(area=area, **({"customer": fields.pop("customer")} if "customer" in fields else {}))
    return make_service(location=location, **fields)


def make_service_by_hand(**fields) -> ServiceByHand:
    fields["incident"] = fields.get("incident") or make_incident()
    fields["service"] = fields.get("service") or make_service()
    return ServiceByHand.objects.create(**{"is_spared": False, **fields})


def make_hit_service(**fields) -> HitService:
    fields["incident"] = fields.get("incident") or make_incident(areas=[make_area()])
    fields["service"] = fields.get("service") or make_service()
    return HitService.objects.create(**fields)


def make_joined_ticket(**fields) -> JoinedTicket:
    incident, ticket = fields.get("incident") or make_incident(), fields.get("ticket") or make_ticket()
    join_tickets(incident=incident, tickets=[ticket], at=NOW, by=None)
    return JoinedTicket.objects.get(ticket=ticket)


def make_answer(**fields) -> Answer:
    joined = make_joined_ticket(incident=fields.get("incident"), ticket=fields.pop("ticket", None))
    given = {"kind": Message.Kind.PUBLIC, "body": "It works again.", "is_sent": False, "is_resolving": False}
    given |= {"incident": joined.incident, "up_to": joined.pk, "key": uuid4(), "at": NOW}
    return Answer.objects.create(**given | {"by": fields.get("by") or make_user(), **fields})


def make_answered_ticket(**fields) -> AnsweredTicket:
    answer = make_answer(**fields)
    ticket = answer.incident.joined.latest("pk").ticket
    return AnsweredTicket.objects.create(answer=answer, ticket=ticket, reason="It is finished.")


def make_credit(**fields) -> Credit:
    fields["incident"] = fields.get("incident") or make_incident()
    service = fields.pop("service", None) or make_service()
    minute = int(fields["incident"].began_at.timestamp()) // 60
    given = {"minutes": 360, "spans": [[minute, minute + 360]], "computed": Decimal("0.48"), "amount": Decimal("0.48")}
    return Credit.objects.create(service=service, customer=service.location.customer, **given | fields)
