"""The visits app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VisitsConfig(AppConfig):
    """Visits of technicians: who goes where on which day, what is done there, and what came of it."""

    name = "visits"

    def ready(self) -> None:
        from tickets.canned import VALUES
        from tickets.models.canned_reply import VARIABLES
        from visits.telling import next_visit

        VARIABLES["visit"] = _("day and window of the next visit")
        VALUES["visit"] = next_visit
