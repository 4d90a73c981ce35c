"""The reports app."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Figures of the business, each of which opens the rows that it counts."""

    name = "reports"
