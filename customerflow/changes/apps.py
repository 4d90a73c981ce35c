"""The record of every change, wired to the database."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ChangesConfig(AppConfig):
    """Who changed what, and undo."""

    name = "customerflow.changes"
    verbose_name = "Changes"

    def ready(self) -> None:
        from customerflow.changes.triggers import install, remove

        pre_migrate.connect(remove, dispatch_uid="changes")
        post_migrate.connect(install, dispatch_uid="changes")
