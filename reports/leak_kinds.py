"""The kinds of leaks that come with the software."""

from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.models import BillingStart, Discount, Invoice, InvoiceLine
from customerflow.money import ZERO
from customers.models import Customer, Equipment, Location, Pause, Service
from reports.leaks.registry import Leak, register
from suspensions.models import SuspendedService

# A service that began so many days ago has been billed, if it is at all.
DAYS_TO_BILL = 31
# A service that is off for non-payment for more days than these is forgotten.
DAYS_OFF = 60


def _is_billed() -> Exists:
    return Exists(InvoiceLine.objects.filter(service=OuterRef("pk"), live=True))


def never_billed(on: date) -> QuerySet[Service]:
    """Return the services that go on and cost something, and are on no invoice a month after they began."""
    if not BillingStart.objects.exists():
        return Service.objects.none()
    begun = on - timedelta(days=DAYS_TO_BILL)
    due = Service.objects.active(on).filter(Q(charged_from=None) | Q(charged_from__lte=begun), starts_on__lte=begun)
    free = Exists(Discount.objects.filter(of_service(), percent=100, first_day__lte=on).not_over(on))
    off = Exists(Pause.objects.on(on).filter(service=OuterRef("pk"), is_charged=False))
    return due.filter(~_is_billed(), ~free, ~off, cost__gt=ZERO)


def of_service() -> Q:
    """Return the condition that a discount is about a service: this one, or all of its customer."""
    return Q(service=OuterRef("pk")) | Q(service=None, customer=OuterRef("location__customer"))


def without_equipment(on: date) -> QuerySet[Service]:
    """Return the billed services of plans that need equipment, at whose location there is none."""
    there = Exists(Equipment.objects.filter(location=OuterRef("location")))
    return Service.objects.active(on).filter(_is_billed(), ~there, plan__needs_equipment=True)


def at_closed_account(on: date) -> QuerySet[Equipment]:
    """Return our units at customers who have left."""
    return Equipment.objects.left_behind()


def not_returned(on: date) -> QuerySet[Equipment]:
    """Return our units at locations of customers at which no service goes on, or is to begin."""
    served = Exists(Service.objects.not_ended(on).filter(location=OuterRef("location")))
    ours = Equipment.objects.filter(status=Equipment.Status.INSTALLED).exclude(terms=Equipment.Terms.SOLD)
    return ours.filter(~served).exclude(location__customer__status=Customer.Status.CLOSED)


def discount_after_contract(on: date) -> QuerySet[Discount]:
    """Return the discounts without an end that go on although the contract for which they were given is over."""
    service = Service.objects.active(on).filter(pk=OuterRef("service"), contract_ends_on__lt=on)
    return Discount.objects.filter(Exists(service), service__isnull=False, last_day=None, first_day__lte=on)


def _off(on: date) -> QuerySet[Pause]:
    goes_on = Exists(Service.objects.active(on).filter(pk=OuterRef("service")))
    return Pause.objects.on(on).filter(goes_on, reason=Pause.Reason.NON_PAYMENT)


def _owes(on: date) -> Exists:
    return Exists(Invoice.objects.overdue(on).filter(customer=OuterRef("service__location__customer")))


def _is_of_suspension() -> Exists:
    return Exists(SuspendedService.objects.off().filter(pause=OuterRef("pk")))


def suspended_without_debt(on: date) -> QuerySet[Pause]:
    """Return the services that a suspension has turned off, of customers with nothing overdue."""
    return _off(on).filter(_is_of_suspension(), ~_owes(on))


def off_without_debt(on: date) -> QuerySet[Pause]:
    """Return the services that somebody paused for non-payment, of customers with nothing overdue."""
    return _off(on).filter(~_is_of_suspension(), ~_owes(on))


def off_too_long(on: date) -> QuerySet[Pause]:
    """Return the services that are off for non-payment for more than `DAYS_OFF` days, and rightly."""
    return _off(on).filter(_owes(on), first_day__lt=on - timedelta(days=DAYS_OFF))


def without_location(on: date) -> QuerySet[Customer]:
    """Return the active customers without a location."""
    there = Exists(Location.objects.filter(customer=OuterRef("pk")))
    return Customer.objects.filter(~there, status=Customer.Status.ACTIVE)


def without_service(on: date) -> QuerySet[Customer]:
    """Return the active customers with a location, of whom no service goes on, or is to begin."""
    located = Exists(Location.objects.filter(customer=OuterRef("pk")))
    served = Exists(Service.objects.not_ended(on).filter(location__customer=OuterRef("pk")))
    return Customer.objects.filter(located, ~served, status=Customer.Status.ACTIVE)


def for_nothing(on: date) -> QuerySet[Service]:
    """Return the services that go on and cost nothing, without a discount that says so."""
    said = Exists(Discount.objects.filter(of_service()).not_over(on))
    return Service.objects.active(on).filter(~said, cost=ZERO)


