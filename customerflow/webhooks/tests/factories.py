"""Webhooks for tests."""

from datetime import UTC, datetime
from itertools import count

from customerflow.webhooks.endpoints import new_secret
from customerflow.webhooks.models import Attempt, Delivery, Endpoint
from customerflow.webhooks.outbox import EVENTS, Event, post

AT = datetime(2026, 4, 16, 6, tzinfo=UTC)
_serial = count(1)


def make_endpoint(**fields) -> Endpoint:
    values = {"name": f"Network {next(_serial)}", "url": "https://network.example.com/hook", "secret": new_secret()}
    return Endpoint.objects.create(**values | fields)


def make_delivery(*, endpoint: Endpoint | None = None, kind: str = "", subject: str = "service-1", **data) -> Delivery:
    endpoint = endpoint or make_endpoint()
    post([Event(kind or next(iter(EVENTS)), subject, data)], at=AT)
    return endpoint.deliveries.latest("pk")


def make_attempt() -> Attempt:
    return Attempt.objects.create(delivery=make_delivery(), at=AT, status=500, problem="500 Internal Server Error")
