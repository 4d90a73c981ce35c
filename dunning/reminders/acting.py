"""
The step of the day: each invoice that came to a step is reminded of, called about, or charged a late fee.

It may be repeated, break off anywhere, and run twice at once: a step is taken once, by a row that is unique. A batch of
customers is one transaction with their books locked, and what is open is read in it; nothing is sent in it either, the
e-mails wait beside the rows that asked for them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import DataError, IntegrityError
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy

from billing.models import Invoice
from billing.runs.running import without_garbage_collector
from customerflow.changes.recording import recorded
from customerflow.changes.scratch import roomy_cache
from customerflow.keys import among
from customers.models import Customer
from dunning.models import Execution, Rule
from dunning.reminders.deciding import Decision
from dunning.reminders.due import acting_rules, customers_due, portions
from dunning.reminders.planning import plan_for
from dunning.reminders.writing import Records, records_of, write

# So many customers are one transaction.
BATCH = 1_000
ACT = gettext_lazy("Reminders and late fees")
BROKEN = gettext_lazy("The database refused it: %(error)s")
State = Execution.State


@dataclass
class Outcome:
    """What was done, or would be: by rule and state the number of invoices; and of customers looked at, so far."""

    counts: Counter[tuple[int, str]] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    customers: int = 0
    done: int = 0

    @property
    def failed(self) -> int:
        """How many steps failed."""
        return sum(number for (_rule, state), number in self.counts.items() if state == State.FAILED)

    def add(self, records: Records) -> None:
        """Count what was made for a batch."""
        self.counts += records.counts
        self.made += Counter(
            {
                "reminders": len(records.notices),
                "emails": len(records.emails),
                "letters": sum(notice.is_letter for notice in records.notices),
                "calls": len(records.calls),
                "late_fees": len(records.charges),
            }
        )


def act_on(*, on: date, at: datetime, is_preview: bool = False) -> Iterator[Outcome]:
    """
    Take all steps that invoices have come to by the day `on`, and yield what was done so far after each batch.

    `at` is the moment from which the e-mails may be sent. A preview does the same, and writes nothing.
    """
    rules, outcome = acting_rules(on), Outcome()
    keys = customers_due(rules, on)
    outcome.customers = len(keys)
    if not is_preview:
        forget_unfinished_of_settled()
    for batch in portions(keys, BATCH):
        with without_garbage_collector():
            outcome.add(preview(batch, rules, on, at) if is_preview else act_for(batch, rules, on, at))
        outcome.done += len(batch)
        yield outcome


def preview(keys: Sequence[int], rules: Sequence[Rule], on: date, at: datetime) -> Records:
    """Return what would be done for the customers with these keys, and write nothing."""
    customers = Customer.objects.filter(pk__in=among(keys)).order_by("pk")
    return records_of(plan_for(keys, rules, on), list(customers), on, at)


def act_for(keys: Sequence[int], rules: Sequence[Rule], on: date, at: datetime) -> Records:
    """Take the steps of the customers with these keys, in one transaction; return what was done."""
    with roomy_cache():
        try:
            return _act(keys, rules, on, at)
        except (IntegrityError, DataError) as error:
            if len(keys) == 1:
                return _note_failure(keys, rules, on, at, str(BROKEN) % {"error": error})
        # Each by itself, so that the others get theirs.
        together = Records()
        for key in keys:
            together.take(act_for([key], rules, on, at))
        return together


def lock_all_books(keys: Sequence[int]) -> list[Customer]:
    """Return the customers with these keys, their books locked as `lock_books` does; who was removed is not there."""
    return list(Customer.objects.select_for_update(no_key=True).filter(pk__in=among(keys)).order_by("pk"))


@recorded(ACT)
def _act(keys: Sequence[int], rules: Sequence[Rule], on: date, at: datetime) -> Records:
    locked = lock_all_books(keys)
    plan = plan_for([customer.pk for customer in locked], rules, on)
    made = records_of(plan, locked, on, at)
    write(made, plan)
    return made


@recorded(ACT)
def _note_failure(keys: Sequence[int], rules: Sequence[Rule], on: date, at: datetime, reason: str) -> Records:
    locked = lock_all_books(keys)
    plan = plan_for([customer.pk for customer in locked], rules, on)
    todo, plan.todo = plan.todo, {}
    plan.others += [
        (invoice, Decision(rule, State.FAILED, reason))
        for (rule, _key), invoices in todo.items()
        for invoice in invoices
    ]
    made = records_of(plan, locked, on, at)
    write(made, plan)
    return made


@recorded(ACT)
def forget_unfinished_of_settled() -> None:
    """Forget the steps that were held off or failed, of invoices that are open no more: nothing is to be done."""
    still_open = Invoice.objects.open().filter(pk=OuterRef("invoice"))
    Execution.objects.unfinished().filter(~Exists(still_open)).delete()