def _address(name: str, *args: object, **asked: object) -> str:
    address = reverse(name, args=args)
    return f"{address}?{urlencode(asked)}" if asked else address


def _since(day: date) -> str:
    return _t("since %(day)s") % {"day": day}


def _return(unit: Equipment) -> str:
    return _address("customers:equipment_return", unit.pk)


def _end_pause(pause: Pause) -> str:
    return _address("customers:pause_end", pause.service_id, pause.pk)


def _off_since(pause: Pause) -> str:
    return f"{pause.service}, {_since(pause.first_day)}"


AT_CUSTOMER = "location.customer"

register(
    Leak(
        "never-billed",
        _("Active service never billed"),
        _("It goes on and costs something, began a month ago or more, and is on no invoice."),
        Service,
        never_billed,
        AT_CUSTOMER,
        lambda service: _since(service.starts_on),
        _("See the next bill"),
        lambda service: _address("billing:next_bill", service.location.customer_id),
        "billing.view_invoice",
    ),
    Leak(
        "no-equipment",
        _("Billed, but no equipment"),
        _("Its plan needs equipment, and at its location there is none: it does not work, or ours is not recorded."),
        Service,
        without_equipment,
        AT_CUSTOMER,
        lambda service: str(service.plan),
        _("Add equipment"),
        lambda service: _address("customers:equipment_create", location=service.location_id),
        "customers.add_equipment",
        ("plan",),
    ),
    Leak(
        "equipment-at-closed-account",
        _("Equipment at a closed account"),
        _("It is ours, rented or lent, and nobody pays for it any more."),
        Equipment,
        at_closed_account,
        AT_CUSTOMER,
        lambda unit: _t("closed on %(day)s") % {"day": unit.location.customer.closed_on},
        _("Record the return"),
        _return,
        "customers.change_equipment",
    ),
    Leak(
        "equipment-not-returned",
        _("Equipment not returned"),
        _("It is ours, rented or lent, and at its location no service goes on."),
        Equipment,
        not_returned,
        AT_CUSTOMER,
        lambda unit: str(unit.location),
        _("Record the return"),
        _return,
        "customers.change_equipment",
    ),
    Leak(
        "discount-after-contract",
        _("Discount goes on after the contract"),
        _("It has no last day, and the contract of its service is over."),
        Discount,
        discount_after_contract,
        "customer",
        lambda discount: _t("contract until %(day)s") % {"day": discount.service.contract_ends_on},
        _("End the discount"),
        lambda discount: _address("billing:discount_end", discount.pk),
        "billing.change_discount",
        ("service",),
    ),
    Leak(
        "suspended-without-debt",
        _("Suspended, and nothing is overdue"),
        _("The customer is suspended, and nothing is overdue: the daily step has not brought the services back."),
        Pause,
        suspended_without_debt,
        "service.location.customer",
        _off_since,
        _("Turn the services on"),
        lambda pause: _address("suspensions:turn_on", pause.service.location.customer_id),
        "suspensions.change_suspension",
    ),
    Leak(
        "off-without-debt",
        _("Paused for non-payment, and nothing is overdue"),
        _("Somebody turned the service off by hand, and nothing of the customer is overdue: nobody brings it back."),
        Pause,
        off_without_debt,
        "service.location.customer",
        _off_since,
        _("Turn it on"),
        _end_pause,
        "customers.change_pause",
    ),
    Leak(
        "suspended-and-forgotten",
        _("Suspended and forgotten"),
        _("The service is off for non-payment for more than 60 days: collect, or end it."),
        Pause,
        off_too_long,
        "service.location.customer",
        _off_since,
        _("End the service"),
        lambda pause: _address("customers:service_end", pause.service_id),
        "customers.change_service",
    ),
    Leak(
        "no-location",
        _("Customer without a location"),
        _("The account is active, and there is no place at which anything could be served."),
        Customer,
        without_location,
        "",
        lambda customer: _since(customer.created_at.date()),
        _("Add location"),
        lambda customer: _address("customers:location_create", customer=customer.number),
        "customers.add_location",
    ),
    Leak(
        "no-service",
        _("Account open with no service"),
        _("The account is active, and no service goes on or is to begin: win the customer back, or close it."),
        Customer,
        without_service,
        "",
        lambda customer: _since(customer.created_at.date()),
        _("Close the account"),
        lambda customer: _address("customers:customer_close", customer.pk),
        "customers.change_customer",
    ),
    Leak(
        "for-nothing",
        _("Service for nothing"),
        _("It goes on at a price of 0, and no discount says so."),
        Service,
        for_nothing,
        AT_CUSTOMER,
        lambda service: _since(service.starts_on),
        _("Change the price"),
        lambda service: _address("customers:service_cost", service.pk),
        "customers.change_service",
    ),
)
