"""Writing down which services an incident hit, once it is over: later moves change nothing."""

from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from customerflow.changes.models import Change
from customerflow.inserting import insert_all
from customerflow.jobs.models import Job
from customerflow.jobs.running import enqueue
from incidents.hits import added_by_hand, hit_by_rule
from incidents.models import HitService, Incident

KIND = "freeze_incident"
AT_ONCE = 500


def freeze_later(incident: Incident, *, by: AbstractUser | None = None) -> Job:
    """Let a worker write down which services `incident` hit; one that began before is left."""
    title = _("Services hit by incident #%(number)s") % {"number": incident.number}
    payload = {"incident": incident.pk, "is_cleared": False, "after": 0}
    job = Job.objects.open(KIND, title=title, by=by, payload=payload)
    enqueue(job)
    return job


def freeze_next(job: Job) -> bool:
    """Do the next batch of a job: remove what was written down before, then write it anew; return if more is left."""
    incident = Incident.objects.select_for_update(no_key=True).filter(pk=job.payload["incident"]).first()
    newer = Job.objects.filter(kind=KIND, payload__incident=job.payload["incident"], pk__gt=job.pk)
    if incident is None or incident.ended_at is None or incident.is_frozen or newer.exists():
        return False
    if not job.payload["is_cleared"]:
        job.payload["is_cleared"] = not _clear_some(incident)
        return True
    keys = _next_keys(hit_by_rule(incident, at=incident.ended_at), job.payload["after"])
    insert_all(HitService, [HitService(incident=incident, service_id=key) for key in keys])
    job.done += len(keys)
    if keys:
        job.payload["after"] = keys[-1]
        return True
    job.done += _add_by_hand(incident)
    incident.frozen_at = timezone.now()
    incident.save(update_fields=["frozen_at"])
    return False


def _clear_some(incident: Incident) -> int:
    """Remove some of what was written down, and return how many there were."""
    keys = list(incident.hits.order_by().values_list("pk", flat=True)[:AT_ONCE])
    return HitService.objects.filter(pk__in=keys).delete()[0]


def _next_keys(services: QuerySet, after: int) -> list[int]:
    return list(services.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def _add_by_hand(incident: Incident) -> int:
    there = incident.hits.values("service")
    added = added_by_hand(incident, at=incident.ended_at).exclude(pk__in=there)
    keys = list(added.order_by("pk").values_list("pk", flat=True))
    insert_all(HitService, [HitService(incident=incident, service_id=key) for key in keys])
    return len(keys)


def follow_undo(change_set_id: int) -> None:
    """Write down anew what was hit by the incidents that an undo, the change set `change_set_id`, has put back."""
    touched = Change.objects.filter(change_set=change_set_id, kind=Incident._meta.label_lower).values("record_id")
    for incident in Incident.objects.over().filter(pk__in=touched):
        Incident.objects.filter(pk=incident.pk).update(frozen_at=None)
        freeze_later(incident)
