"""The dunning app."""

from django.apps import AppConfig


class DunningConfig(AppConfig):
    """Reminders, promises to pay and late fees: what follows an invoice that is not paid."""

    name = "dunning"

    def ready(self) -> None:
        from billing.ageing_list import WORKLISTS
        from dunning.worklist_views import worklist_address

        WORKLISTS.append(worklist_address)
