"""The background work of this app: sending what waits in the outbox."""

from django.utils import timezone
from django_tasks import task

from customerflow.webhooks.sending import DELAYS, deliver_due


@task()
def deliver_later() -> None:
    """Send what waits, and come back for what was not received: what the queue hands to a worker."""
    at = timezone.now()
    outcome = deliver_due(at)
    if outcome.is_cut:
        deliver_later.enqueue()
    elif outcome.failed:
        deliver_later.using(run_after=at + DELAYS[0]).enqueue()
