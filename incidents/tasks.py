"""Work on incidents that is done in the background."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.jobs.models import Job
from customerflow.jobs.work import Work, register
from incidents import answering, freezing, posting, proposing
from incidents.models import Incident


class IncidentWork(Work):
    """Work on one incident, a batch at a time; its job's page leads to the incident."""

    template = "incidents/job.html"

    def context(self, job: Job, request: HttpRequest) -> dict[str, object]:
        return {"incident": Incident.objects.filter(pk=job.payload["incident"]).first()}


@register
class FreezeIncident(IncidentWork):
    """Which services an incident hit, written down."""

    kind = freezing.KIND
    label = _("Services hit by an incident")

    def step(self, job: Job) -> bool:
        return freezing.freeze_next(job)


@register
class AnswerIncident(IncidentWork):
    """A text said on all tickets of an incident; who was left out, and why, stands on the answer's page."""

    kind = answering.KIND
    label = _("Answer to all tickets of an incident")

    def step(self, job: Job) -> bool:
        return answering.answer_next(job, timezone.now())


@register
class ProposeCredits(IncidentWork):
    """What an incident gives back, worked out."""

    kind = proposing.KIND
    label = _("Credits proposed for an incident")

    def step(self, job: Job) -> bool:
        return proposing.propose_next(job)


@register
class PostCredits(IncidentWork):
    """What is proposed, given back with credit notes."""

    kind = posting.KIND
    label = _("Credits posted for an incident")

    def step(self, job: Job) -> bool:
        return posting.post_next(job, timezone.localdate())
