"""
A service that begins while its customer is suspended is off too: with the same suspension it went, with it it returns.

What somebody turned on by hand, while the rest stays off, has been in the suspension, and is left on.
"""

from collections.abc import Collection
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.allocations import lock_books
from customerflow.changes.recording import recorded
from customerflow.keys import among
from customers.models import Customer, Service
from suspensions.cases import cases_of, services_on
from suspensions.models import Policy, SuspendedService, Suspension
from suspensions.models.policy import current_policy
from suspensions.suspending import lock_services, turn_off


def join_if_suspended(service: Service) -> None:
    """
    Let a new `service` be off from today on, where its customer is suspended and something is left that counts.

    Who adds services calls it within that act, with the customer locked: one query for who is not suspended.
    """
    customer = service.location.customer
    if Suspension.objects.open().filter(customer=customer).exists():
        today = timezone.localdate()
        join_new_services(customers=[lock_books(customer)], on=today, policy=current_policy())


@recorded(_("Services suspended"))
def join_new_services(*, customers: Collection[Customer], on: date, policy: Policy) -> int:
    """
    Turn off on the day `on` what has begun since `customers`, whose books are locked, were suspended.

    It is done on days without cut-offs too: nobody is cut off by it who was not before. Returns how many services.
    """
    keys = [customer.pk for customer in customers]
    begun = dict(_begun_since(keys, on).values_list("pk", "location__customer"))
    if not begun:
        return 0
    lock_services(begun.values(), on)
    affected = [customer for customer in customers if customer.pk in set(begun.values())]
    return turn_off(
        [
            (case.suspension, service)
            for case in cases_of(affected, on=on, policy=policy)
            if case.keeps_reason
            for service in case.services
            if service.pk in begun
        ],
        on=on,
    )


def _begun_since(customers: Collection[int], on: date) -> QuerySet[Service]:
    """Return the services that are on, of which the open suspension of their customer knows nothing."""
    of_customer = Suspension.objects.open().filter(customer=OuterRef("location__customer"), began_on__lte=on)
    known = SuspendedService.objects.filter(service=OuterRef("pk"), suspension__ended_on=None)
    return services_on(on).filter(Exists(of_customer), ~Exists(known), location__customer__in=among(customers))
