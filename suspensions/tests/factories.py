"""Suspensions for tests, made by the acts that staff use."""

from datetime import date, timedelta
from decimal import Decimal

from billing.tests.factories import make_invoice
from customers.models import Customer, Service
from customers.tests.factories import make_customer, make_location, make_service
from suspensions.holds import hold
from suspensions.models import Hold, ParkedCustomer, Policy, QuietDay, Suspension
from suspensions.parking import park
from suspensions.suspending import suspend

# A Thursday. The rules of the tests: 14 days of grace, so that what was due on 2026-03-28 counts from 2026-04-12 on.
DUE_ON = date(2026, 3, 20)
TODAY = date(2026, 4, 16)
DAY = timedelta(days=1)


def make_policy(**fields) -> Policy:
    values = {"is_on": True, "grace_days": 14, "least_amount": Decimal(1), "keeps_holidays": False, **fields}
    return Policy.objects.update_or_create(pk=1, defaults=values)[0]


def make_quiet_day(day: date = date(2026, 5, 4), **fields) -> QuietDay:
    return QuietDay.objects.get_or_create(day=day, defaults={"name": "Firm outing", **fields})[0]


def make_served(**fields) -> Service:
    """Return a service of a new customer that has been on since the beginning of the year."""
    fields["location"] = fields.get("location") or make_location(
        customer=fields.pop("customer", None) or make_customer()
    )
    return make_service(starts_on=fields.pop("starts_on", date(2026, 1, 1)), **fields)


def make_late(amount: str = "59.99", *, due_on: date = DUE_ON, customer: Customer | None = None) -> Customer:
    """Return a customer with a service that is on and an invoice that was due on a day."""
    customer = customer or make_served().location.customer
    make_invoice(amount, customer=customer, on=due_on - 14 * DAY, due_on=due_on)
    return customer


def make_suspension(*, on: date = TODAY, **fields) -> Suspension:
    make_policy()
    return suspend(customer=fields.get("customer") or make_late(), on=on)


def make_hold(*, on: date = TODAY, last_day: date | None = None, customer: Customer | None = None) -> Hold:
    customer = customer or make_customer()
    return hold(customer=customer, on=on, last_day=last_day or on + 7 * DAY, reason="Pays in cash on Monday")


def make_parked_customer(*, on: date = TODAY, customer: Customer | None = None) -> ParkedCustomer:
    customer = customer or make_customer()
    park(customer.pk, step=ParkedCustomer.Step.SUSPEND, on=on, reason="The database refused it")
    return ParkedCustomer.objects.get(customer=customer)
