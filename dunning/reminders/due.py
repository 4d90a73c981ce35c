"""Which invoices come to which step: questions about rows, with the day passed in."""

from array import array
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, QuerySet

from billing.balances import OPEN_AMOUNT
from billing.models import Invoice
from dunning.models import Execution, Rule


def at_step(rule: Rule, invoices: QuerySet[Invoice], first: date, last: date) -> QuerySet[Invoice]:
    """
    Return those of `invoices` whose day for the step of `rule` is from `first` to `last`, both included.

    A step whose day was before the invoice came on these books is nobody's: of a loaded one another system has taken
    it, and a reminder before the due day makes no sense where the term is shorter.
    """
    shift = timedelta(days=rule.days)
    found = invoices.filter(due_on__gte=first - shift, due_on__lte=last - shift)
    return found.filter(posted_on__lte=F("due_on") + shift)


def due_for(rule: Rule, on: date, invoices: QuerySet[Invoice] | None = None) -> QuerySet[Invoice]:
    """
    Return the invoices for which `rule`, which is switched on, has something to do on the day `on`.

    They are open with as much as the rule wants, came to its step since it acts, and the step was not taken.
    """
    invoices = Invoice.objects.all() if invoices is None else invoices
    found = at_step(rule, invoices.open(), rule.active_from, on)
    if rule.least_open:
        found = found.alias(still_open=OPEN_AMOUNT).filter(still_open__gte=rule.least_open)
    taken = Execution.objects.over().filter(rule=rule, invoice=OuterRef("pk"))
    return found.filter(~Exists(taken))


def customers_due(rules: Sequence[Rule], on: date) -> array:
    """Return the keys of the customers of whom an invoice is `due_for` one of `rules`, in order: 8 bytes each."""
    if not rules:
        return array("q")
    first, *others = [due_for(rule, on).order_by().values_list("customer", flat=True).distinct() for rule in rules]
    found = first.union(*others) if others else first
    return array("q", found.order_by("customer").iterator(chunk_size=10_000))


def acting_rules(on: date) -> list[Rule]:
    """Return the rules that act on the day `on`, the earliest step first."""
    rules = Rule.objects.filter(active_from__lte=on).select_related("template", "tax_code")
    return sorted(rules, key=lambda rule: rule.place)


def portions(keys: Sequence[int], size: int) -> Iterable[Sequence[int]]:
    """Yield `keys` in portions of `size`."""
    return (keys[start : start + size] for start in range(0, len(keys), size))
