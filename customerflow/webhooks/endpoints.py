"""Setting up who is told, trying it, and telling again what did not arrive."""

import base64
import secrets
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customerflow.webhooks.models import Delivery, Endpoint
from customerflow.webhooks.outbox import TEST, Event, delivery_of, write
from customerflow.webhooks.tasks import deliver_later


def new_secret() -> str:
    """Return a new secret as Standard Webhooks writes them."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


@recorded(gettext_lazy("New secret of a webhook"))
def change_secret(*, endpoint: Endpoint) -> Endpoint:
    """Give `endpoint` a new secret, by which all is signed from now on, also what waits already."""
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    endpoint.secret = new_secret()
    endpoint.version += 1
    endpoint.save()
    return endpoint


def send_test(*, endpoint: Endpoint, at: datetime) -> Delivery:
    """Let `endpoint` be sent a message that says nothing, at the moment `at`, and return the delivery."""
    if not endpoint.is_active:
        raise ValidationError(_("It is switched off: nothing is sent to it."))
    delivery = delivery_of(endpoint, Event(TEST, TEST, {"endpoint": endpoint.name}), at)
    write([delivery])
    return Delivery.objects.get(message_id=delivery.message_id)


def redeliver(*, delivery: Delivery, at: datetime) -> Delivery:
    """
    Let `delivery` be sent once more from the moment `at` on, as the same message, and return it.

    Raises `ValidationError` for what still waits, and for what was erased.
    """
    if not delivery.body:
        raise ValidationError(_("What it said was erased."))
    again = {"state": Delivery.State.WAITING, "attempts": 0, "try_at": at, "delivered_at": None}
    if not Delivery.objects.filter(pk=delivery.pk).exclude(state__in=Delivery.UNFINISHED).update(**again):
        raise ValidationError(_("It waits to be sent already."))
    deliver_later.enqueue()
    delivery.refresh_from_db()
    return delivery
