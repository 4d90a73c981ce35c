"""What the network is told of services that are turned off and on again."""

from collections.abc import Collection, Iterator
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.webhooks.outbox import EVENTS, Event, has_listeners, post
from customers.models import Customer, Pause, Service
from suspensions.models import Suspension

SUSPENDED, RESUMED = "service.suspended", "service.resumed"
EVENTS[SUSPENDED] = _("A service is turned off for non-payment")
EVENTS[RESUMED] = _("A service that was off for non-payment comes back")


def tell(kind: str, about: Collection[tuple[Suspension, Service]], *, on: date) -> None:
    """Let the network be told, once the transaction is kept, what is off or on from the day `on`."""
    if about and has_listeners():
        events = [Event(kind, subject_of(each.pk), facts_of(each, whole.customer, on)) for whole, each in about]
        post(events, at=timezone.now())


def subject_of(service: int) -> str:
    """Return what deliveries about the service with this key are about."""
    return f"service-{service}"


def subjects_of(customer: Customer) -> list[str]:
    """Return what deliveries about the services of `customer` are about."""
    services = Service.objects.filter(location__customer=customer).order_by("pk")
    return [subject_of(pk) for pk in services.values_list("pk", flat=True)]


def services_off(on: date) -> Iterator[dict[str, object]]:
    """Yield what the network needs to know of every service that is off for non-payment on the day `on`."""
    pauses = Pause.objects.on(on).filter(reason=Pause.Reason.NON_PAYMENT, service__in=Service.objects.active(on))
    for pause in pauses.select_related("service__location__customer").order_by("service").iterator(2_000):
        yield facts_of(pause.service, pause.service.location.customer, pause.first_day)


def facts_of(service: Service, customer: Customer, on: date) -> dict[str, object]:
    """Return what the network needs to know of a service of `customer` that is off, or on again, from the day `on`."""
    return {
        "service": service.pk,
        "name": service.name,
        "login": service.login,
        "ip_address": service.ip_address,
        "port": service.port,
        "location": service.location_id,
        "customer": customer.number,
        "reason": "non_payment",
        "on": on,
    }
