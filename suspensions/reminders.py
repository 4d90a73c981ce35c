"""When customers were last reminded of what is late."""

from collections.abc import Collection
from datetime import date

from django.db.models import QuerySet

from customers.models import Customer
from suspensions.models import Policy


def last_reminders(customers: Collection[int], on: date) -> dict[int, date]:
    """Return the day of the last reminder that went to each of `customers`, given by key, by the day `on`."""
    return {}


def reminded_long_enough(customers: QuerySet[Customer], policy: Policy, on: date) -> QuerySet[Customer]:
    """Return those of `customers` who may be suspended on the day `on` by when they were last reminded."""
    return customers if policy.days_after_reminder is None else customers.none()
