"""What the step of the day did, for people and for programs."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _

from dunning.models import Execution, Rule
from dunning.reminders.acting import Outcome

MADE = ("reminders", "emails", "letters", "calls", "late_fees")


def in_sentences(outcome: Outcome, day: date) -> Iterator[str]:
    """Yield what was done, all together and then by rule."""
    words = {"day": day, "customers": outcome.customers, **{name: outcome.made[name] for name in MADE}}
    yield (
        _(
            "%(day)s: reminders %(reminders)d (by e-mail %(emails)d, as letters %(letters)d), calls %(calls)d, "
            "late fees %(late_fees)d, for %(customers)d customers."
        )
        % words
    )
    for rule, states in _by_rule(outcome):
        said = ", ".join(f"{Execution.State(state).label} {number}" for state, number in sorted(states.items()))
        yield f"{rule}: {said}"


def as_json(outcome: Outcome, day: date) -> dict[str, object]:
    """Return the same for programs."""
    return {
        "day": day.isoformat(),
        "customers": outcome.customers,
        **{name: outcome.made[name] for name in MADE},
        "rules": {str(rule): states for rule, states in _by_rule(outcome)},
    }


def _by_rule(outcome: Outcome) -> Iterator[tuple[Rule, dict[str, int]]]:
    for rule in Rule.objects.filter(pk__in={key for key, _state in outcome.counts}):
        yield rule, {state: number for (key, state), number in outcome.counts.items() if key == rule.pk}
