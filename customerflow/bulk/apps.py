"""The bulk app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class BulkConfig(AppConfig):
    """Wiring of the bulk app: the acts are in the `bulk_acts.py` of each app."""

    name = "customerflow.bulk"
    verbose_name = _("Bulk edits")

    def ready(self) -> None:
        autodiscover_modules("bulk_acts")
