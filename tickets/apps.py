"""The tickets app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from customerflow import search


class TicketsConfig(AppConfig):
    """Wiring of the tickets app."""

    name = "tickets"

    def ready(self) -> None:
        post_migrate.connect(search.install, sender=self)
