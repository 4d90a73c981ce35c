"""What a document keeps of its customer as they are at issue."""

from collections.abc import Iterable

from customerflow.keys import among
from customers.models import Customer, Location


def snapshot_of(customer: Customer) -> dict[str, str]:
    """Return the name and address that go on a document of `customer`: the address of their first location."""
    return snapshots_of([customer])[customer.pk]


def snapshots_of(customers: Iterable[Customer]) -> dict[int, dict[str, str]]:
    """Return the names and addresses that go on documents of `customers`, by their keys; one query."""
    customers, addresses = list(customers), {}
    locations = Location.objects.filter(customer__in=among(customer.pk for customer in customers)).order_by("pk")
    for location in locations.only("customer", "address", "postcode", "city", "region", "country"):
        addresses.setdefault(location.customer_id, location.one_line)
    return {
        customer.pk: {"customer_name": customer.name, "customer_address": addresses.get(customer.pk, "")}
        for customer in customers
    }
