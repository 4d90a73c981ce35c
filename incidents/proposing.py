"""Proposing what services are given back for an incident: worked out, shown, and nothing on the books yet."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.allocations import check_reason
from billing.runs.running import billing_start
from customerflow.changes.recording import recorded
from customerflow.inserting import insert_all
from customerflow.jobs.models import Job
from customerflow.jobs.running import enqueue
from incidents.credit_facts import Facts, amount_of, facts_of
from incidents.lost_minutes import Lost, Span, minute_of
from incidents.models import Credit, Incident
from incidents.outages import lock

KIND = "propose_credits"
AT_ONCE = 500
State = Credit.State


def window_of(incident: Incident) -> Span:
    """Return the minutes of an incident that is over."""
    return minute_of(incident.began_at), minute_of(incident.ended_at)


def operators_zone() -> ZoneInfo:
    """Return the time zone in which the operator's days begin and end."""
    return ZoneInfo(settings.TIME_ZONE)


@recorded(gettext_lazy("Credits proposed"))
def propose_credits(*, incident: Incident, by: AbstractUser | None) -> Job:
    """
    Let a worker work out what `incident` gives back, and return its job; what was proposed before is worked out anew.

    What was left out or changed by hand stays so. Raises `ValidationError` while it goes on, before it is written down
    which services it hit, and where billing has no start.
    """
    incident = lock(incident)
    if not incident.ended_at:
        raise ValidationError(_("It goes on: end it first."))
    if not incident.is_frozen:
        raise ValidationError(_("Which services it hit is still being written down. Wait for that."))
    billing_start()
    Credit.objects.filter(pk__in=incident.credits.voided().order_by().values("pk")).update(state=State.TAKEN_BACK)
    title = _("Credits proposed for incident #%(number)s") % {"number": incident.number}
    payload = {"incident": incident.pk, "after": 0}
    job = Job.objects.open(KIND, title=title, by=by, total=incident.hits.count(), payload=payload)
    enqueue(job)
    return job


def propose_next(job: Job) -> bool:
    """Work out the next services of a job; return whether more is left."""
    incident = Incident.objects.select_for_update(no_key=True).get(pk=job.payload["incident"])
    if not incident.is_frozen:
        raise ValidationError(_("It goes on again: nothing is given back before it is over."))
    hits = incident.hits.filter(service__gt=job.payload["after"]).order_by("service")
    keys = list(hits.values_list("service", flat=True)[:AT_ONCE])
    if not keys:
        return False
    propose_for(incident, keys)
    job.done += len(keys)
    job.payload["after"] = keys[-1]
    return True


def propose_for(incident: Incident, services: list[int]) -> None:
    """Work out what the services with these keys are given back for `incident`, which the caller has locked."""
    known = incident.credits.exclude(state=State.TAKEN_BACK).filter(service__in=services)
    before = {credit.service_id: credit for credit in known}
    made, changed, gone = [], [], []
    for facts, found in lost_of(incident, services):
        credit = before.get(facts.service.key)
        if credit and credit.state == State.POSTED:
            continue
        amount = amount_of(found, incident.least_minutes)
        if not amount:
            gone += [credit.pk] if credit else []
        elif credit:
            changed.append(_as_found(credit, found, amount))
        else:
            made.append(_as_found(_new(incident, facts), found, amount))
    Credit.objects.filter(pk__in=gone).delete()
    Credit.objects.bulk_update(changed, ["minutes", "spans", "parts", "computed", "amount", "state", "problem"])
    insert_all(Credit, made)


def lost_of(incident: Incident, services: list[int]) -> list[tuple[Facts, Lost]]:
    """Return what `incident` took from the services with these keys, with what decides it; a few queries."""
    zone, window = operators_zone(), window_of(incident)
    facts = facts_of(services, incident=incident, window=window, start=billing_start(), zone=zone)
    return [(each, each.lost_in(window, zone)) for each in facts]


def _new(incident: Incident, facts: Facts) -> Credit:
    return Credit(incident=incident, service_id=facts.service.key, customer_id=facts.service.customer)


def _as_found(credit: Credit, found: Lost, amount: Decimal) -> Credit:
    """Return `credit` with what was found; an amount that somebody changed by hand stays."""
    credit.minutes, credit.spans, credit.parts = found.minutes, [list(span) for span in found.spans], found.parts
    credit.computed = amount
    if not credit.reason:
        credit.amount = amount
    if credit.state == State.PARKED:
        credit.state, credit.problem = State.PROPOSED, ""
    return credit


@recorded(gettext_lazy("Credit for an outage changed"))
def change_credit(*, credit: Credit, amount: Decimal, reason: str, by: AbstractUser | None) -> Credit:
    """
    Give `amount` back, before tax, in place of what was worked out, for a `reason`; return the credit as it is then.

    Raises `ValidationError`, keyed by field, without a reason, for an amount of nothing, and once it is posted.
    """
    credit = _lock_open(credit)
    if amount <= 0:
        raise ValidationError({"amount": _("Give an amount above zero, or leave the service out.")})
    credit.amount, credit.reason, credit.by = amount, check_reason(reason), by
    credit.state, credit.problem = State.PROPOSED, ""
    credit.version += 1
    credit.save()
    return credit


@recorded(gettext_lazy("Credit for an outage left out"))
def leave_out(*, credit: Credit, is_left_out: bool, by: AbstractUser | None) -> Credit:
    """Give nothing for this service, or what was proposed after all. Raises `ValidationError` once it is posted."""
    credit = _lock_open(credit)
    credit.state, credit.problem, credit.by = State.LEFT_OUT if is_left_out else State.PROPOSED, "", by
    credit.version += 1
    credit.save()
    return credit


@recorded(gettext_lazy("Proposed credits discarded"))
def discard_credits(*, incident: Incident) -> int:
    """Discard all that is proposed for `incident` and not posted; return how many there were."""
    incident = lock(incident)
    return incident.credits.filter(state__in=Credit.OPEN).delete()[0]


def _lock_open(credit: Credit) -> Credit:
    """Return `credit` as it is stored, locked, behind the work on its incident; refuse one that is posted."""
    lock(credit.incident)
    credit = Credit.objects.select_for_update(of=("self",), no_key=True).get(pk=credit.pk)
    if credit.state not in Credit.OPEN:
        message = _("It was given back with a credit note: void that first.")
        raise ValidationError({"state": message})
    return credit


def to_be_posted(incident: Incident) -> QuerySet[Credit]:
    """Return the credits of `incident` that are proposed, and neither left out nor parked."""
    return incident.credits.filter(state=State.PROPOSED)
