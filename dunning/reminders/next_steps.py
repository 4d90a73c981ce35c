"""What comes next for an invoice that is open, and when; or why nothing does."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.utils.translation import gettext as _

from billing.models import Charge, Invoice
from customers.models import Customer
from dunning.models import Execution, Promise, Rule

Action = Rule.Action


@dataclass(frozen=True)
class NextStep:
    """The next step of an invoice and its day, where there is one; `why` says what holds it off."""

    rule: Rule | None = None
    day: date | None = None
    why: str = ""

    def __str__(self) -> str:
        if self.rule is None:
            return self.why
        said = _("%(rule)s on %(day)s") % {"rule": self.rule, "day": self.day}
        return f"{said}: {self.why}" if self.why else said


def next_steps(customer: Customer, invoices: Iterable[Invoice], on: date) -> dict[int, NextStep]:
    """
    Return what comes next for `invoices`, all open and of `customer`, on the day `on` or later.

    One query where no rule is switched on, else four.
    """
    invoices = list(invoices)
    rules = sorted(Rule.objects.active(), key=lambda rule: rule.place)
    if not rules or not invoices:
        return {invoice.pk: NextStep(why=_("No rule is switched on.")) for invoice in invoices}
    taken: dict[int, dict[int, Execution]] = defaultdict(dict)
    for execution in Execution.objects.filter(invoice__in=invoices):
        taken[execution.invoice_id][execution.rule_id] = execution
    with_fee = set(Charge.objects.filter(late_fee_of__in=invoices).values_list("late_fee_of", flat=True))
    promises = Promise.objects.open(on).filter(promised__invoice__in=[invoice.pk for invoice in invoices])
    until = dict(promises.values_list("promised__invoice", "due_on"))
    steps = {
        invoice.pk: _next(invoice, customer, rules, taken[invoice.pk], on, has_fee=invoice.pk in with_fee)
        for invoice in invoices
    }
    return {key: _until(step, until[key]) if key in until else step for key, step in steps.items()}


def _until(step: NextStep, day: date) -> NextStep:
    """Return a step as a promise holds it off."""
    if step.rule is None:
        return step
    return replace(step, why=_("held off by a promise until %(day)s") % {"day": day})


def _next(
    invoice: Invoice, customer: Customer, rules: list[Rule], taken: dict[int, Execution], on: date, *, has_fee: bool
) -> NextStep:
    """Return the next step: the first to come, or else the last that is due and waits for the next run."""
    left = [
        rule for rule in rules if _may_come(rule, invoice, taken) and not (has_fee and rule.action == Action.LATE_FEE)
    ]
    if not left:
        return NextStep(why=_("No further step."))
    enough = [rule for rule in left if invoice.open_amount >= rule.least_open]
    if not enough:
        return NextStep(why=_("Too little is open for the next step."))
    waiting = [rule for rule in enough if rule.step_day(invoice.due_on) <= on]
    rule = waiting[-1] if waiting else min(enough, key=lambda each: each.place)
    return NextStep(rule, max(rule.step_day(invoice.due_on), on), _held_by(rule, customer, taken.get(rule.pk)))


def _may_come(rule: Rule, invoice: Invoice, taken: dict[int, Execution]) -> bool:
    execution = taken.get(rule.pk)
    day = rule.step_day(invoice.due_on)
    is_over = execution is not None and execution.state not in (Execution.State.HELD, Execution.State.FAILED)
    return not is_over and day >= max(rule.active_from, invoice.posted_on)


def _held_by(rule: Rule, customer: Customer, execution: Execution | None) -> str:
    if customer.channel == Customer.Channel.NONE and rule.action != Action.LATE_FEE:
        return _("held off, the customer is not to be reminded")
    if execution is not None:
        return execution.reason
    return ""
