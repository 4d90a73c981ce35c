"""The suspensions app."""

from django.apps import AppConfig


class SuspensionsConfig(AppConfig):
    """Services that are off because their invoices are not paid."""

    name = "suspensions"
