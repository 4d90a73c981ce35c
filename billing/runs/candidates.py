"""Which customers may have something to be billed: found by the database, a stretch of customers at a time."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Least

from billing.models import BillingRun, BillingRunItem, Charge, CreditNote, Discount, Invoice, InvoiceLine
from customerflow.changes.models import Change, ChangeCount, ChangeSet
from customerflow.keys import among
from customers.models import Customer, Equipment, Installation, Pause, PriceChange, Service

# So many customers are looked at, and billed in one transaction: on SQLite nobody else writes meanwhile.
STRETCH = 1_000
# No transaction is open for so long: what it writes is seen by the run after it, although it began before.
OVERLAP = timedelta(days=1)
# Of so many acts the database is told which they are; of more only since when, and it asks of each record of a stretch.
MOST_ACTS = 1_000


def stretches_of_customers(after: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last key of one stretch of customers after the other, behind the key `after`."""
    while True:
        keys = Customer.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
        last = keys[STRETCH - 1 : STRETCH].first() or keys.last()
        if last is None:
            return
        yield after + 1, last
        after = last


def changed_since(moment: datetime | None) -> int | None:
    """Return the key of the first change set since the day before `moment`; None: everything counts as changed."""
    if moment is None:
        return None
    first = ChangeSet.objects.filter(at__gte=moment - OVERLAP).order_by("at", "pk").values_list("pk", flat=True).first()
    return first or (ChangeSet.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1


def last_run_began() -> datetime | None:
    """Return when the last finished run began; what was recorded before that it has seen."""
    runs = BillingRun.objects.filter(state=BillingRun.State.DONE).order_by("-started_at")
    return runs.values_list("started_at", flat=True).first()


def candidates(first: int, last: int, *, start: date, on: date, since: int | None) -> tuple[list[int], set[int]]:
    """
    Return the customers from key `first` to `last` that may have something to be billed up to the day `on`, in order.

    With them, as a set, those of whom something was recorded since the change set `since` (None: all) that may concern
    days that were billed already.
    """
    within = (first, last)
    due = _with_days_to_bill(within, start, on) | _with_charges(within, start, on) | _with_rent(within, on)
    if since is None:
        touched = due | _with_billed_days(within)
        return sorted(touched), touched
    touched = touched_since(within, since)
    touched |= _parked_before(within)
    return sorted(due | touched), touched


def _with_days_to_bill(within: tuple[int, int], start: date, on: date) -> set[int]:
    """Return the customers with a service that is not billed up to the day `on`, or to its end."""
    covered = InvoiceLine.objects.filter(
        service=OuterRef("pk"), live=True, cycle_last__gte=Least(on, Coalesce(OuterRef("ends_on"), on))
    )
    services = Service.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=start),
        ~Exists(covered),
        **_between("location__customer", within),
        starts_on__lte=on,
    )
    ends_early = Service.objects.filter(
        **_between("location__customer", within),
        early_termination_fee__gt=0,
        ends_on__range=(start, on),
        ends_on__lt=F("contract_ends_on"),
    )
    return _customers(services, "location__customer") | _customers(ends_early, "location__customer")


def _with_billed_days(within: tuple[int, int]) -> set[int]:
    billed = InvoiceLine.objects.filter(**_between("invoice__customer", within), live=True, cycle_last__isnull=False)
    return _customers(billed, "invoice__customer")


def _with_charges(within: tuple[int, int], start: date, on: date) -> set[int]:
    waiting = Charge.objects.waiting().filter(**_between("customer", within), charged_on__range=(start, on))
    return _customers(waiting, "customer")


def _with_rent(within: tuple[int, int], on: date) -> set[int]:
    covered = InvoiceLine.objects.filter(
        equipment=OuterRef("unit"),
        invoice__customer=OuterRef("location__customer"),
        live=True,
        cycle_last__gte=Least(
            on, Coalesce(OuterRef("last_day"), on), Coalesce(OuterRef("location__customer__closed_on"), on)
        ),
    )
    rented = Installation.objects.filter(
        ~Exists(covered), **_between("location__customer", within), monthly_rent__gt=0, first_day__lte=on
    )
    return _customers(rented, "location__customer")


