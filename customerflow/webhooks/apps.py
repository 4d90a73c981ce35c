"""The webhooks app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    """Telling other systems, over HTTPS and signed, what was done here."""

    name = "customerflow.webhooks"
    verbose_name = _("Webhooks")
