"""Pauses: days on which a service is off, and whether they are charged."""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customers.models import Pause, Service


@recorded(gettext_lazy("Service paused"))
def pause_service(
    *,
    service: Service,
    on: date,
    reason: str,
    first_day: date | None = None,
    last_day: date | None = None,
    is_charged: bool | None = None,
) -> Pause:
    """
    Turn a service off from `first_day`, today (`on`) unless given, to `last_day`, or until further notice.

    The days are charged as is usual for the reason, unless `is_charged` says otherwise. Raises `ValidationError` keyed
    by field for days that the service does not have, and for those of another pause for the same reason.
    """
    # Locked, so that two pauses of one moment see each other.
    service = Service.objects.select_for_update().get(pk=service.pk)
    first_day = first_day or on
    if first_day < service.starts_on:
        message = _("The service begins on %(day)s.") % {"day": service.starts_on}
        raise ValidationError({"first_day": message})
    if service.ends_on and first_day > service.ends_on:
        raise ValidationError({"first_day": _("The service ends on %(day)s.") % {"day": service.ends_on}})
    is_charged = reason in Pause.CHARGED if is_charged is None else is_charged
    pause = Pause(service=service, reason=reason, first_day=first_day, last_day=last_day, is_charged=is_charged)
    pause.full_clean()
    pause.save()
    return pause


@recorded(gettext_lazy("Pause ended"))
def end_pause(*, pause: Pause, last_day: date) -> Pause:
    """
    Let `last_day` be the last one on which a service is off; a later day than before makes the pause longer.

    Raises `ValidationError` keyed by field for a day before the first, and for days of another pause for the same
    reason.
    """
    pause = _locked(pause)
    if last_day < pause.first_day:
        message = _("The pause begins on %(day)s. Remove it, if it was never meant.") % {"day": pause.first_day}
        raise ValidationError({"last_day": message})
    pause.last_day = last_day
    pause.full_clean()
    pause.save()
    return pause


@recorded(gettext_lazy("Pause removed"))
def remove_pause(*, pause: Pause) -> None:
    """Take a pause back, as if the service had never been off; what was not charged for it will be."""
    _locked(pause).delete()


def _locked(pause: Pause) -> Pause:
    Service.objects.select_for_update().get(pk=pause.service_id)
    return Pause.objects.select_for_update().get(pk=pause.pk)
