"""`manage.py send_mail`: send the e-mails that wait."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from billing.documents.sending import OUTBOX as DOCUMENTS
from customerflow.changes.commands import RecordingCommand
from tickets.mail.sending import OUTBOX as REPLIES
from tickets.notices import OUTBOX as NOTICES

OUTBOXES = (DOCUMENTS, REPLIES, NOTICES)


class Command(RecordingCommand):
    """Send what waits: the worker does so by itself, this is for what it left, and for who runs none."""

    help = "Send the e-mails that wait. It may be repeated; none is sent twice."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMAIL_IS_ON:
            raise CommandError("Sending e-mail is not set up: set EMAIL_URL and OPERATOR_EMAIL.")
        sent = sum(outbox.deliver_due(timezone.now()) for outbox in OUTBOXES)
        waiting = sum(outbox.waiting().count() for outbox in OUTBOXES)
        self.stdout.write(f"E-mails sent: {sent}; waiting for their next try: {waiting}.")
