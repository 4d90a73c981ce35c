"""
Sending what waits in the outbox, signed as Standard Webhooks says: https://www.standardwebhooks.com.

Each delivery is claimed first, so that two senders do not send it both. What is broken off in between is sent again:
the receiver knows it by its `webhook-id`. An answer of 2xx is a receipt, as is the exit code 0 of a program; anything
else is tried again, later and later.
"""

import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from standardwebhooks import Webhook

from customerflow.keys import among
from customerflow.webhooks.addresses import PORTS, check_address, resolve
from customerflow.webhooks.models import Attempt, Delivery
from customerflow.webhooks.program import run_program

# After each attempt that failed, so long until the next.
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 300, 600, 840))
# An endpoint is given up after WEBHOOK_TIMEOUT seconds, a few of which make up one attempt.
LOST_AFTER = timedelta(minutes=5)
# Seconds: well before what a turn has claimed counts as lost.
LONGEST_TURN = 60
BATCH = 100
# So long what was sent, or given up, is kept.
KEPT_FOR = timedelta(days=90)
BUSY, BROKEN = 429, 500
# Of an answer so much is kept where it is a refusal.
LONGEST_ANSWER = 200
LONGEST_PROBLEM = Attempt._meta.get_field("problem").max_length


class _PinnedConnection(http.client.HTTPConnection):
    """A connection to a host by the address that was looked at; redirects are not followed."""

    def __init__(self, host: str, port: int, *, address: str, is_secure: bool) -> None:
        super().__init__(host, port, timeout=settings.WEBHOOK_TIMEOUT)
        self.address, self.is_secure = address, is_secure

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)
        if self.is_secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


@dataclass(frozen=True)
class Outcome:
    """
    What came of sending what was due: how many deliveries were received, and how many were not.

    `is_cut`: there was more than can be sent at once; the rest is for the next turn.
    """

    received: int = 0
    failed: int = 0
    is_cut: bool = False


def deliver_due(at: datetime) -> Outcome:
    """
    Send what may be sent at the moment `at`, now, until nothing is left or `LONGEST_TURN` is over.

    An endpoint that does not answer, or says that it is busy, is left alone for this time. It is called outside of a
    transaction: the claim must be seen by others before the endpoint is.
    """
    take_over_lost(at)
    begun, received, tried, away = time.monotonic(), 0, set(), set()
    # What was received lets the next one about the same thing go: so it is asked again.
    while found := Delivery.objects.due(at).exclude(endpoint__in=away).exclude(pk__in=tried)[:BATCH]:
        for delivery in found:
            if delivery.endpoint_id in away:
                continue
            if time.monotonic() - begun > LONGEST_TURN:
                return Outcome(received, len(tried), is_cut=True)
            status, problem = deliver(delivery.pk, at)
            if problem:
                tried.add(delivery.pk)
                away |= {delivery.endpoint_id} if status is None or status == BUSY or status >= BROKEN else set()
            received += not problem
    return Outcome(received, len(tried))


def take_over_lost(at: datetime) -> int:
    """Let be sent again what somebody began to send so long ago that they must be gone."""
    lost = Delivery.objects.filter(state=Delivery.State.SENDING, tried_at__lt=at - LOST_AFTER)
    return lost.update(state=Delivery.State.WAITING, try_at=at)


def prune_deliveries(at: datetime) -> int:
    """Forget what was sent, or given up, so long before the moment `at` that nobody asks; return how many."""
    old = Delivery.objects.filter(made_at__lt=at - KEPT_FOR).exclude(state__in=Delivery.UNFINISHED).order_by("made_at")
    forgotten = 0
    while keys := list(old.values_list("pk", flat=True)[:1_000]):
        Attempt.objects.filter(delivery__in=among(keys)).delete()
        forgotten += Delivery.objects.filter(pk__in=among(keys)).delete()[0]
    return forgotten


def deliver(pk: int, at: datetime) -> tuple[int | None, str]:
    """
    Make an attempt at one delivery, if it waits and nobody else does.

    Returns the status that was answered, and what went wrong in words: nothing where it was received.
    """
    claimed = Delivery.objects.due(at).order_by().filter(pk=pk)
    changed = {"state": Delivery.State.SENDING, "attempts": F("attempts") + 1, "tried_at": at}
    if not Delivery.objects.filter(pk__in=claimed.values("pk"), state=Delivery.State.WAITING).update(**changed):
        return None, _("Somebody else sends it.")
    delivery = Delivery.objects.select_related("endpoint").get(pk=pk)
    begun = time.monotonic()
    status, problem = _call(delivery)
    milliseconds = int((time.monotonic() - begun) * 1000)
    with transaction.atomic():
        attempt = {"at": at, "status": status, "problem": problem[:LONGEST_PROBLEM], "milliseconds": milliseconds}
        Attempt.objects.create(delivery=delivery, **attempt)
        _keep(delivery, at, is_received=not problem)
    return status, problem


def _keep(delivery: Delivery, at: datetime, *, is_received: bool) -> None:
    """Keep what became of an attempt that began at the moment `at`."""
    if is_received:
        delivery.state, delivery.delivered_at = Delivery.State.DELIVERED, at
    elif delivery.attempts > len(DELAYS):
        delivery.state = Delivery.State.FAILED
    else:
        delivery.state, delivery.try_at = Delivery.State.WAITING, at + DELAYS[delivery.attempts - 1]
    # Only of whoever has the claim: it may have been taken over, or the body erased, meanwhile.
    mine = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.SENDING, attempts=delivery.attempts)
    mine.update(state=delivery.state, try_at=delivery.try_at, delivered_at=delivery.delivered_at)


def headers_of(delivery: Delivery, at: datetime) -> dict[str, str]:
    """Return the headers of an attempt at the moment `at`, with the signature."""
    moment = at.astimezone(UTC)
    return {
        "content-type": "application/json",
        "user-agent": "CustomerFlow",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(delivery.endpoint.secret).sign(delivery.message_id, moment, delivery.body),
    }


def _call(delivery: Delivery) -> tuple[int | None, str]:
    """Send a delivery; return the status that was answered, and what went wrong in words, nothing for a receipt."""
    connection = None
    try:
        if delivery.endpoint.is_program:
            return run_program(delivery, LONGEST_ANSWER)
        parts = check_address(delivery.endpoint.url)
        port = parts.port or PORTS[parts.scheme]
        address = resolve(parts.hostname, port)
        connection = _PinnedConnection(parts.hostname, port, address=address, is_secure=parts.scheme == "https")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, delivery.body.encode(), headers_of(delivery, timezone.now()))
        answer = connection.getresponse()
        said = "" if 200 <= answer.status < 300 else answer.read(LONGEST_ANSWER).decode(errors="replace")
    except Exception as error:
        # Whatever goes wrong with one endpoint must not keep the others waiting.
        return None, in_words(error)
    finally:
        if connection:
            connection.close()
    if 200 <= answer.status < 300:
        return answer.status, ""
    return answer.status, " ".join(f"{answer.status} {answer.reason} {said}".split())


def in_words(error: Exception) -> str:
    """Return what went wrong for a person; never nothing."""
    if isinstance(error, TimeoutError):
        return _("There was no answer in time.")
    return " ".join(getattr(error, "messages", None) or [str(error) or type(error).__name__])