def touched_since(within: tuple[int, int], since: int) -> set[int]:
    """Return the customers of a stretch of whom something was recorded since a change set that decides their bills."""
    return set().union(*_touched(within, since))


def _touched(within: tuple[int, int], since: int) -> Iterator[set[int]]:
    """Yield the customers with records of each kind that decides what is right for days that are billed."""
    for model, customer in (
        (Customer, "pk"),
        (Service, "location__customer"),
        (PriceChange, "service__location__customer"),
        (Pause, "service__location__customer"),
        (Discount, "customer"),
        (Installation, "location__customer"),
    ):
        if acts := _acts_on(model, since, Change.Action.values)[: MOST_ACTS + 1]:
            rows = model.objects.filter(**_between(customer, within))
            changes = _changes(model, acts) if len(acts) <= MOST_ACTS else _changes_since(model, since)
            yield _customers(rows.filter(Exists(changes.filter(record_id=OuterRef("pk")))), customer)
    yield from _touched_by_removal(within, since)
    for documents in (Invoice.objects.filter(voided_on__isnull=False), CreditNote.objects.all()):
        customers = dict(documents.filter(**_between("customer", within)).order_by().values_list("pk", "customer"))
        changes = Change.objects.filter(kind=documents.model._meta.label_lower, record_id__in=among(customers))
        acts = changes.order_by().values_list("record_id", "change_set") if customers else ()
        yield {customers[key] for key, change_set in acts if change_set >= since}


def _acts_on(model: type[Model], since: int, actions: list[str]) -> QuerySet[ChangeCount]:
    """
    Return the change sets from `since` on that did one of `actions` to records of a kind.

    Asked of them, and not of all changes since, a run does not read again and again what it wrote itself.
    """
    counts = ChangeCount.objects.filter(kind=model._meta.label_lower, action__in=actions, change_set__gte=since)
    return counts.order_by().values_list("change_set", flat=True).distinct()


def _changes(model: type[Model], acts: Iterable[int]) -> QuerySet[Change]:
    return Change.objects.filter(kind=model._meta.label_lower, change_set__in=among(acts))


def _changes_since(model: type[Model], since: int) -> QuerySet[Change]:
    return Change.objects.filter(kind=model._meta.label_lower, change_set__gte=since)


def _parked_before(within: tuple[int, int]) -> set[int]:
    """Return the customers that the last finished run, or one since, could not bill: what it saw of them is lost."""
    parked = BillingRunItem.objects.filter(
        run__started_at__gte=last_run_began(), **_between("customer", within), outcome=BillingRunItem.Outcome.PARKED
    )
    return _customers(parked, "customer")


def _touched_by_removal(within: tuple[int, int], since: int) -> Iterator[set[int]]:
    """Yield the customers of what was removed: only its record names what it was of."""
    for model, column, owner, customer in (
        (Pause, "service_id", Service, "location__customer"),
        (PriceChange, "service_id", Service, "location__customer"),
        (Discount, "customer_id", Customer, "pk"),
        (Installation, "unit_id", Equipment, "installations__location__customer"),
    ):
        if acts := list(_acts_on(model, since, [Change.Action.DELETE])):
            images = _changes(model, acts).filter(action=Change.Action.DELETE)
            keys = {change.old[column] for change in images.iterator(chunk_size=2_000)}
            yield _customers(owner.objects.filter(pk__in=among(keys), **_between(customer, within)), customer)


def _between(path: str, within: tuple[int, int]) -> dict[str, int]:
    """Return the condition that the customer at `path` has a key of the stretch `within`."""
    first, last = within
    return {f"{path}__gte": first, f"{path}__lte": last}


def _customers(rows: QuerySet, path: str) -> set[int]:
    return set(rows.order_by().values_list(path, flat=True))
