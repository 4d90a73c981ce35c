"""The billing run: everything that is due up to a day, planned and then issued, a batch of customers at a time."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import BillingRun, BillingRunItem, BillingStart
from billing.runs.bills import Bill, draw_up, issue
from billing.runs.candidates import candidates, changed_since, last_run_began, stretches_of_customers
from billing.runs.differences import Difference, compare
from billing.runs.due import lines_due
from billing.runs.facts import facts_of
from billing.taxes import Rates
from customerflow.changes.recording import recorded
from customerflow.changes.scratch import roomy_cache
from customerflow.inserting import insert_all
from customerflow.keys import among
from customers.models import Customer

LONGEST_REASON = 500
# What a record can bring about that should not be as it is; a bug of ours looks the same.
BAD_RECORD = (ValidationError, ArithmeticError, ValueError, TypeError, LookupError)
State, Outcome = BillingRun.State, BillingRunItem.Outcome
ACT = gettext_lazy("Billing run")


@recorded(gettext_lazy("Start of billing set"))
def start_billing(*, day: date) -> BillingStart:
    """
    Let billing begin with the day `day`: what was before it, another system has charged.

    Raises `ValidationError` once there is a billing run: what was billed hangs on that day.
    """
    if BillingRun.objects.filter(items__outcome__in=[Outcome.INVOICED, Outcome.CREDITED]).exists():
        raise ValidationError({"day": _("The billing has begun already. This day cannot change any more.")})
    return BillingStart.objects.update_or_create(pk=1, defaults={"day": day})[0]


def billing_start() -> date:
    """Return the first day that is charged here; raises `ValidationError` where nobody has said it."""
    day = BillingStart.objects.values_list("day", flat=True).first()
    if day is None:
        raise ValidationError(_("Nobody has said from which day on customers are billed here: say it first."))
    return day


def open_run(*, day: date, plan: bool, on: date, by: AbstractUser | None = None) -> tuple[BillingRun, bool]:
    """
    Return the run of the day `day`, and whether it goes on with what was begun before; `on` is today.

    A plan (`plan`) only says what would be issued, and may be made for any day. A run that was done begins its next
    attempt. Raises `ValidationError` for a day still to come, where there is no plan to be made, and where billing has
    no start.
    """
    billing_start()
    if day > on and not plan:
        raise ValidationError({"day": _("This day is still to come: it can be previewed, not billed.")})
    begun = {"state": State.PLANNING if plan else State.RUNNING, "started_at": timezone.now(), "started_by": by}
    with transaction.atomic():
        run, is_new = BillingRun.objects.select_for_update().get_or_create(day=day, defaults=begun)
        if is_new or run.state == begun["state"]:
            return run, not is_new
        if plan and run.state == State.RUNNING:
            begun_already = _("The run of this day has begun already, at %(at)s.")
            raise ValidationError({"day": begun_already % {"at": f"{run.started_at:%Y-%m-%d %H:%M}"}})
        if run.state == State.DONE:
            run.attempt += 1
        vars(run).update(started_at=begun["started_at"], finished_at=None, done_up_to=0, state=begun["state"])
        run.started_by = by
        run.save()
        # A plan is made anew; of a planned run, who was parked is looked at again.
        outdated = run.items.filter(attempt=run.attempt)
        (outdated if plan else outdated.filter(outcome=Outcome.PARKED)).delete()
        return run, False


def work_on(run: BillingRun, *, on: date) -> Iterator[BillingRun]:
    """
    Do all that is left of `run`, today being `on`, and yield it as it is after each batch of customers.

    Each batch is a transaction of its own. It may stop anywhere and be gone on with, and several may work on one run.
    """
    is_left = True
    while is_left:
        is_left = work_on_next(run.pk, on=on)
        yield BillingRun.objects.get(pk=run.pk)


def work_on_next(pk: int, *, on: date) -> bool:
    """Do the next batch of the run with the key `pk`, in one transaction; return whether more is left."""
    with without_garbage_collector(), roomy_cache(), transaction.atomic():
        run = BillingRun.objects.select_for_update().get(pk=pk)
        if run.state not in (State.PLANNING, State.RUNNING):
            return False
        batch, run.done_up_to, is_left = _next_batch(run)
        if batch:
            (_plan if run.state == State.PLANNING else _bill)(run, batch, on)
        if not is_left:
            _finish(run)
        run.save()
        return is_left


@contextmanager
def without_garbage_collector() -> Iterator[None]:
    """Look for no cycles of dead objects: a batch makes hundreds of thousands of objects, and hardly a cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass(frozen=True)
class Batch:
    """Customers to be looked at, and those of whom what was billed is compared with what is right."""

    customers: list[int]
    looked_through: set[int]
    start: date


