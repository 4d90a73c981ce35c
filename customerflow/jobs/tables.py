"""What the list of jobs shows, and how it is filtered."""

import django_filters
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.filters import ListFilter
from customerflow.jobs.models import SEE_ALL, Job
from customerflow.jobs.work import kinds, label_of
from customerflow.tables import Column, Table, states

JOB_SHAPES = {
    Job.State.DRAFT: "off",
    Job.State.CHECKING: "new",
    Job.State.CHECKED: "warn",
    Job.State.WAITING: "new",
    Job.State.RUNNING: "new",
    Job.State.STOPPED: "warn",
    Job.State.FINISHED: "active",
    Job.State.FAILED: "bad",
}
job_state = states(Job.State, JOB_SHAPES)


class JobTable(Table):
    """The list of jobs."""

    columns = (
        Column("pk", _("Number"), sort="pk"),
        Column("title", _("Job")),
        Column("kind", _("Kind"), value=lambda job: label_of(job.kind)),
        Column("state", _("State"), value=Job.get_state_display, cell=lambda job: job_state(job.state)),
        Column("by", _("By"), value=lambda job: job.by or _("Command line")),
        Column("created_at", _("Made at"), css="num"),
        Column("total", _("Total"), css="num"),
        Column("done", _("Done"), css="num"),
        Column("refused", _("Refused"), css="num"),
    )
    select_related = ("by",)
    order = "-pk"


class JobFilter(ListFilter):
    """Jobs by title, state, kind and person."""

    state = django_filters.ChoiceFilter(label=_("State"), choices=Job.State.choices)
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=kinds)
    by = django_filters.ModelChoiceFilter(
        label=_("By"), queryset=lambda request: people_seen_by(request.user), to_field_name="username"
    )


def people_seen_by(user: AbstractBaseUser) -> models.QuerySet:
    """Return the people whose jobs a person may see."""
    people = get_user_model().objects.order_by("username")
    return people if user.has_perm(SEE_ALL) else people.filter(pk=user.pk)
