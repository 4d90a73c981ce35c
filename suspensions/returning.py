"""Turning services on again when what they were off for is settled, or when somebody says so."""

from collections.abc import Collection
from datetime import date, timedelta

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.allocations import lock_books
from customerflow.changes.recording import recorded
from customerflow.keys import among
from customers.models import Customer, Pause, Service
from suspensions.cases import Case, amount_of, cases_of, least_of
from suspensions.events import RESUMED, tell
from suspensions.holds import hold
from suspensions.models import Policy, SuspendedService, Suspension
from suspensions.models.policy import current_policy

DAY = timedelta(days=1)
End = Suspension.End


def return_if_settled(customer: Customer, on: date) -> None:
    """
    Let the services of `customer` come back on the day `on` where nothing is left for which they are off.

    Billing calls it within the act that settles something, with the books locked: one query for who is not suspended.
    """
    if not (suspensions := list(Suspension.objects.open().filter(customer=customer).order_by("pk"))):
        return
    (case,) = cases_of([customer], on=on, policy=current_policy())
    if not case.keeps_reason:
        _turn_on(suspensions, on=on, ends={customer.pk: _end_of(case)})


@recorded(_("Services turned on"))
def return_settled(*, customers: Collection[int], on: date, policy: Policy) -> int:
    """
    Let come back on the day `on` what is off without a reason, of `customers` given by key; return how many that were.

    It is what the daily step asks of everybody who is suspended: whatever settled it, and also where the rules changed.
    """
    rows = Customer.objects.select_for_update(no_key=True).filter(pk__in=among(customers))
    cases = cases_of(list(rows.order_by("pk")), on=on, policy=policy)
    ends = {case.pk: _end_of(case) for case in cases if not case.keeps_reason}
    suspensions = list(Suspension.objects.open().filter(customer__in=among(ends)).order_by("pk"))
    return _turn_on(suspensions, on=on, ends=ends)


@recorded(_("Services that somebody turned on, or that ended"))
def end_what_is_on(*, customers: Collection[int], on: date) -> int:
    """
    End what is said to be off and is not, of `customers` given by key; return how many services that were.

    The service ended, or somebody turned it on.
    """
    about = SuspendedService.objects.without_pause(on).filter(suspension__customer__in=among(customers))
    if not (on_again := list(about.select_related("suspension__customer", "service").order_by("pk"))):
        return 0
    SuspendedService.objects.filter(pk__in=among(each.pk for each in on_again)).update(ended_on=on)
    served = [each for each in on_again if each.service.ends_on is None or each.service.ends_on >= on]
    tell(RESUMED, [(each.suspension, each.service) for each in served], on=on)
    touched = {each.suspension_id for each in on_again}
    off = SuspendedService.objects.off().order_by()
    left = set(off.filter(suspension__in=among(touched)).values_list("suspension", flat=True))
    by_hand = {each.suspension_id for each in served}
    for end, keys in ((End.BY_HAND, by_hand - left), (End.ENDED, touched - by_hand - left)):
        Suspension.objects.filter(pk__in=among(keys)).update(ended_on=on, end=end)
    return len(on_again)


@recorded(_("Services turned on"))
def turn_on(*, customer: Customer, on: date, until: date, reason: str, by: AbstractUser | None = None) -> Customer:
    """
    Let the services of a suspended `customer` come back on the day `on`, and hold further suspensions `until` a day.

    Raises `ValidationError`, keyed by field, where nothing is suspended, and like `hold`.
    """
    customer = lock_books(customer)
    suspensions = list(Suspension.objects.open().filter(customer=customer).order_by("pk"))
    if not suspensions:
        raise ValidationError({"customer": _("This customer is not suspended.")})
    hold(customer=customer, on=on, last_day=until, reason=reason, by=by)
    _turn_on(suspensions, on=on, ends={customer.pk: End.BY_HAND}, by=by)
    return customer


def _end_of(case: Case) -> str:
    """Return why the suspension of `case` ends."""
    return End.PROMISED if amount_of(case.past_grace) >= least_of(case.policy) else End.SETTLED


def _turn_on(
    suspensions: Collection[Suspension], *, on: date, ends: dict[int, str], by: AbstractUser | None = None
) -> int:
    """
    End `suspensions` on the day `on`, for the reason that `ends` has for each customer; their services are on that day.

    Only what they turned off comes back: what is off for a vacation too stays so. Returns how many there are.
    """
    # Nothing comes back before it was turned off, whatever day somebody acts for.
    on = max([on, *(suspension.began_on for suspension in suspensions)])
    about = SuspendedService.objects.off().filter(suspension__in=among(each.pk for each in suspensions))
    off = list(about.select_related("suspension__customer", "service").order_by("pk"))
    pauses = Pause.objects.filter(pk__in=among(each.pause_id for each in off if each.pause_id))
    # A pause that would end before it begins is none.
    pauses.filter(first_day__gte=on).delete()
    pauses.filter(Q(last_day=None) | Q(last_day__gte=on), first_day__lt=on).update(last_day=on - DAY)
    SuspendedService.objects.filter(pk__in=among(each.pk for each in off)).update(ended_on=on)
    for suspension in suspensions:
        suspension.ended_on, suspension.end, suspension.ended_by = on, ends[suspension.customer_id], by
    Suspension.objects.bulk_update(suspensions, ["ended_on", "end", "ended_by"], batch_size=200)
    services = Service.objects.active(on).filter(pk__in=among(each.service_id for each in off))
    served = set(services.values_list("pk", flat=True))
    tell(RESUMED, [(each.suspension, each.service) for each in off if each.service_id in served], on=on)
    return len(suspensions)
