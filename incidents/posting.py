"""Posting the credits of an incident: one credit note for each customer, exactly once."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import CreditNote, InvoiceLine
from billing.periods.closed import check_open
from billing.runs.bills import Bill, draw_up, issue
from billing.runs.due import DueLine
from billing.runs.running import in_words
from billing.taxes import Rates
from customerflow.changes.recording import recorded, recording
from customerflow.jobs.models import Job
from customerflow.jobs.running import enqueue
from customerflow.keys import among
from customers.models import Customer
from incidents.credit_facts import Facts, amount_of
from incidents.lost_minutes import day_of
from incidents.models import Credit, Incident
from incidents.outages import lock
from incidents.proposing import lost_of, operators_zone, to_be_posted

KIND = "post_credits"
# So many customers are credited in one transaction.
AT_ONCE = 100
State = Credit.State
OfCustomer = dict[Customer, list[tuple[Credit, Facts]]]


@recorded(gettext_lazy("Credits for an outage posted"))
def post_credits(*, incident: Incident, on: date, by: AbstractUser | None) -> Job:
    """
    Let a worker give back, on the day `on` or the one on which it does, what is proposed for `incident`.

    Each customer gets one credit note, which settles what is open and else the next bill. Returns the job. Raises
    `ValidationError` where nothing is proposed, and where the books of the day are closed.
    """
    incident = lock(incident)
    check_open(on)
    waiting = to_be_posted(incident)
    if not waiting.exists():
        raise ValidationError(_("Nothing is proposed that could be posted."))
    title = _("Credits posted for incident #%(number)s") % {"number": incident.number}
    job = Job.objects.open(KIND, title=title, by=by, total=waiting.count(), payload={"incident": incident.pk})
    enqueue(job)
    return job


def post_next(job: Job, on: date) -> bool:
    """Give the next customers of a job their credit notes, on the day `on`; return whether more is left."""
    # Whoever posts the same at the same time waits here, and finds nothing left of this batch.
    incident = Incident.objects.select_for_update(no_key=True).get(pk=job.payload["incident"])
    customers = to_be_posted(incident).order_by("customer").values_list("customer", flat=True).distinct()
    keys = list(customers[:AT_ONCE])
    if not keys:
        return False
    with recording(job.title, by=job.by):
        locked = Customer.objects.select_for_update(no_key=True).filter(pk__in=among(keys)).order_by("pk")
        posted, parked = _post(incident, list(locked), on, job.by)
    job.done += posted
    job.refused += parked
    return True


def _post(incident: Incident, customers: list[Customer], on: date, by: AbstractUser | None) -> tuple[int, int]:
    """Post what these customers are to get, whose books are locked; return how many credits are posted and parked."""
    found, parked = _as_proposed(incident, customers)
    try:
        with transaction.atomic():
            posted, refused = _post_together(incident, found, on, by)
    except DatabaseError:
        posted, refused = 0, 0
        for customer, credits in found.items():
            one, other = _post_alone(incident, customer, credits, on, by)
            posted, refused = posted + one, refused + other
    return posted, refused + parked


def _as_proposed(incident: Incident, customers: list[Customer]) -> tuple[OfCustomer, int]:
    """Return the credits that are still as they were proposed, by customer; park the others, and say how many."""
    waiting = to_be_posted(incident).filter(customer__in=customers).select_related("service").order_by("pk")
    credits = {credit.service_id: credit for credit in waiting}
    by_key = {customer.pk: customer for customer in customers}
    found: OfCustomer = defaultdict(list)
    changed = []
    for facts, now in lost_of(incident, list(credits)):
        credit = credits[facts.service.key]
        spans = [list(span) for span in now.spans]
        if credit.spans == spans and credit.computed == amount_of(now, incident.least_minutes):
            found[by_key[credit.customer_id]].append((credit, facts))
        else:
            changed.append(credit)
    reason = _("Prices, pauses or other credits have changed since it was proposed. Propose it again.")
    return found, _park(changed, reason)


def _post_together(incident: Incident, found: OfCustomer, on: date, by: AbstractUser | None) -> tuple[int, int]:
    """Issue one note to each customer; one who cannot be given it is parked. Raises `DatabaseError`."""
    rates, bills, parked = Rates.on(on), [], 0
    for customer, credits in found.items():
        try:
            bills.append(_bill(incident, customer, credits, rates))
        except ValidationError as refusal:
            parked += _park([credit for credit, _facts in credits], in_words(refusal))
    reason = _("Outage: incident #%(number)s") % {"number": incident.number}
    issued = issue(bills, on=on, reason=reason, by=by)
    posted = []
    for bill in bills:
        posted += _posted(found[bill.customer], issued[bill.customer.pk].credit_note)
    Credit.objects.bulk_update(posted, ["state", "credit_note"])
    return len(posted), parked


def _post_alone(
    incident: Incident, customer: Customer, credits: list[tuple[Credit, Facts]], on: date, by: AbstractUser | None
) -> tuple[int, int]:
    try:
        with transaction.atomic():
            return _post_together(incident, {customer: credits}, on, by)
    except DatabaseError as error:
        return 0, _park([credit for credit, _facts in credits], in_words(error))


def _bill(incident: Incident, customer: Customer, credits: list[tuple[Credit, Facts]], rates: Rates) -> Bill:
    return draw_up(customer, [_line(credit, facts) for credit, facts in credits], rates)


def _line(credit: Credit, facts: Facts) -> DueLine:
    """Return the line of a service: no cycle is its, so the billing run does not take it for an error."""
    zone, service = operators_zone(), facts.service
    said = {"name": service.name, "minutes": credit.minutes}
    return DueLine(
        kind=InvoiceLine.Kind.ADJUSTMENT,
        description=_("%(name)s: outage, %(minutes)d minutes") % said,
        unit_price=-credit.amount,
        amount=-credit.amount,
        first_day=day_of(credit.spans[0][0], zone),
        last_day=day_of(credit.spans[-1][1] - 1, zone),
        inputs={},
        service_id=service.key,
        plan_id=service.plan,
        tax_code_id=service.tax_code,
    )


def _posted(credits: Iterable[tuple[Credit, Facts]], note: CreditNote) -> list[Credit]:
    changed = []
    for credit, _facts in credits:
        credit.state, credit.credit_note = State.POSTED, note
        changed.append(credit)
    return changed


def _park(credits: list[Credit], reason: str) -> int:
    """Set `credits` aside, for a reason that a person is to read; return how many there are."""
    for credit in credits:
        credit.state, credit.problem = State.PARKED, reason
    Credit.objects.bulk_update(credits, ["state", "problem"])
    return len(credits)
