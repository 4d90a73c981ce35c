"""Every page of the product, read from the URL resolver, so that a new page is tested from its first day."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.http import QueryDict
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern
from django.utils import timezone

from billing.models import Invoice
from billing.tests.factories import make_invoice, make_payment
from customerflow.bulk.selection import check, choose
from customerflow.hub.quick_actions import QUICK_ACTIONS
from customerflow.jobs.models import Job, Lease
from customerflow.loads.models import Finding, Load, LoadedFile, Profile
from customerflow.staff.models import User
from customerflow.staff.tests.factories import make_user
from customerflow.tests.imports import PRODUCT
from customers.bulk_acts import ChangeCustomers
from customers.models import Customer, Pause, PriceChange, Service, TaxRate
from dunning.models import Rule
from reports.leaks.registry import LEAKS
from tickets.models import Message, Ticket
from tickets.tests.factories import make_ticket

APPS = sorted(PRODUCT - {"customerflow"} | {"customerflow.saved_views", "customerflow.webhooks"})
FACTORIES = [f"{app}.tests.factories" for app in APPS if find_spec(f"{app}.tests.factories")]
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
GROUP_OF_REGEX = re.compile(r"\(\?P<(\w+)>[^)]*\)")
RECORD = {"pk", "object_id"}
NO_SUCH_RECORD = 987_654_321


@dataclass(frozen=True)
class Page:
    """A route such as `customers/<pk>/close/`, its name, and what serves it."""

    route: str
    name: str
    callback: object

    def __str__(self) -> str:
        return self.name or self.route

    @property
    def is_of_a_record(self) -> bool:
        return self.model is not None and bool(RECORD & set(PARAMETER.findall(self.route)))

    @property
    def model(self) -> type[models.Model] | None:
        """The kind of record that the page shows."""
        if model_admin := getattr(self.callback, "model_admin", None):
            return model_admin.model
        view = getattr(self.callback, "view_class", None)
        return getattr(self.callback, "view_initkwargs", {}).get("model") or getattr(view, "model", None)

    def address(self, record: object = None) -> str:
        """Return an address of the page that exists, or one with another key in place of the record's."""

        def value(match: re.Match) -> str:
            name = match.group(1)
            if name in RECORD and self.model:
                rows = RECORDS.get(self.name, self.model._default_manager.all)()
                return str(record or rows.latest("pk").pk)
            return str(ARGUMENTS[name]())

        return "/" + PARAMETER.sub(value, self.route)


# What stands for the parameters that are not the key of the page's own record.
ARGUMENTS = {
    "action": lambda: QUICK_ACTIONS[0].slug,
    "app_label": lambda: "customers",
    "change": lambda: PriceChange.objects.latest("pk").pk,
    "content_type_id": lambda: ContentType.objects.get_for_model(Customer).pk,
    "file": lambda: LoadedFile.objects.latest("pk").pk,
    "id": lambda: User.objects.latest("pk").pk,
    "key": lambda: LEAKS["no-location"].rows(timezone.localdate()).latest("pk").pk,
    "leak": lambda: "no-location",
    "object_id": lambda: Customer.objects.latest("pk").pk,
    "message": lambda: Message.objects.filter(ticket=Ticket.objects.latest("pk")).latest("pk").pk,
    "outcome": lambda: Finding.Outcome.REFUSED.value,
    "pause": lambda: Pause.objects.latest("pk").pk,
    "rule": lambda: Rule.objects.latest("pk").pk,
    "rate": lambda: TaxRate.objects.latest("pk").pk,
    # A link that was withdrawn; the others are known to who made them alone.
    "token": lambda: "withdrawn",
    "url": lambda: "nothing",
}


# Of which records the page is, where it is not of every one.
RECORDS = {
    **dict.fromkeys(
        [f"billing:draft_{act}" for act in ("edit", "issue", "discard", "preview")], Invoice.objects.drafts
    ),
    **dict.fromkeys(
        [f"customers:pause_{act}" for act in ("end", "remove")],
        lambda: Service.objects.filter(pauses=Pause.objects.latest("pk")),
    ),
}


def pages() -> list[Page]:
    """Return all pages."""
    return list(_pages(get_resolver(), "", ""))


def _pages(resolver: URLResolver, route: str, namespace: str) -> Iterator[Page]:
    for pattern in resolver.url_patterns:
        whole = route + _readable(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield Page(whole, f"{namespace}{pattern.name or ''}", pattern.callback)
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _pages(pattern, whole, inner)


def _readable(pattern: object) -> str:
    route = str(pattern)
    if isinstance(pattern, RegexPattern):
        return GROUP_OF_REGEX.sub(r"<\1>", route.strip("^$"))
    return route


def make_one_of_each() -> None:
    """Make a record of every kind, so that every page has something to show."""
    for name in FACTORIES:
        factories = import_module(name)
        for factory in [value for key, value in vars(factories).items() if key.startswith("make_")]:
            factory()
    make_payment(customer=make_invoice().customer)
    ticket = make_ticket()
    Message.objects.create(ticket=ticket, kind=Message.Kind.PUBLIC, body="On our way.", created_at=ticket.opened_at)
    load = Load.objects.create(name="id.csv", loaded_at=timezone.now())
    file = LoadedFile.objects.create(load=load, kind="customers", name="id.csv", sha256="0" * 64, changed=1, refused=1)
    Profile.objects.get_or_create(name="Old system", content={"name": "Old system", "load": []})
    Finding.objects.create(file=file, row_number=1, line=2, outcome="changed", key="1", column="Name", old="A", new="B")
    Finding.objects.create(file=file, row_number=2, line=3, outcome="refused", column="Email", reason="?", written="[]")
    Job.objects.create(kind="bulk_change", title="Change of plans", state=Job.State.RUNNING, total=1_204, done=602)
    Lease.objects.create(worker="host-1", until=timezone.now())
    bulk_edit = choose(ChangeCustomers, Customer.objects.all(), by=make_user(is_superuser=True), back="/customers/")
    check(bulk_edit, QueryDict("billing_day=15"))
