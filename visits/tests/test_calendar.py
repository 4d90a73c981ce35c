"""The private link to one's visits, and the calendar that it opens."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from icalendar import Calendar

from customerflow.changes.models import Change
from customerflow.staff.roles import TECHNICIAN
from customers.models import Location
from tickets.models import Ticket, TicketType
from tickets.tests.factories import make_ticket_type
from visits.calendar_feed import event_of, feed_of
from visits.calendar_links import make_link, withdraw_link
from visits.going import finish, move_on
from visits.models import CalendarLink, Visit
from visits.planning import give_visit, move_visit
from visits.tests.factories import DAY, PLANNED_AT, make_technician, make_ticket_at_home, make_visit

pytestmark = pytest.mark.django_db
WHO = {"at": PLANNED_AT, "by": None}


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(PLANNED_AT, tick=False):
        yield


def read(content: bytes) -> list:
    """Return the events of a calendar, as another program reads them."""
    return [component for component in Calendar.from_ical(content).walk() if component.name == "VEVENT"]


def events(technician, *, on: date = DAY) -> list:
    return read(feed_of(technician, on=on, address_of=lambda visit: f"https://example.net{visit.get_absolute_url()}"))


def get(token: str, method: str = "get"):
    return getattr(Client(), method)(reverse("visits:calendar_feed", args=[token]))


# --- The link --------------------------------------------------------------------------------------------------------


def test_a_link_opens_the_visits_without_a_log_in_and_leaves_no_cookie():
    technician = make_technician()
    make_visit(technician=technician), make_visit()
    response = get(make_link(user=technician, at=PLANNED_AT))
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Cache-Control"] == "private"
    assert not response.cookies
    assert len(read(response.content)) == 1


def test_it_is_shown_once_and_only_its_hash_is_kept(client):
    technician = make_technician()
    client.force_login(technician)
    page = client.post(reverse("visits:calendar"), {"act": "make"})
    token = page.context["address"].rpartition("/")[2].removesuffix(".ics")
    assert page["Cache-Control"] == "no-store"
    assert get(token).status_code == 200
    assert token not in client.get(reverse("visits:calendar")).content.decode()
    kept = CalendarLink.objects.get()
    assert len(kept.token_hash) == 64
    assert token not in kept.token_hash
    told = Change.objects.filter(kind="visits.calendarlink").values_list("before", "after")
    assert told
    assert not [image for images in told for image in images if image and (token in image or kept.token_hash in image)]


def test_one_made_anew_or_withdrawn_opens_nothing(client):
    technician = make_technician()
    first = make_link(user=technician, at=PLANNED_AT)
    second = make_link(user=technician, at=PLANNED_AT)
    assert [get(token).status_code for token in (first, second)] == [404, 200]
    client.force_login(technician)
    page = client.post(reverse("visits:calendar"), {"act": "withdraw"}, follow=True).content.decode()
    assert "The link was withdrawn" in page
    assert get(second).status_code == 404
    assert not withdraw_link(user=technician)


def test_whatever_opens_nothing_has_one_answer(django_assert_num_queries):
    left, moved = make_technician(), make_technician()
    tokens = [make_link(user=user, at=PLANNED_AT) for user in (left, moved)]
    left.is_active = False
    left.save()
    moved.groups.remove(Group.objects.get(name=TECHNICIAN))
    answers = set()
    for token in [*tokens, "unknown", "no\0such", "x" * 2_000]:
        response = get(token)
        answers.add((response.status_code, response.content, response["Content-Type"], bool(response.cookies)))
    assert answers == {(404, b"There is no such calendar.\n", "text/plain", False)}
    for token in (tokens[0], "unknown"):
        with django_assert_num_queries(1):
            get(token)


def test_it_is_only_read():
    token = make_link(user=make_technician(), at=PLANNED_AT)
    assert get(token, "head").status_code == 200
    assert get(token, "post").status_code == 405


def test_the_calendar_asks_few_questions(django_assert_max_num_queries):
    technician = make_technician()
    for offset in range(5):
        make_visit(technician=technician, day=DAY + timedelta(days=offset))
    token = make_link(user=technician, at=PLANNED_AT)
    with django_assert_max_num_queries(4):
        get(token)


# --- What it says ----------------------------------------------------------------------------------------------------


def test_an_event_has_what_it_takes_to_get_there_and_no_more():
    technician = make_technician()
    ticket = make_ticket_at_home(type=make_ticket_type(name="Installation"), subject="Ann wants fibre")
    visit = make_visit(ticket=ticket, technician=technician, items=["Ring at Ann's"])
    (event,) = events(technician)
    assert event["uid"] == f"{visit.uid}@customerflow"
    assert event["summary"] == f"#{ticket.number} Installation"
    assert event["location"] == "12 Harbour Road, Springfield"
    assert event["url"] == f"https://example.net{visit.get_absolute_url()}"
    assert (event["status"], event["sequence"], event["dtstamp"].dt) == ("CONFIRMED", 0, PLANNED_AT)
    assert (event.start, event.end) == (
        datetime(2026, 3, 5, 8, tzinfo=UTC),
        datetime(2026, 3, 5, 10, tzinfo=UTC),
    )
    content = feed_of(technician, on=DAY, address_of=str).decode()
    assert not [name for name in ("Ann", ticket.customer.name, ticket.customer.number) if name in content]


def test_any_time_is_all_day_and_an_appointment_lasts_an_hour():
    technician = make_technician()
    make_visit(technician=technician, starts=None, ends=None)
    make_visit(technician=technician, starts=time(14, 30), ends=None)
    all_day, appointment = events(technician)
    assert (all_day["dtstart"].dt, all_day["dtend"].dt, all_day["transp"]) == (DAY, date(2026, 3, 6), "TRANSPARENT")
    assert appointment.duration == timedelta(hours=1)


def test_a_moved_or_cancelled_visit_is_the_same_event_with_a_later_number():
    technician = make_technician()
    visit = make_visit(technician=technician)
    uid = events(technician)[0]["uid"]
    move_visit(visit=visit, day=date(2026, 3, 9), **WHO)
    (moved,) = events(technician)
    move_on(visit=visit, status=Visit.Status.CANCELLED, **WHO)
    (cancelled,) = events(technician)
    assert [event["uid"] for event in (moved, cancelled)] == [uid, uid]
    assert [event["sequence"] for event in (moved, cancelled)] == [1, 2]
    assert moved.start.date() == date(2026, 3, 9)
    assert (cancelled["status"], cancelled["summary"][:10]) == ("CANCELLED", "Cancelled:")
    visit.refresh_from_db()
    give_visit(visit=visit, technician=None, **WHO)
    assert events(technician) == []


def test_one_that_was_made_says_how_it_ended():
    technician = make_technician()
    visit = make_visit(technician=technician)
    finish(visit=visit, status=Visit.Status.FAILED, reason="weather", at=PLANNED_AT, by=technician)
    (event,) = events(technician)
    assert event["summary"].startswith("Failed: #")
    assert event["status"] == "CONFIRMED"


def test_it_reaches_from_30_days_back_to_180_ahead():
    technician = make_technician()
    visit = make_visit(technician=technician)
    shown = [bool(events(technician, on=visit.day + timedelta(days=days))) for days in (-181, -180, 30, 31)]
    assert shown == [False, True, True, False]


@pytest.mark.parametrize(
    ("day", "starts", "ends", "expected"),
    [
        (date(2026, 1, 15), time(8), time(10), ("2026-01-15T07:00", "2026-01-15T09:00")),
        (date(2026, 7, 15), time(8), time(10), ("2026-07-15T06:00", "2026-07-15T08:00")),
        # The night in which the clock skips 02:00 to 03:00, and that in which it has them twice.
        (date(2026, 3, 29), time(1, 30), time(3, 30), ("2026-03-29T00:30", "2026-03-29T01:30")),
        (date(2026, 10, 25), time(1, 30), time(3, 30), ("2026-10-24T23:30", "2026-10-25T02:30")),
    ],
)
def test_windows_are_of_the_operators_time_zone(settings, day, starts, ends, expected):
    settings.TIME_ZONE = "Europe/Vienna"
    begin, end = Visit(day=day, starts=starts, ends=ends).moments
    assert (f"{begin:%Y-%m-%dT%H:%M}", f"{end:%Y-%m-%dT%H:%M}") == expected


TEXT = st.text(max_size=120)


@examples(max_examples=60)
@given(
    name=TEXT,
    address=TEXT,
    day=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    window=st.none() | st.tuples(st.times(), st.none() | st.times()),
    status=st.sampled_from([*Visit.Status]),
    version=st.integers(1, 10**6),
)
def test_every_event_is_read_as_it_was_meant_and_no_line_is_too_long(name, address, day, window, status, version):
    starts, ends = window or (None, None)
    starts = starts and starts.replace(microsecond=0)
    ends = ends.replace(microsecond=0) if ends and ends > starts else None
    visit = Visit(pk=1, day=day, starts=starts, ends=ends, status=status, version=version, updated_at=PLANNED_AT)
    visit.ticket = Ticket(number="7", type=TicketType(name=name))
    visit.location = Location(address=address)
    content = event_of(visit, "https://example.net/visits/1/").to_ical()
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    (event,) = read(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n" + content + b"END:VCALENDAR\r\n")
    assert event["summary"].endswith(" ".join(f"#7 {clean(name)}".split()))
    assert event.get("location", "") == " ".join(clean(address).split())
    assert (event["uid"], event["sequence"]) == (f"{visit.uid}@customerflow", version - 1)
    assert event.end > event.start
    assert (event["status"] == "CANCELLED") == (status == "cancelled")


def clean(text: str) -> str:
    """Return what of a text may be written anywhere."""
    return "".join(" " if char in CONTROL else char for char in text)


CONTROL = {chr(code) for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r"} | {
    chr(code) for code in range(0xD800, 0xE000)
}
