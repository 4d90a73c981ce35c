"""The addresses of this app."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from customerflow.crud import crud
from customerflow.jobs.models import Job
from customerflow.jobs.running import resume, retry_refused, stop
from customerflow.jobs.tables import JobFilter, JobTable
from customerflow.jobs.views import JobAct, JobDetail, JobList

app_name = "jobs"
urlpatterns = [
    *crud(
        Job,
        table=JobTable,
        filterset=JobFilter,
        form=None,
        list_view=JobList,
        detail_view=JobDetail,
        create_view=None,
        update_view=None,
        delete_view=None,
        lookup_view=None,
    ),
    path("jobs/<int:pk>/stop/", JobAct.as_view(act=stop, said=_("Stopped: {}.")), name="job_stop"),
    path("jobs/<int:pk>/continue/", JobAct.as_view(act=resume, said=_("It goes on: {}.")), name="job_continue"),
    path("jobs/<int:pk>/retry/", JobAct.as_view(act=retry_refused, said=_("Tried again: {}.")), name="job_retry"),
]
