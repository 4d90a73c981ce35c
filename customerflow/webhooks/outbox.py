"""
Telling other systems what was done: a row for each, written in the transaction of the act itself.

An app names its events once, when it starts, and posts them in its acts::

    EVENTS["service.suspended"] = _("A service is turned off")
    post([Event("service.suspended", "service-17", {"service": 17, ...})], at=timezone.now())

An act that is rolled back has told nobody; one that is kept will be told of, whatever dies in between.
"""

import json
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customerflow.inserting import insert_all
from customerflow.webhooks.models import Delivery, Endpoint
from customerflow.webhooks.tasks import deliver_later

TEST = "test"
EVENTS: dict[str, str | Promise] = {TEST: _("A test call")}


@dataclass(frozen=True)
class Event:
    """What happened, to what, and what a receiver needs to know of it."""

    kind: str
    subject: str
    data: dict[str, object]


def has_listeners() -> bool:
    """Return whether anybody is told of anything: what an event says need not be put together for nobody."""
    return Endpoint.objects.active().exists()


def post(events: Sequence[Event], *, at: datetime) -> int:
    """
    Let every endpoint that asked for them be told of `events`, which happened at the moment `at`, in their order.

    Returns how many deliveries were written. It is called inside the transaction of what happened.
    """
    endpoints = list(Endpoint.objects.active().order_by("pk"))
    deliveries = [
        delivery_of(endpoint, event, at)
        for event in events
        for endpoint in endpoints
        if endpoint.is_told_of(event.kind)
    ]
    write(deliveries)
    return len(deliveries)


def write(deliveries: Sequence[Delivery]) -> None:
    """Keep `deliveries`, and let a worker send them once the transaction is kept."""
    insert_all(Delivery, deliveries)
    if deliveries:
        deliver_later.enqueue()


def delivery_of(endpoint: Endpoint, event: Event, at: datetime) -> Delivery:
    """Return the message that tells `endpoint` of `event`, not yet saved."""
    said = {"type": event.kind, "timestamp": at.isoformat(), "data": event.data}
    return Delivery(
        endpoint=endpoint,
        event=event.kind,
        subject=event.subject,
        message_id=f"msg_{secrets.token_hex(16)}",
        body=json.dumps(said, cls=DjangoJSONEncoder, separators=(",", ":")),
        try_at=at,
        made_at=at,
    )


def unknown(events: Iterable[str]) -> list[str]:
    """Return those of `events` that nobody posts."""
    return sorted(set(events) - set(EVENTS))


def forget(subjects: Collection[str]) -> int:
    """Erase what deliveries about `subjects` said; what still waits is not sent. Returns how many were erased."""
    about = Delivery.objects.filter(subject__in=subjects)
    about.unfinished().update(state=Delivery.State.FAILED)
    return about.exclude(body="").update(body="")
