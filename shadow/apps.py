"""The shadow app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from customerflow import search


class ShadowConfig(AppConfig):
    """Shadow billing: what another system billed, billed here too without issuing anything, and compared."""

    name = "shadow"

    def ready(self) -> None:
        from shadow import tasks  # noqa: F401

        post_migrate.connect(search.install, sender=self)
