"""The incidents app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from customerflow import search


class IncidentsConfig(AppConfig):
    """Outages: whom they hit, what is said to all at once, and what is given back for the minutes lost."""

    name = "incidents"

    def ready(self) -> None:
        from customerflow.changes.undoing import AFTER_UNDO
        from incidents.freezing import follow_undo

        AFTER_UNDO.append(follow_undo)
        post_migrate.connect(search.install, sender=self)
