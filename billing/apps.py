"""The billing app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from customerflow import search


class BillingConfig(AppConfig):
    """Wiring of the billing app."""

    name = "billing"

    def ready(self) -> None:
        post_migrate.connect(search.install, sender=self)
