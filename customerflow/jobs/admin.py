"""Jobs and workers in the administration, only read; the rows of the queue are not shown, which name a job each."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult

from customerflow.administration import ReadOnlyAdmin
from customerflow.jobs.models import Job, Lease

admin.site.unregister(DBTaskResult)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Every job, with what it was given and what came of it."""

    list_display = ("__str__", "kind", "state", "by", "created_at", "done", "refused", "total")
    fields = (
        "title",
        "kind",
        "state",
        "problem",
        "by",
        "through",
        "created_at",
        "started_at",
        "finished_at",
        "total",
        "done",
        "refused",
        "change_set",
        "payload",
        "result",
    )
    list_select_related = ("by",)
    list_filter = ("state",)
    search_help_text = _("By title.")


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    """The workers that are alive, or were a short while ago."""

    list_display = fields = ("worker", "since", "until")
    # There are a handful.
    search_fields = ()
    view_on_site = False
