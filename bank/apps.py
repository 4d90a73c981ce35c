"""The bank app."""

from django.apps import AppConfig


class BankConfig(AppConfig):
    """What the bank says: statements, their lines matched with customers, direct debits."""

    name = "bank"
