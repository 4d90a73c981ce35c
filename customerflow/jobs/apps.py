"""The jobs app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from customerflow import search


class JobsConfig(AppConfig):
    """Wiring of the jobs app: the kinds of work are in the `tasks.py` of each app."""

    name = "customerflow.jobs"
    verbose_name = _("Jobs")

    def ready(self) -> None:
        autodiscover_modules("tasks")
        post_migrate.connect(search.install, sender=self)
