"""The billing app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import autodiscover_modules

from customerflow import search


class BillingConfig(AppConfig):
    """Wiring of the billing app: the checks of the books are in the `books_checks.py` of each app."""

    name = "billing"

    def ready(self) -> None:
        from billing.immutable import install, missing_triggers, remove
        from billing.periods import triggers as closed
        from customerflow.changes.triggers import FINDERS

        autodiscover_modules("books_checks")
        FINDERS.extend([missing_triggers, closed.missing_triggers])
        post_migrate.connect(search.install, sender=self)
        pre_migrate.connect(remove, sender=self)
        post_migrate.connect(install, sender=self, dispatch_uid="immutable")
        pre_migrate.connect(closed.remove, sender=self)
        post_migrate.connect(closed.install, sender=self, dispatch_uid="closed_periods")
