"""The tickets app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from customerflow import search


class TicketsConfig(AppConfig):
    """Wiring of the tickets app."""

    name = "tickets"

    def ready(self) -> None:
        from customerflow.changes.undoing import AFTER_UNDO
        from tickets.sla.measuring import follow_undo

        AFTER_UNDO.append(follow_undo)
        post_migrate.connect(search.install, sender=self)
