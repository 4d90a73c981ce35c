"""Records of shadow billing for tests."""

from datetime import date
from decimal import Decimal

from django.utils import timezone

from customers.models import Customer
from customers.tests.factories import make_customer
from shadow.models import OpeningBalance, ShadowItem, ShadowRun


def make_opening_balance(balance: str = "10.00", *, customer: Customer | None = None) -> OpeningBalance:
    return OpeningBalance.objects.create(customer=customer or make_customer(), origin="Old", balance=Decimal(balance))


def make_shadow_run(first: date = date(2026, 4, 1), last: date = date(2026, 4, 30), **fields) -> ShadowRun:
    days = {"first_day": first, "last_day": last, "issued_from": first, "issued_to": last}
    done = {"state": ShadowRun.State.DONE, "started_at": timezone.now(), "finished_at": timezone.now()}
    return ShadowRun.objects.get_or_create(origin="Old", first_day=first, defaults=days | done | fields)[0]


def make_shadow_item(**fields) -> ShadowItem:
    amounts = dict.fromkeys(("there", "here", "balance_there", "balance_here"), Decimal(10))
    facts = {"outcome": "differs", "digest": "0", **amounts, "here": Decimal(12)}
    known = {"run": fields.pop("run", None) or make_shadow_run(), "customer": fields.pop("customer", None)}
    return ShadowItem.objects.create(**{**facts, **known, "customer": known["customer"] or make_customer(), **fields})
