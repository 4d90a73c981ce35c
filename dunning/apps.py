"""The dunning app."""

from django.apps import AppConfig


class DunningConfig(AppConfig):
    """Reminders, promises to pay and late fees: what follows an invoice that is not paid."""

    name = "dunning"
