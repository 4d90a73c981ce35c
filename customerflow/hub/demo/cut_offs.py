"""Whom the demo's rules have turned off, who is held, and who is due tomorrow."""

from contextlib import suppress
from datetime import date, timedelta

from django.core.exceptions import ValidationError

from customerflow.staff.models import User
from customerflow.staff.roles import BILLING, SUPPORT
from customerflow.webhooks.endpoints import new_secret
from customerflow.webhooks.models import Endpoint
from suspensions.forecast import to_be_suspended
from suspensions.holds import hold
from suspensions.models import Policy, QuietDay
from suspensions.quiet_days import why_quiet
from suspensions.suspending import suspend

SUSPENDED, HELD = 4, 2
DAY = timedelta(days=1)


def cut_off(on: date, staff: dict[str, User]) -> None:
    """Switch the rules on, with some who are suspended already, some who are held, and the rest due."""
    policy = Policy.objects.create(pk=1, is_on=True)
    QuietDay.objects.create(day=date(on.year, 12, 24), name="Christmas Eve", is_yearly=True)
    network = "https://network.example.com/customerflow"
    Endpoint.objects.create(name="RADIUS", url=network, is_active=False, secret=new_secret())
    day = next(day for day in (on - DAY * number for number in range(1, 15)) if not why_quiet(policy, day))
    due = list(to_be_suspended(policy, day).order_by("pk")[: SUSPENDED + HELD])
    for customer in due[:SUSPENDED]:
        # Who has promised to pay meanwhile keeps the services.
        with suppress(ValidationError):
            suspend(customer=customer, on=day, by=staff[BILLING])
    for customer in due[SUSPENDED:]:
        hold(customer=customer, on=on, last_day=on + 9 * DAY, reason="Disputes the amount", by=staff[SUPPORT])
