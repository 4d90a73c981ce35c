"""Records of reports for tests."""

from datetime import date

from customers.models import Customer
from customers.tests.factories import make_customer
from reports.models import AcceptedLeak, FoundLeak

TODAY = date(2026, 3, 31)
LEAK = "no-location"


def make_found_leak(*, customer: Customer | None = None, **fields) -> FoundLeak:
    key = (customer or make_customer()).pk
    return FoundLeak.objects.create(**{"leak": LEAK, "record_id": key, "found_on": TODAY, **fields})


def make_accepted_leak(*, customer: Customer | None = None, **fields) -> AcceptedLeak:
    customer = customer or make_customer()
    defaults = {"leak": LEAK, "record_id": customer.pk, "reason": "Moves in May", "accepted_on": TODAY}
    return AcceptedLeak.objects.create(customer=customer, **{**defaults, **fields})
