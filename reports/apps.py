"""The reports app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ReportsConfig(AppConfig):
    """Figures of the business, each of which opens the rows that it counts."""

    name = "reports"

    def ready(self) -> None:
        # A kind of leak is registered in the `leak_kinds.py` of an app.
        autodiscover_modules("leak_kinds")
