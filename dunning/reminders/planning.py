"""What is to be done for some customers on a day: read and thought out, nothing written."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.functional import Promise

from billing.models import Charge, Invoice
from customerflow.keys import among
from customers.models import Customer
from dunning.models import CallTask, Execution, Notice, Rule
from dunning.promises import promised
from dunning.reminders.deciding import NO_FEE, Decision, Facts, Place, decide
from dunning.reminders.due import due_for
from dunning.reminders.texts import OpenInvoice

Action, State = Rule.Action, Execution.State


@dataclass
class Plan:
    """
    What becomes of the steps of some customers: by rule and customer what is to be done, and one by one what is not.

    `known` are the keys and the attempts of the executions that there are, by rule and invoice.
    """

    todo: dict[tuple[Rule, int], list[OpenInvoice]] = field(default_factory=lambda: defaultdict(list))
    others: list[tuple[OpenInvoice, Decision]] = field(default_factory=list)
    known: dict[tuple[int, int], Execution] = field(default_factory=dict)


def plan_for(customers: Sequence[int], rules: Iterable[Rule], on: date) -> Plan:
    """Return what is to be done for the customers with these keys by `rules`, all of which act, on the day `on`."""
    rules = list(rules)
    due: dict[OpenInvoice, list[Rule]] = defaultdict(list)
    for rule in rules:
        for invoice in _due_invoices(rule, customers, on):
            due[invoice].append(rule)
    plan = Plan()
    if not due:
        return plan
    facts, acted = _facts(due, rules, on), _acted_today(customers, on)
    unfinished = Execution.objects.unfinished().filter(invoice__in=among(each.pk for each in due))
    plan.known = {(each.rule_id, each.invoice_id): each for each in unfinished}
    for invoice, its_rules in sorted(due.items(), key=lambda pair: (pair[0].due_on, pair[0].pk)):
        for decision in decide(its_rules, facts[invoice.pk], on):
            _take_up(plan, invoice, decision, acted)
    return plan


def _take_up(plan: Plan, invoice: OpenInvoice, decision: Decision, acted: set[tuple[int, int]]) -> None:
    rule = decision.rule
    if decision.state != State.DONE:
        plan.others.append((invoice, decision))
    elif rule.action == Action.LATE_FEE and not rule.fee_of(invoice.open_amount):
        plan.others.append((invoice, Decision(rule, State.OVERTAKEN, NO_FEE)))
    # Of one rule a customer gets one reminder a day: what comes up later on the day waits for the next.
    elif (rule.pk, invoice.customer_id) not in acted:
        plan.todo[rule, invoice.customer_id].append(invoice)


def _due_invoices(rule: Rule, customers: Sequence[int], on: date) -> Iterable[OpenInvoice]:
    found = due_for(rule, on, Invoice.objects.filter(customer__in=among(customers))).order_by()
    for key, customer, number, issued_on, due_on, total, settled in found.values_list(
        "pk", "customer", "number", "issued_on", "due_on", "total", "settled"
    ):
        yield OpenInvoice(key, customer, number, issued_on, due_on, total - settled)


def _facts(due: Iterable[OpenInvoice], rules: Iterable[Rule], on: date) -> dict[int, Facts]:
    invoices = {each.pk: each for each in due}
    of_them = Invoice.objects.filter(pk__in=among(invoices)).order_by()
    held_off = set(promised(of_them, on).values_list("pk", flat=True))
    with_fee = set(Charge.objects.filter(late_fee_of__in=among(invoices)).values_list("late_fee_of", flat=True))
    unwanted = Customer.objects.filter(
        pk__in=among({each.customer_id for each in invoices.values()}), channel=Customer.Channel.NONE
    )
    unwanted = set(unwanted.order_by().values_list("pk", flat=True))
    taken = _places_taken(invoices)
    return {
        key: Facts(
            due_on=invoice.due_on,
            is_promised=key in held_off,
            is_unwanted=invoice.customer_id in unwanted,
            has_fee=key in with_fee,
            reminded=taken.get((key, Action.REMINDER)),
            called=taken.get((key, Action.CALL)),
        )
        for key, invoice in invoices.items()
    }


def _places_taken(invoices: Iterable[int]) -> dict[tuple[int, str], Place]:
    """Return the place of the last step that was taken of each invoice, by its kind."""
    taken: dict[tuple[int, str], Place] = {}
    done = Execution.objects.filter(invoice__in=among(invoices), state=State.DONE).order_by()
    for invoice, action, *place in done.values_list("invoice", "rule__action", "rule__days", "rule__position", "rule"):
        taken[invoice, action] = max(taken.get((invoice, action), tuple(place)), tuple(place))
    return taken


def _acted_today(customers: Sequence[int], on: date) -> set[tuple[int, int]]:
    """Return by which rules which customers got something today already."""
    chosen = among(customers)
    reminded = Notice.objects.filter(customer__in=chosen, day=on).order_by().values_list("rule", "customer")
    called = CallTask.objects.filter(customer__in=chosen, due_on=on).order_by().values_list("rule", "customer")
    return set(reminded) | set(called)


def in_words(reason: str | Promise) -> str:
    """Return a reason as it is kept."""
    return str(reason)[: Execution._meta.get_field("reason").max_length]
