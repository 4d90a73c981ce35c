"""The clock beside one that goes minute by minute."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.sla.clock import Happening, Mode, StepKind, Targets, What, clock, taken
from tickets.sla.working_hours import WorkingHours
from tickets.tests.sla.slow import MINUTE, SlowClock, working_minutes

# Where and when a clock is put forward or back: by an hour, by half of one, by two; and once past a whole day.
CHANGES = [
    ("Europe/Vienna", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Vienna", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("America/St_Johns", datetime(2026, 3, 8, 5, 30, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    # Never.
    ("Asia/Kathmandu", datetime(2026, 3, 28, 12, tzinfo=UTC)),
]
DAYS = 4

usual = st.sampled_from([(0, 1_440), (480, 1_020), (1_320, 1_800)])
anything = st.builds(lambda begin, length: (begin, begin + length), st.integers(0, 1_439), st.integers(1, 1_440))


@st.composite
def calendars(draw):
    """Return working hours, many of which begin or end about when a clock is changed, and a moment before that."""
    zone, change = draw(st.sampled_from(CHANGES))
    shown = change.astimezone(ZoneInfo(zone))
    near = st.builds(
        lambda begin, length: ((shown.hour * 60 + shown.minute + begin) % 1_440, length),
        st.integers(-150, 90),
        st.integers(1, 200),
    ).map(lambda pair: (pair[0], sum(pair)))
    days = [change.date() + timedelta(days=number) for number in range(-2, DAYS)]
    off = draw(st.frozensets(st.sampled_from(days), max_size=1))
    week = draw(st.tuples(*[st.lists(near | usual | anything, max_size=2).map(tuple)] * 7))
    return WorkingHours(zone, week, off), change - MINUTE * draw(st.integers(0, 1_500))


MOVES = {
    "new": ["open", "waiting", "on_hold", "resolved", "closed"],
    "open": ["waiting", "on_hold", "resolved", "closed"],
    "waiting": ["open", "on_hold", "resolved", "closed"],
    "on_hold": ["open", "waiting", "resolved", "closed"],
    "resolved": ["open", "closed"],
    "closed": ["open"],
}


@st.composite
def stories(draw, begin):
    """Return what happens to a ticket, as the help desk lets it happen."""
    at, status = begin + MINUTE * draw(st.integers(0, 600)), "new"
    happenings = [Happening(What.OPENED, at)]
    for _ in range(draw(st.integers(0, 7))):
        at += MINUTE * draw(st.integers(0, 900))
        what = draw(st.sampled_from([What.ASKED, What.ANSWERED, What.STATUS]))
        if what != What.STATUS:
            happenings.append(Happening(what, at))
            answered = {"new", "resolved", "closed"} | ({"waiting"} if what == What.ASKED else set())
            wanted = "open" if status in answered else ""
        else:
            wanted = draw(st.sampled_from(MOVES[status]))
        if wanted:
            status = wanted
            happenings.append(Happening(What.STATUS, at, status))
    return happenings


targets_of_all = st.builds(
    lambda within, warning: Targets({kind: MINUTE * minutes for kind, minutes in within.items()}, MINUTE * warning),
    st.dictionaries(st.sampled_from(list(StepKind)), st.integers(1, 900), min_size=1),
    st.integers(0, 60),
)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_the_clock_is_that_of_every_minute(data):
    hours, begin = data.draw(calendars())
    story, targets = data.draw(stories(begin)), data.draw(targets_of_all)
    until = story[-1].at + timedelta(days=DAYS)
    quick, slow = clock(story, hours, targets), SlowClock(hours, targets, story, until)
    open_steps = {step.kind: step for step in quick.steps if step.done_at is None}
    assert open_steps.keys() == slow.owed.keys() & targets.within.keys()
    for kind, step in open_steps.items():
        known = step.due_at if step.due_at and step.due_at <= until else None
        assert known == slow.due_of(kind), kind
        assert step.warn_at is None or step.since <= step.warn_at <= step.due_at
    assert {step.kind for step in quick.steps if step.is_breached} == slow.breached & targets.within.keys()
    done = taken(story, hours, targets)
    assert sorted((step.kind, step.worked // MINUTE) for step in done) == sorted(slow.taken)
    assert {step.kind for step in done if step.is_in_target is False} == slow.breached & targets.within.keys()


@settings(max_examples=100, deadline=None)
@given(calendars(), st.integers(0, 600), st.integers(1, 3_000), st.integers(1, 2_000))
def test_working_time_is_that_of_every_minute(calendar, begin, length, wanted):
    hours, start = calendar
    since = start + MINUTE * begin
    until = since + MINUTE * length
    worked = [minute for minute, is_working in working_minutes(hours, since, until) if is_working]
    assert hours.worked(since, until) == MINUTE * len(worked)
    reached = worked[wanted - 1] + MINUTE if len(worked) >= wanted else None
    moment = hours.after(since, MINUTE * wanted)
    assert (moment if moment and moment <= until else None) == reached


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_pause_never_counts(data):
    """Where nothing else happens, a step is due the later by just the working time of the pause."""
    hours, begin = data.draw(calendars())
    target = MINUTE * data.draw(st.integers(60, 900))
    paused_at = begin + MINUTE * data.draw(st.integers(0, 59))
    goes_on_at = paused_at + MINUTE * data.draw(st.integers(1, 2_000))
    targets = Targets({StepKind.SOLUTION: target})
    story = [
        Happening(What.OPENED, begin),
        Happening(What.STATUS, paused_at, "waiting"),
        Happening(What.STATUS, goes_on_at, "open"),
    ]
    assert clock(story[:2], hours, targets).mode == Mode.PAUSED
    assert clock(story[:2], hours, targets).owed is None
    due_at = clock(story, hours, targets).steps[0].due_at
    counted = hours.worked(begin, paused_at)
    assert due_at == hours.after(goes_on_at, target - counted)


def test_the_holidays_of_a_country_are_days_off():
    week = (((480, 1_020),),) * 5 + ((),) * 2
    hours = WorkingHours("Europe/Vienna", week, frozenset({date(2026, 5, 1)}))
    # The evening before the first of May, a Friday: the next working hour begins on Monday.
    assert hours.after(datetime(2026, 4, 30, 16, tzinfo=UTC), MINUTE) == datetime(2026, 5, 4, 6, 1, tzinfo=UTC)


def test_a_calendar_without_working_hours_has_no_deadline():
    hours = WorkingHours("UTC", ((),) * 7)
    assert hours.after(datetime(2026, 4, 30, 16, tzinfo=UTC), MINUTE) is None
