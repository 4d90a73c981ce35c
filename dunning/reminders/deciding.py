"""What becomes of the steps that one invoice has come to: no database, no clock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dunning.models import Execution, Rule

Action, State = Rule.Action, Execution.State
Place = tuple[int, int, int]

PROMISED = _("A promise to pay is open.")
UNWANTED = _("The customer is not to be reminded.")
LATER_DUE = _("A later step came due meanwhile.")
LATER_TAKEN = _("A later step was taken before.")
DAY_PASSED = _("The due day has passed.")
HAS_FEE = _("The invoice has its late fee already.")
NO_FEE = _("The fee would be nothing.")


@dataclass(frozen=True)
class Facts:
    """
    What is to be known of an invoice for which rules have something to do.

    `reminded` and `called` are the places of the last such steps that were taken.
    """

    due_on: date
    is_promised: bool = False
    is_unwanted: bool = False
    has_fee: bool = False
    reminded: Place | None = None
    called: Place | None = None


@dataclass(frozen=True)
class Decision:
    """What becomes of one step."""

    rule: Rule
    state: Execution.State
    reason: str | Promise = ""


def decide(rules: Iterable[Rule], facts: Facts, on: date) -> Iterator[Decision]:
    """
    Yield what becomes of each of `rules`, for all of which the invoice is due on the day `on`.

    Of several reminders only the last goes, and of several calls the last is made; a fee is charged once.
    """
    rules = sorted(rules, key=lambda rule: rule.place)
    if facts.is_promised:
        yield from (Decision(rule, State.HELD, PROMISED) for rule in rules)
        return
    yield from _last_of([rule for rule in rules if rule.action == Action.REMINDER], facts, facts.reminded, on)
    yield from _last_of([rule for rule in rules if rule.action == Action.CALL], facts, facts.called, on)
    has_fee = facts.has_fee
    for rule in rules:
        if rule.action == Action.LATE_FEE:
            yield Decision(rule, State.OVERTAKEN, HAS_FEE) if has_fee else Decision(rule, State.DONE)
            has_fee = True


def _last_of(rules: list[Rule], facts: Facts, taken: Place | None, on: date) -> Iterator[Decision]:
    for rule in rules:
        if taken is not None and rule.place < taken:
            yield Decision(rule, State.OVERTAKEN, LATER_TAKEN)
        elif rule is not rules[-1]:
            yield Decision(rule, State.OVERTAKEN, LATER_DUE)
        elif rule.days < 0 and on > facts.due_on:
            yield Decision(rule, State.OVERTAKEN, DAY_PASSED)
        elif facts.is_unwanted:
            yield Decision(rule, State.HELD, UNWANTED)
        else:
            yield Decision(rule, State.DONE)
