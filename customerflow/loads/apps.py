"""The loads app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules

from customerflow import search


class LoadsConfig(AppConfig):
    """Wiring of the loads app: the kinds of record that can be loaded are in the `loads.py` of each app."""

    name = "customerflow.loads"

    def ready(self) -> None:
        autodiscover_modules("loads")
        post_migrate.connect(search.install, sender=self)
