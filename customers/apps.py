"""The customers app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from customerflow import search


class CustomersConfig(AppConfig):
    """Wiring of the customers app."""

    name = "customers"

    def ready(self) -> None:
        post_migrate.connect(search.install, sender=self)
