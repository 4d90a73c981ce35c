"""What a document keeps of its customer as they are at issue."""

from customers.models import Customer


def snapshot_of(customer: Customer) -> dict[str, str]:
    """Return the name and address that go on a document of `customer`: the address of their first location."""
    location = customer.locations.order_by("pk").first()
    return {"customer_name": customer.name, "customer_address": location.one_line if location else ""}
