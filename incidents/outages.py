"""Incidents at work: opening, changing, ending and opening them again, and naming services by hand."""

from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customerflow.changes.recording import recorded
from customerflow.series.models import NumberSeries
from customers.models import Service
from incidents.freezing import freeze_later
from incidents.hits import days_of
from incidents.models import Credit, HitService, Incident, ServiceByHand

SERIES = "incident"
# So many services are named by hand: more are an area, or a plan.
MOST_BY_HAND = 500


def number_incident(incident: Incident) -> None:
    """Give a new incident the next number of the series; the caller saves."""
    taken = NumberSeries.objects.take_beyond(SERIES, lambda number: _of_number(number).exists())
    incident.number = str(taken)


def _of_number(number: int):
    return Incident.objects.filter(number=str(number))


@recorded(_("Incident ended"))
def end_incident(*, incident: Incident, ended_at: datetime, at: datetime, by: AbstractUser | None) -> Incident:
    """
    End `incident` at the moment `ended_at`, exclusive, and return it as it is then; `at` is now.

    A job writes down which services it hit. Raises `ValidationError`, keyed by field, where it has ended already, and
    for a moment that is still to come, not after its beginning, or no whole minute.
    """
    incident = lock(incident)
    if incident.ended_at:
        raise ValidationError({"ended_at": _("It has ended already. Open it again first.")})
    if ended_at > at:
        raise ValidationError({"ended_at": _("This moment is still to come.")})
    if ended_at <= incident.began_at:
        raise ValidationError({"ended_at": _("Choose a moment after its beginning.")})
    incident.ended_at, incident.frozen_at = ended_at, None
    incident.clean()
    save_change(incident, "ended_at", "frozen_at")
    freeze_later(incident, by=by)
    return incident


@recorded(_("Incident opened again"))
def reopen_incident(*, incident: Incident) -> Incident:
    """
    Let `incident` go on, and return it as it is then.

    Raises `ValidationError` where it goes on, and while something is given back for it, or proposed.
    """
    incident = lock(incident)
    if incident.ended_at is None:
        raise ValidationError(_("It goes on already."))
    refuse_credited(incident)
    incident.ended_at = incident.frozen_at = None
    save_change(incident, "ended_at", "frozen_at")
    return incident


@recorded(_("Service named by hand"))
def name_service(
    *, incident: Incident, service: Service, is_spared: bool, at: datetime, by: AbstractUser | None
) -> ServiceByHand:
    """
    Let `service` be hit by `incident`, or not (`is_spared`), whatever its area and plan say.

    Raises `ValidationError`, keyed by field, for one that was not active on any of its days, for one that something is
    given back or proposed for, and for too many.
    """
    incident = lock(incident)
    first_day, last_day = days_of(incident, at)
    if service.starts_on > last_day or (service.ends_on and service.ends_on < first_day):
        raise ValidationError({"service": _("This service was not active on any day of it.")})
    if incident.credits.filter(service=service).exclude(state=Credit.State.TAKEN_BACK).exists():
        raise ValidationError({"service": _("This service has a credit for it. Take that back first.")})
    if incident.by_hand.exclude(service=service).count() >= MOST_BY_HAND:
        message = _("At most %(most)d services are named by hand. Name an area or a plan.")
        raise ValidationError({"service": ValidationError(message, params={"most": MOST_BY_HAND})})
    named, _is_new = ServiceByHand.objects.update_or_create(
        incident=incident, service=service, defaults={"is_spared": is_spared, "by": by}
    )
    if incident.is_frozen:
        if is_spared:
            incident.hits.filter(service=service).delete()
        else:
            HitService.objects.get_or_create(incident=incident, service=service)
    return named


def save_edited(*, incident: Incident, changed: set[str], by: AbstractUser | None) -> None:
    """
    Do what follows from the fields of `incident` that a form `changed` and saved.

    Raises `ValidationError`, keyed by field, for another beginning, area, plan or least outage while something is given
    back for it, or proposed.
    """
    if not changed & {"areas", "plans", "began_at", "least_minutes"}:
        return
    refuse_credited(incident)
    if incident.ended_at:
        incident.frozen_at = None
        incident.save(update_fields=["frozen_at"])
        freeze_later(incident, by=by)


def refuse_credited(incident: Incident) -> None:
    """Raise `ValidationError` while something is given back for `incident`, or proposed."""
    credits = incident.credits.exclude(state=Credit.State.TAKEN_BACK)
    if credits.exclude(pk__in=incident.credits.voided().values("pk")).exists():
        message = _("Credits were given for it, or are proposed. Void their notes, or discard what is proposed, first.")
        raise ValidationError(message)


def lock(incident: Incident) -> Incident:
    """Return `incident` as it is stored, locked for what changes it."""
    return Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)


def save_change(incident: Incident, *fields: str) -> None:
    """Save `fields` of `incident` as one change."""
    incident.version += 1
    incident.save(update_fields=[*fields, "version", "updated_at"])
