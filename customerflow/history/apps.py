"""The record of every change, shown."""

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """What was changed, in words, and the way back."""

    name = "customerflow.history"
    verbose_name = "History"
