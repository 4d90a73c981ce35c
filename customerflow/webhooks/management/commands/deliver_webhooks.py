"""`manage.py deliver_webhooks`: send what waits for other systems, now."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from customerflow.webhooks.sending import deliver_due


class Command(BaseCommand):
    """Send what may be sent now. A worker does the same; run it from a timer where there is none."""

    help = "Send the messages that wait for other systems. It may run beside workers, and as often as one likes."

    def handle(self, *args: Any, **options: Any) -> None:
        while (outcome := deliver_due(timezone.now())).is_cut:
            self.stdout.write(f"Webhooks received: {outcome.received}; there are more.")
        self.stdout.write(f"Webhooks received: {outcome.received}; not received, to be tried again: {outcome.failed}.")
