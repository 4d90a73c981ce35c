"""Which services an incident hits: by what it is about while it goes on, as it was written down once it is over."""

from datetime import date, datetime, timedelta

from django.db import models
from django.utils import timezone

from customerflow.paging import COUNT_LIMIT
from customers.models import Service
from customers.models.service import ServiceQuerySet
from incidents.models import HitService, Incident

MINUTE = timedelta(minutes=1)


def days_of(incident: Incident, at: datetime) -> tuple[date, date]:
    """Return the first and last day, both inclusive, on which it was so far; it is asked at the moment `at`."""
    last = max((incident.ended_at or at) - MINUTE, incident.began_at)
    return timezone.localdate(incident.began_at), timezone.localdate(last)


def services_hit(incident: Incident, *, at: datetime) -> ServiceQuerySet:
    """Return the services that `incident` hit up to the moment `at`."""
    if incident.is_frozen:
        return Service.objects.filter(pk__in=HitService.objects.filter(incident=incident).values("service"))
    added = added_by_hand(incident, at=at)
    ruled = hit_by_rule(incident, at=at)
    if not incident.by_hand.filter(is_spared=False).exists():
        return ruled
    # Not one condition joined by "or": no index serves that.
    both = ruled.order_by().values("pk").union(added.order_by().values("pk"))
    return Service.objects.filter(pk__in=both)


def hit_by_rule(incident: Incident, *, at: datetime) -> ServiceQuerySet:
    """Return the services of its areas and plans that were active at some time of it; none where it names neither."""
    areas = list(incident.areas.values_list("pk", flat=True))
    plans = list(incident.plans.values_list("pk", flat=True))
    if not areas and not plans:
        return Service.objects.none()
    rows = active_between(*days_of(incident, at))
    if areas:
        rows = rows.filter(location__area__in=areas)
    if plans:
        rows = rows.filter(plan__in=plans)
    spared = list(incident.by_hand.filter(is_spared=True).values_list("service", flat=True))
    return rows.exclude(pk__in=spared) if spared else rows


def added_by_hand(incident: Incident, *, at: datetime) -> ServiceQuerySet:
    """Return the services that somebody added to it and that were active at some time of it."""
    added = incident.by_hand.filter(is_spared=False).values("service")
    return active_between(*days_of(incident, at)).filter(pk__in=added)


def active_between(first_day: date, last_day: date) -> ServiceQuerySet:
    """Return the services in force on any of these days, both inclusive."""
    return Service.objects.not_ended(first_day).filter(starts_on__lte=last_day)


def counted(rows: models.QuerySet) -> int:
    """Return how many rows there are, one more than `COUNT_LIMIT` at most."""
    return rows.order_by().values("pk")[: COUNT_LIMIT + 1].count()
