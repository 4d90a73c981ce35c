"""The bank app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from customerflow import search


class BankConfig(AppConfig):
    """What the bank says: statements, their lines matched with customers, direct debits."""

    name = "bank"

    def ready(self) -> None:
        post_migrate.connect(search.install, sender=self)
