"""The loads app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from customerflow import search


class LoadsConfig(AppConfig):
    """Wiring of the loads app."""

    name = "customerflow.loads"

    def ready(self) -> None:
        post_migrate.connect(search.install, sender=self)
