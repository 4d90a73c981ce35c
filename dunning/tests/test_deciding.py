"""What becomes of the steps that one invoice came to: of each kind the last, and nothing while a promise is open."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dunning.models import Execution, Rule
from dunning.reminders.deciding import Facts, decide

DUE_ON = date(2026, 3, 1)
Action, State = Rule.Action, Execution.State


def rule(pk: int, action: str, days: int, position: int = 0) -> Rule:
    return Rule(pk=pk, name=f"Rule {pk}", action=action, days=days, position=position)


RULES = st.lists(
    st.tuples(st.sampled_from(Action.values), st.integers(-10, 60), st.integers(0, 2)), min_size=1, max_size=8
).map(lambda drawn: [rule(pk, *each) for pk, each in enumerate(drawn, 1)])
PLACES = st.one_of(st.none(), st.tuples(st.integers(-10, 60), st.integers(0, 2), st.integers(1, 8)))
FACTS = st.builds(
    Facts,
    due_on=st.just(DUE_ON),
    is_promised=st.booleans(),
    is_unwanted=st.booleans(),
    has_fee=st.booleans(),
    reminded=PLACES,
    called=PLACES,
)


@given(RULES, FACTS, st.integers(-10, 90))
def test_each_step_has_one_outcome_and_of_each_kind_at_most_one_is_taken(rules, facts, late):
    decisions = list(decide(rules, facts, DUE_ON + timedelta(days=late)))
    assert sorted(each.rule.pk for each in decisions) == sorted(each.pk for each in rules)
    taken = [each.rule for each in decisions if each.state == State.DONE]
    assert len({each.action for each in taken}) == len(taken)
    assert all(each.reason for each in decisions if each.state != State.DONE)
    if facts.is_promised:
        assert {each.state for each in decisions} == {State.HELD}
    for each in taken:
        before = {Action.REMINDER: facts.reminded, Action.CALL: facts.called}.get(each.action)
        assert before is None or each.place >= before
        if each.action == Action.LATE_FEE:
            assert not facts.has_fee
        else:
            assert each.place == max(other.place for other in rules if other.action == each.action)
            assert not facts.is_unwanted
            assert each.days >= 0 or late <= 0


def outcome(rules: list[Rule], on: date, **facts) -> dict[int, str]:
    return {each.rule.pk: str(each.state) for each in decide(rules, Facts(DUE_ON, **facts), on)}


def test_after_a_missed_week_only_the_last_reminder_goes_and_the_fee_is_charged():
    rules = [rule(1, Action.REMINDER, 7), rule(2, Action.LATE_FEE, 10), rule(3, Action.REMINDER, 14)]
    assert outcome(rules, date(2026, 3, 16)) == {1: "overtaken", 2: "done", 3: "done"}


def test_a_reminder_before_the_due_day_is_too_late_behind_it():
    before = [rule(1, Action.REMINDER, -3)]
    assert outcome(before, DUE_ON) == {1: "done"}
    assert outcome(before, DUE_ON + timedelta(days=1)) == {1: "overtaken"}


def test_a_step_that_failed_is_not_taken_once_a_later_one_was():
    first = [rule(1, Action.REMINDER, 7)]
    assert outcome(first, date(2026, 3, 20), reminded=(14, 0, 2)) == {1: "overtaken"}
    assert outcome(first, date(2026, 3, 20), reminded=(-3, 0, 3)) == {1: "done"}


def test_who_is_not_to_be_reminded_is_charged_a_late_fee_all_the_same():
    rules = [rule(1, Action.REMINDER, 7), rule(2, Action.CALL, 7), rule(3, Action.LATE_FEE, 7)]
    assert outcome(rules, date(2026, 3, 8), is_unwanted=True) == {1: "held", 2: "held", 3: "done"}
