"""What is owed, since when, and until when; office hours from eight to five, Monday to Friday."""

from datetime import UTC, datetime, timedelta

import pytest

from tickets.sla.clock import Happening, Mode, StepKind, Targets, What, clock
from tickets.sla.working_hours import WorkingHours

OFFICE = WorkingHours("UTC", (((480, 1_020),),) * 5 + ((),) * 2)
HOUR = timedelta(hours=1)
FIRST, NEXT, SOLUTION = StepKind
TARGETS = Targets({FIRST: 2 * HOUR, NEXT: 4 * HOUR, SOLUTION: 16 * HOUR}, warning=HOUR)


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of March 2026, which begins on a Sunday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def opened(day: int, hour: int, minute: int = 0) -> Happening:
    return Happening(What.OPENED, moment(day, hour, minute))


def asked(day: int, hour: int) -> Happening:
    return Happening(What.ASKED, moment(day, hour))


def answered(day: int, hour: int) -> Happening:
    return Happening(What.ANSWERED, moment(day, hour))


def moved(status: str, day: int, hour: int) -> Happening:
    return Happening(What.STATUS, moment(day, hour), status)


def told(*happenings: Happening):
    return clock(happenings, OFFICE, TARGETS)


def step(kind: StepKind, *happenings: Happening):
    return next(each for each in told(*happenings).steps if each.kind == kind)


def test_a_new_ticket_owes_a_first_response_in_working_time():
    owed = told(opened(2, 16)).owed
    assert (owed.kind, owed.due_at, owed.warn_at) == (FIRST, moment(3, 9), moment(2, 17))


def test_what_is_opened_at_night_or_at_the_weekend_counts_from_the_next_morning():
    assert told(opened(6, 23)).owed.due_at == moment(9, 10)


def test_an_answered_ticket_is_never_late_for_its_first_response():
    first = step(FIRST, opened(2, 9), answered(2, 15))
    assert first.is_breached
    assert not first.is_late(moment(31, 12))
    assert step(FIRST, opened(2, 9)).is_late(moment(2, 12))


def test_an_answer_at_the_very_deadline_is_good_enough():
    assert not step(FIRST, opened(2, 9), answered(2, 11)).is_breached


def test_closing_takes_every_step():
    clock_ = told(opened(2, 9), moved("closed", 2, 10))
    assert {each.kind: each.done_at for each in clock_.steps} == {FIRST: moment(2, 10), SOLUTION: moment(2, 10)}
    assert (clock_.mode, clock_.owed, clock_.is_breached) == (Mode.FINISHED, None, False)


def test_the_first_message_that_waits_for_an_answer_counts():
    told_ = told(opened(2, 9), answered(2, 10), asked(2, 12), asked(2, 16))
    assert (told_.owed.kind, told_.owed.since, told_.owed.due_at) == (NEXT, moment(2, 12), moment(2, 16))


def test_what_the_customer_adds_before_the_first_response_owes_no_other():
    assert [each.kind for each in told(opened(2, 9), asked(2, 10)).steps] == [FIRST, SOLUTION]


@pytest.mark.parametrize("status", ["waiting", "on_hold"])
def test_nothing_is_owed_in_a_pause_and_its_time_does_not_count(status):
    story = [opened(2, 9), answered(2, 10), moved(status, 2, 11)]
    assert told(*story).owed is None
    assert step(SOLUTION, *story).due_at is None
    # Two hours have counted of sixteen.
    assert step(SOLUTION, *story, moved("open", 4, 8)).due_at == moment(5, 13)


def test_an_answer_of_the_customer_sets_the_clock_going_again():
    story = [opened(2, 9), answered(2, 10), moved("waiting", 2, 10), asked(4, 8), moved("open", 4, 8)]
    assert (told(*story).owed.kind, told(*story).owed.due_at) == (NEXT, moment(4, 12))


def test_what_was_due_before_a_pause_stays_breached_when_it_is_answered_in_it():
    story = [opened(2, 9), moved("on_hold", 2, 15), answered(2, 16)]
    assert step(FIRST, *story).due_at == moment(2, 11)
    assert step(FIRST, *story).is_breached


def test_who_is_asked_again_after_closing_has_all_of_the_time_once_more():
    story = [opened(2, 9), answered(2, 10), moved("closed", 2, 11), asked(20, 9), moved("open", 20, 9)]
    assert {each.kind: each.due_at for each in told(*story).steps} == {NEXT: moment(20, 13), SOLUTION: moment(23, 16)}
    assert [(piece.status, piece.since) for piece in told(*story).pieces] == [("open", moment(20, 9))]


def test_what_comes_after_an_answer_does_not_move_when_it_was_due():
    story = [opened(2, 9), answered(2, 10)]
    assert step(FIRST, *story, moved("waiting", 2, 10)).due_at == step(FIRST, *story).due_at == moment(2, 11)


def test_a_target_that_is_not_set_is_not_measured():
    told_ = clock([opened(2, 9)], OFFICE, Targets({SOLUTION: HOUR}))
    assert [each.kind for each in told_.steps] == [SOLUTION]
    assert told_.owed.due_at == moment(2, 10)


def test_a_moment_before_the_one_that_came_first_counts_as_that():
    told_ = told(opened(2, 9), answered(2, 12), moved("waiting", 2, 10))
    assert told_.pieces[-1].since == moment(2, 12)


def test_around_the_clock_a_deadline_is_found_without_looking_at_years_of_days():
    always = WorkingHours("UTC", (((0, 1_440),),) * 7)
    spans = always.spans(moment(2, 9), moment(2, 9) + timedelta(days=3_700))
    assert next(spans) == (moment(2, 9), moment(3, 0))
    assert always.after(moment(2, 9), 40 * HOUR) == moment(4, 1)
