"""Turning services off because their invoices are not paid."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.allocations import lock_books
from customerflow.changes.recording import recorded
from customerflow.inserting import give_keys, insert_all
from customerflow.keys import among
from customers.models import Customer, Pause, Service
from suspensions.cases import Case, cases_of, services_on
from suspensions.events import SUSPENDED, tell
from suspensions.explaining import is_due, refusals
from suspensions.models import Cause, Policy, SuspendedService, Suspension
from suspensions.models.policy import current_policy

DAY = timedelta(days=1)
# Only one suspension may have a service.
REASON = Pause.Reason.NON_PAYMENT


@recorded(_("Services suspended"))
def suspend(*, customer: Customer, on: date, by: AbstractUser | None = None) -> Suspension:
    """
    Turn off all services of `customer` that are on, from the day `on`, and return the suspension.

    Everything is asked anew under the lock of the customer's books. Raises `ValidationError`, keyed by field, with each
    rule that does not let it happen: whoever has paid meanwhile keeps their services.
    """
    customer = lock_books(customer)
    lock_services([customer.pk], on)
    (case,) = cases_of([customer], on=on, policy=current_policy())
    if reasons := refusals(case):
        raise ValidationError({"customer": reasons})
    (suspension,) = _suspend([case], on, by)
    return suspension


@recorded(_("Services suspended"))
def suspend_due(*, customers: Collection[int], on: date, policy: Policy, by: AbstractUser | None = None) -> int:
    """
    Suspend those of `customers`, given by key, to whom the rules apply on the day `on`; return how many that were.

    All are locked, in the order of their keys, and everything is asked anew.
    """
    rows = Customer.objects.select_for_update(no_key=True).filter(pk__in=among(customers))
    locked = list(rows.order_by("pk"))
    lock_services([customer.pk for customer in locked], on)
    due = [case for case in cases_of(locked, on=on, policy=policy) if is_due(case)]
    return len(_suspend(due, on, by))


def lock_services(customers: Collection[int], on: date) -> None:
    """Lock the services of `customers` that are on, as who pauses one by hand does."""
    services = services_on(on).filter(location__customer__in=among(customers))
    list(services.select_for_update(of=("self",)).order_by("pk").values_list("pk"))


def _suspend(cases: Collection[Case], on: date, by: AbstractUser | None) -> list[Suspension]:
    """Make a suspension from the day `on` for each of `cases`, and turn their services off."""
    made = [Suspension(customer=case.customer, began_on=on, amount=case.amount, by=by) for case in cases]
    give_keys(made)
    insert_all(Suspension, made)
    pairs = list(zip(made, cases, strict=True))
    insert_all(Cause, [cause for suspension, case in pairs for cause in _causes(suspension, case)])
    turn_off([(suspension, service) for suspension, case in pairs for service in case.services], on=on)
    return made


def turn_off(services: Collection[tuple[Suspension, Service]], *, on: date) -> int:
    """
    Turn services off from the day `on`, each by the suspension beside it, and tell the network; return how many.

    They are on, and locked.
    """
    pauses = _pauses_for([service for _suspension, service in services], on)
    give_keys([*pauses.values()])
    insert_all(Pause, [*pauses.values()])
    off = [
        SuspendedService(suspension=suspension, service=service, pause=pauses[service.pk])
        for suspension, service in services
    ]
    insert_all(SuspendedService, off)
    tell(SUSPENDED, services, on=on)
    return len(off)


def _causes(suspension: Suspension, case: Case) -> Iterable[Cause]:
    counted = case.counted
    return [Cause(suspension=suspension, invoice_id=invoice.pk, amount=invoice.amount) for invoice in counted]


def _pauses_for(services: Collection[Service], on: date) -> dict[int, Pause]:
    """Return a pause for each of `services`, by key, not yet saved; it ends where one planned by hand begins."""
    if not services:
        return {}
    keys = among(service.pk for service in services)
    planned = Pause.objects.filter(service__in=keys, reason=REASON, first_day__gt=on).order_by("-first_day")
    # The last one said is the first of them.
    begins = dict(planned.values_list("service", "first_day"))
    return {
        service.pk: Pause(
            service=service,
            first_day=on,
            last_day=begins[service.pk] - DAY if service.pk in begins else None,
            reason=REASON,
            is_charged=REASON in Pause.CHARGED,
        )
        for service in services
    }
