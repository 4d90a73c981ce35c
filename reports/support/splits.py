"""By what the tickets of a report are told apart: what a ticket is now, and who did what is counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Area, Plan
from tickets.models import Priority, Ticket, TicketType


class Split(models.TextChoices):
    """By what a report is split."""

    TYPE = "type", _("Type")
    AGENT = "agent", _("Agent")
    GROUP = "group", _("Group")
    PLAN = "plan", _("Plan")
    AREA = "area", _("Area")
    PRIORITY = "priority", _("Priority")
    SOURCE = "source", _("Source")


TICKET = " JOIN tickets_ticket AS t ON t.id = f.ticket_id"
SERVICE = f"{TICKET} LEFT JOIN customers_service AS v ON v.id = t.service_id"
# A ticket is in the area of its service or, where it is about none, of its location.
LOCATION = f"{SERVICE} LEFT JOIN customers_location AS l ON l.id = COALESCE(v.location_id, t.location_id)"


@dataclass(frozen=True)
class Way:
    """
    How a split is made: the SQL that leads from a row `f` about a ticket to its key, and the way of the ORM to it.

    There is no `key` where it depends on what is counted. `records` have the names of the keys; nothing has none.
    """

    joins: str
    key: str
    lookups: tuple[tuple[str, str], ...]
    records: type[models.Model] | type[models.TextChoices]
    nothing: str | Promise = ""


WAYS = {
    Split.TYPE: Way(TICKET, "t.type_id", (("", "ticket__type"),), TicketType),
    Split.AGENT: Way("", "", (), get_user_model(), _("Nobody in particular")),
    Split.GROUP: Way(TICKET, "t.group_id", (("", "ticket__group"),), Group, _("No group")),
    Split.PLAN: Way(SERVICE, "v.plan_id", (("", "ticket__service__plan"),), Plan, _("No plan")),
    Split.AREA: Way(
        LOCATION,
        "l.area_id",
        (("with", "ticket__service__location__area"), ("without", "ticket__location__area")),
        Area,
        _("No area"),
    ),
    Split.PRIORITY: Way(TICKET, "t.priority", (("", "ticket__priority"),), Priority),
    Split.SOURCE: Way(TICKET, "t.source", (("", "ticket__source"),), Ticket.Source),
}
OF_SERVICE = {
    "": Q(),
    "with": Q(ticket__service__isnull=False),
    "without": Q(ticket__service__isnull=True),
}


@dataclass(frozen=True)
class Part:
    """The tickets with one key of a split: None for those that have nothing of it."""

    split: Split
    key: int | str | None

    def sql(self, agent: str) -> tuple[str, list]:
        """Return the condition on what is counted, by the column of who did it."""
        column = WAYS[self.split].key or agent
        return (f"{column} IS NULL", []) if self.key is None else (f"{column} = %s", [self.key])

    def condition(self, agent: str) -> Q:
        """Return the same as a condition on the rows that are counted."""
        lookups = WAYS[self.split].lookups or (("", agent),)
        return reduce(or_, (OF_SERVICE[service] & self._is(name) for service, name in lookups))

    def _is(self, name: str) -> Q:
        return Q(**{f"{name}__isnull": True}) if self.key is None else Q(**{name: self.key})


def part_of(split: str, text: str) -> Part | None:
    """Return the part that an address names; no text for nothing. None where there is no such part."""
    if split not in Split.values:
        return None
    records = WAYS[Split(split)].records
    if issubclass(records, models.TextChoices):
        return Part(Split(split), text) if text in records.values else None
    if not text:
        return Part(Split(split), None)
    return Part(Split(split), int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else None


def names_of(split: Split, keys: Iterable[int | str | None]) -> dict[int | str | None, str]:
    """Return the names of the keys of a split; one query at most."""
    way, wanted = WAYS[split], set(keys)
    if issubclass(way.records, models.TextChoices):
        return {key: str(way.records(key).label) for key in wanted}
    found = way.records._default_manager.in_bulk(wanted - {None})
    return {key: str(way.nothing) if key is None else str(found.get(key, key)) for key in wanted}
