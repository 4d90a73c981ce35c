"""Queues, the clock on the page of a ticket, and the pages of calendars and policies."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from customerflow.staff.roles import MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user
from tickets.desk import change_status, reply
from tickets.models import Calendar, SlaPolicy, Ticket
from tickets.models.ticket import NEVER
from tickets.queues import MOST_COUNTED, QUEUES, counts, in_words
from tickets.sla.measuring import measure_anew
from tickets.tests.factories import make_calendar, make_policy, make_ticket

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ALWAYS = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "00:00-24:00")


@pytest.fixture
def agent():
    return make_user(SUPPORT, username="agent")


@pytest.fixture
def desk(client, agent):
    client.force_login(agent)
    return client


@pytest.fixture
def manager(client):
    client.force_login(make_user(MANAGER))
    return client


@pytest.fixture
def policy():
    calendar = make_calendar(name="Always", **ALWAYS)
    return make_policy(name="Usual", calendar=calendar, first_minutes=120, solution_minutes=2_880)


def rows_of(response):
    return response.context["page"].rows


def text_of(response):
    return " ".join(response.content.decode().split())


@pytest.fixture
def tickets(agent, policy):
    now = timezone.now()
    late = make_ticket(at=now - 3 * HOUR, assignee=agent)
    soon = make_ticket(at=now - 1.75 * HOUR, group=Group.objects.get(name=SUPPORT))
    calm = make_ticket(at=now, group=Group.objects.get(name="Billing"))
    breached = make_ticket(at=now - 5 * HOUR, assignee=agent)
    reply(ticket=breached, kind="public", body="Sorry", by=agent, at=now - 2 * HOUR)
    waiting = make_ticket(at=now - 5 * HOUR, assignee=make_user())
    change_status(ticket=waiting, status=Ticket.Status.WAITING, at=now - 4 * HOUR)
    return {"late": late, "soon": soon, "calm": calm, "breached": breached, "waiting": waiting}


def test_each_queue_holds_what_its_name_says_the_first_due_first(desk, tickets):
    late, soon, calm, breached, waiting = tickets.values()
    found = {name: rows_of(desk.get(f"/tickets/?queue={name}")) for name in QUEUES}
    assert found == {
        "mine": [late, breached],
        "group": [soon],
        "unassigned": [soon, calm],
        "soon": [soon],
        "late": [late],
        "by_hand": [],
        "snoozed": [],
        "followed": [],
        "breached": [breached],
        "unfinished": [late, soon, calm, breached, waiting],
        "resolved": [],
    }


def test_the_counters_are_those_of_the_queues_and_take_two_queries(desk, agent, tickets, django_assert_num_queries):
    # The first asks for the groups of the person.
    with django_assert_num_queries(2):
        counted = counts(agent, timezone.now())
    assert counted == {"mine": 2, "group": 1, "unassigned": 2, "soon": 1, "late": 1}
    assert '<span class="count" id="count-mine" hx-swap-oob="true">2</span>' in text_of(desk.get("/tickets/counters/"))


def test_counters_stop_at_a_limit():
    assert [in_words(number) for number in (0, 1, MOST_COUNTED, MOST_COUNTED + 1)] == ["", "1", "99", "99+"]


def test_a_queue_takes_few_queries(desk, tickets, django_assert_max_num_queries):
    for name in QUEUES:
        # Of one's groups it is asked first which they are.
        with django_assert_max_num_queries(8):
            desk.get(f"/tickets/?queue={name}")


def test_the_page_of_a_ticket_says_who_is_next_and_why(desk, tickets):
    page = text_of(desk.get(tickets["late"].get_absolute_url()))
    assert "We: First response" in page
    assert "the first that matches (every ticket)" in page
    assert "Always, UTC" in page
    assert "running, 3 h of working time" in page
    page = text_of(desk.get(tickets["waiting"].get_absolute_url()))
    assert "The customer. The clock stands." in page
    assert "paused, does not count" in page


def test_the_page_of_a_finished_ticket_shows_what_was_frozen(desk, agent, tickets, policy):
    change_status(ticket=tickets["breached"], status=Ticket.Status.CLOSED, at=timezone.now(), by=agent)
    policy.name, policy.first_minutes = "Another", 100_000
    policy.save()
    page = text_of(desk.get(tickets["breached"].get_absolute_url()))
    assert "this is how it was measured then" in page
    assert "taken too late" in page
    assert "Usual" in page


def test_a_ticket_that_no_policy_is_for_says_so(desk):
    assert "No policy is for this ticket" in text_of(desk.get(make_ticket().get_absolute_url()))


def fill(client, address, **changed):
    form = client.get(address).context["form"]
    values = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in {**values, **changed}.items() if value is not None and value is not False}
    return client.post(address, sent)


def test_a_calendar_is_added_and_refused_by_field(manager):
    address = reverse("tickets:calendar_create")
    wrong = {
        "monday": "8-17",
        "tuesday": "08:00-12:00, 11:00-13:00",
        "country": "XX",
        "own_days": "2026-02-30",
        "time_zone": "Vienna",
    }
    form = fill(manager, address, name="Office", **wrong).context["form"]
    assert set(form.errors) == set(wrong)
    assert set(fill(manager, address, name="Office").context["form"].errors) == {"monday"}
    given = {"monday": "08:00-12:00, 13:00-17:00", "friday": "22:00-06:00", "country": "AT", "own_days": "12-24 Eve"}
    assert fill(manager, address, name="Office", **given).status_code == 302
    hours = Calendar.objects.get().working_hours()
    assert (hours.week[0], hours.week[4]) == (((480, 720), (780, 1_020)), ((1_320, 1_800),))
    assert "Eve" in text_of(manager.get(Calendar.objects.get().get_absolute_url()))


def test_a_policy_shows_whom_it_would_be_for_and_acts_once_it_is_in_force(manager):
    calendar = make_calendar(**ALWAYS)
    urgent, other = make_ticket(priority="1_urgent"), make_ticket()
    address = reverse("tickets:slapolicy_create")
    given = {"name": "Urgent", "calendar": calendar.pk, "priorities": ["1_urgent"], "first_minutes": 60}
    assert fill(manager, address, **given).status_code == 302
    policy = SlaPolicy.objects.get()
    page = manager.get(policy.get_absolute_url())
    assert page.context["table"].records == [urgent]
    assert "Unfinished tickets that it would be for" in text_of(page)
    urgent.refresh_from_db()
    assert urgent.due_at == NEVER
    fill(manager, reverse("tickets:slapolicy_update", args=[policy.pk]), is_on="on")
    for ticket in (urgent, other):
        ticket.refresh_from_db()
    assert (urgent.due_at, other.due_at) == (urgent.opened_at + HOUR, NEVER)


def test_a_policy_is_not_for_what_one_before_it_is_for(manager):
    ticket, urgent = make_ticket(), make_ticket(priority="1_urgent")
    make_policy(position=1, priorities="1_urgent")
    later = make_policy(position=2)
    assert manager.get(later.get_absolute_url()).context["table"].records == [ticket]
    assert urgent.pk


def test_a_policy_without_a_target_is_refused(manager):
    form = fill(manager, reverse("tickets:slapolicy_create"), name="x", calendar=make_calendar().pk).context["form"]
    assert "Give at least one target." in str(form.errors)


def test_a_policy_that_is_removed_leaves_nothing_due(manager, policy):
    ticket = make_ticket()
    measure_anew()
    ticket.refresh_from_db()
    assert ticket.is_due
    manager.post(reverse("tickets:slapolicy_delete", args=[policy.pk]))
    ticket.refresh_from_db()
    assert not ticket.is_due


def test_a_calendar_in_use_is_not_removed(manager, policy):
    manager.post(reverse("tickets:calendar_delete", args=[policy.calendar.pk]))
    assert Calendar.objects.exists()


def test_support_reads_policies_and_changes_none(desk, policy):
    assert desk.get(policy.get_absolute_url()).status_code == 200
    assert desk.get(reverse("tickets:slapolicy_update", args=[policy.pk])).status_code == 403


def test_the_usual_policies_are_added_once_and_are_not_in_force(manager):
    assert "Add the usual policies" in text_of(manager.get("/sla-policies/"))
    for _ in range(2):
        manager.post(reverse("tickets:slapolicy_usual"))
    assert [(policy.name, policy.is_on) for policy in SlaPolicy.objects.all()] == [
        ("Urgent", False),
        ("High", False),
        ("All others", False),
    ]
    assert "Add the usual policies" not in text_of(manager.get("/sla-policies/"))


def test_a_queue_is_worked_through_from_one_ticket_to_the_next(desk, agent, tickets):
    late, breached = tickets["late"], tickets["breached"]
    assert 'href="/tickets/next/?queue=mine" data-key="n"' in text_of(desk.get("/tickets/?queue=mine"))
    assert "Next: " not in text_of(desk.get(late.get_absolute_url()))
    assert desk.get("/tickets/next/?queue=mine").url == late.get_absolute_url()
    assert f'href="/tickets/next/?after={late.pk}" data-key="n"' in text_of(desk.get(late.get_absolute_url()))
    reply(ticket=late, kind="public", body="We look", by=agent, at=timezone.now())
    assert desk.get(f"/tickets/next/?after={late.pk}").url == breached.get_absolute_url()
    end = desk.get(f"/tickets/next/?after={breached.pk}", follow=True)
    assert end.redirect_chain == [("/tickets/?queue=mine", 302)]
    assert "That was the last ticket of this queue." in text_of(end)
    assert "Next: " not in text_of(desk.get(late.get_absolute_url()))


@pytest.mark.parametrize(("query", "status"), [("queue=nobodys", 404), ("after=x", 302), ("after=" + "9" * 30, 302)])
def test_what_is_no_queue_and_no_ticket_is_not_worked_through(desk, query, status):
    assert desk.get(f"/tickets/next/?{query}").status_code == status