def _next_batch(run: BillingRun) -> tuple[Batch | None, int, bool]:
    """Return the next customers, the key up to which all are done with them, and whether there are more behind it."""
    start = billing_start()
    for first, last in stretches_of_customers(run.done_up_to):
        since = changed_since(last_run_began())
        found, touched = candidates(first, last, start=start, on=run.day, since=since)
        return Batch(found, touched, start) if found else None, last, True
    return None, run.done_up_to, False


def bills_of(
    customers: Iterable[Customer], *, start: date, day: date, looked_through: set[int], rates: Rates
) -> tuple[list[Bill], dict[Customer, str]]:
    """Return the bills of `customers` for the day `day`, and why there can be none for some; nothing is written."""
    bills, parked = [], {}
    for facts in facts_of(customers, start=start, on=day, looked_through=looked_through):
        try:
            if lines := lines_due(facts, start=start, on=day):
                bills.append(draw_up(facts.customer, lines, rates))
        except BAD_RECORD as error:
            parked[facts.customer] = in_words(error)
    return bills, parked


def in_words(error: Exception) -> str:
    """Return why a customer could not be dealt with, for those who are to put it right."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)[:LONGEST_REASON]
    return f"{type(error).__name__}: {error}"[:LONGEST_REASON]


def _plan(run: BillingRun, batch: Batch, on: date) -> None:
    customers = Customer.objects.filter(pk__in=among(batch.customers)).order_by("pk")
    rates = Rates.on(max(run.day, on))
    bills, parked = bills_of(
        customers, start=batch.start, day=run.day, looked_through=batch.looked_through, rates=rates
    )
    differences = compare(bills)
    items = [_item(run, bill, differences[bill.customer.pk], outcome=Outcome.PLANNED) for bill in bills]
    insert_all(BillingRunItem, items + _parked(run, parked))


@recorded(ACT)
def _bill(run: BillingRun, batch: Batch, on: date) -> None:
    """Bill a batch, or, where the database refuses a document of it, one customer of it after the other."""
    rates = Rates.on(on)
    locked = list(Customer.objects.select_for_update(no_key=True).filter(pk__in=among(batch.customers)).order_by("pk"))
    try:
        with transaction.atomic():
            _bill_together(run, locked, batch, rates, on)
    except DatabaseError:
        for customer in locked:
            try:
                with transaction.atomic():
                    _bill_together(run, [customer], batch, rates, on)
            except DatabaseError as error:
                _keep(run, {customer.pk: _parked(run, {customer: in_words(error)})[0]})


def _bill_together(run: BillingRun, customers: list[Customer], batch: Batch, rates: Rates, on: date) -> None:
    bills, parked = bills_of(
        customers, start=batch.start, day=run.day, looked_through=batch.looked_through, rates=rates
    )
    differences = compare(bills)
    issued = issue(bills, on=on)
    items = {item.customer_id: item for item in _parked(run, parked)}
    for bill in bills:
        key = bill.customer.pk
        outcome = Outcome.CREDITED if bill.credit_note else Outcome.INVOICED
        items[key] = _item(run, bill, differences[key], outcome=outcome, **vars(issued[key]))
    _keep(run, items)


def _item(run: BillingRun, bill: Bill, difference: Difference, **facts: object) -> BillingRunItem:
    return BillingRunItem(
        run=run,
        attempt=run.attempt,
        customer=bill.customer,
        total=bill.total,
        before=difference.before,
        difference=difference.kind,
        digest=bill.digest,
        **facts,
    )


def _parked(run: BillingRun, reasons: dict[Customer, str]) -> list[BillingRunItem]:
    parked = {"run": run, "attempt": run.attempt, "outcome": Outcome.PARKED}
    return [
        BillingRunItem(**parked, customer=customer, reason=reason or _("It cannot be billed."))
        for customer, reason in reasons.items()
    ]


def _keep(run: BillingRun, items: dict[int, BillingRunItem]) -> None:
    """Keep what was done in place of what was planned, and say where it is something else."""
    # By a range of keys: a preview has just written very many rows, of which the database may know nothing yet.
    planned = run.items.filter(attempt=run.attempt, outcome=Outcome.PLANNED).order_by()
    planned = planned.filter(customer__gte=min(items, default=0), customer__lte=max(items, default=0))
    replaced = []
    for key, customer, digest in planned.values_list("pk", "customer", "digest"):
        if customer in items:
            items[customer].has_changed = items[customer].digest != digest
            replaced.append(key)
    run.items.filter(pk__in=replaced).delete()
    insert_all(BillingRunItem, [*items.values()])


def _finish(run: BillingRun) -> None:
    if run.state == State.RUNNING:
        # What was previewed and is not due any more.
        run.items.filter(attempt=run.attempt, outcome=Outcome.PLANNED).update(outcome=Outcome.NOTHING, has_changed=True)
    run.state = State.PLANNED if run.state == State.PLANNING else State.DONE
    run.finished_at = timezone.now()
