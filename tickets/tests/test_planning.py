"""Snoozing, days by hand, tags, followers and links of tickets."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from customerflow.staff.roles import SUPPORT
from customerflow.staff.tests.factories import make_user
from tickets.desk import change_status, reply
from tickets.merging import merge_tickets
from tickets.models import Message, Tag, Ticket, TicketLink
from tickets.planning import add_tags, follow, link_tickets, plan, tag_names, take_off_tags, unlink
from tickets.queues import in_queue
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
FRIDAY = date(2026, 3, 6)
LIST = reverse("tickets:ticket_list")


@pytest.fixture
def agent():
    return make_user(SUPPORT, first_name="Anna", last_name="Berg")


@pytest.fixture
def desk(client, agent):
    client.force_login(agent, backend="customerflow.staff.backends.GroupsBackend")
    return client


def planned(ticket, **fields):
    fields = {"snoozed_until": None, "due_on": None, "tags": [], "at": MONDAY, "by": None, **fields}
    return plan(ticket=ticket, **fields)


def queue(name, user, day):
    moment = datetime.combine(day, datetime.min.time(), timezone.get_current_timezone())
    return list(in_queue(Ticket.objects.all(), name, user, moment))


def test_a_snoozed_ticket_is_out_of_the_queues_until_its_day_and_back_on_it(agent):
    ticket = planned(make_ticket(assignee=agent), snoozed_until=FRIDAY, by=agent)
    for day, mine, snoozed in ((FRIDAY - timedelta(days=1), [], [ticket]), (FRIDAY, [ticket], [])):
        assert (queue("mine", agent, day), queue("snoozed", agent, day)) == (mine, snoozed)
        assert queue("unfinished", agent, day) == [ticket]
    assert [(event.kind, event.after) for event in ticket.events.all()][-1] == ("snoozed_until", "2026-03-06")


def test_a_snoozed_ticket_is_back_at_once_when_the_customer_writes_and_only_then(agent):
    ticket = planned(make_ticket(), snoozed_until=FRIDAY)
    reply(ticket=ticket, kind=Message.Kind.INTERNAL, body="He rang.", by=agent, at=MONDAY)
    reply(ticket=ticket, kind=Message.Kind.PUBLIC, body="Friday then.", by=agent, at=MONDAY)
    ticket.refresh_from_db()
    assert ticket.snoozed_until == FRIDAY
    reply(ticket=ticket, kind=Message.Kind.PUBLIC, body="It is worse!", by=None, at=MONDAY)
    ticket.refresh_from_db()
    assert ticket.snoozed_until is None
    assert ("snoozed_until", "2026-03-06", "") in ticket.events.values_list("kind", "before", "after")


def test_a_finished_ticket_is_not_snoozed():
    ticket = change_status(ticket=planned(make_ticket(), snoozed_until=FRIDAY), status="resolved", at=MONDAY)
    assert ticket.snoozed_until is None
    with pytest.raises(ValidationError, match="It is finished"):
        planned(ticket, snoozed_until=FRIDAY)


@pytest.mark.parametrize("day", [date(2026, 3, 2), date(2026, 3, 1)])
def test_a_snooze_ends_on_a_later_day(day):
    with pytest.raises(ValidationError, match="Choose a day after today"):
        planned(make_ticket(), snoozed_until=day)


def test_a_day_by_hand_has_a_queue_from_that_day_on(agent):
    ticket = planned(make_ticket(), due_on=FRIDAY)
    assert queue("by_hand", agent, FRIDAY - timedelta(days=1)) == []
    assert queue("by_hand", agent, FRIDAY) == [ticket]


def test_a_plan_that_changes_nothing_is_no_change():
    ticket = planned(make_ticket(), due_on=FRIDAY)
    again = planned(ticket, due_on=FRIDAY)
    assert (again.version, ticket.events.filter(kind="due_on").count()) == (ticket.version, 1)


@pytest.mark.parametrize(("text", "refusal"), [("x" * 41, "at most 40"), (",".join(map(str, range(21))), "at most 20")])
def test_tags_that_are_too_long_or_too_many_are_refused(text, refusal):
    with pytest.raises(ValidationError, match=refusal):
        tag_names(text)


def test_tags_are_shared_filtered_by_added_and_taken_off(desk):
    one, other = planned(make_ticket(), tags=["fibre cut", "vip"]), make_ticket()
    assert add_tags(ticket=other, names=["vip"])
    assert not add_tags(ticket=other, names=["vip"])
    assert Tag.objects.count() == 2
    assert list(desk.get(f"{LIST}?tag=vip").context["page"].rows) == [other, one]
    assert take_off_tags(ticket=other, names=["vip", "nobody"])
    assert list(desk.get(f"{LIST}?tag=vip").context["page"].rows) == [one]
    with pytest.raises(ValidationError, match="at most 20"):
        add_tags(ticket=one, names=[f"t{number}" for number in range(19)])


def test_two_tickets_have_one_link_seen_from_both(desk):
    one, other = make_ticket(subject="Dark"), make_ticket(subject="Also dark")
    link_tickets(ticket=one, other=other, kind=TicketLink.Kind.RELATED)
    link_tickets(ticket=other, other=one, kind=TicketLink.Kind.DUPLICATE)
    assert TicketLink.objects.count() == 1
    assert "Has the duplicate" in desk.get(one.get_absolute_url()).content.decode()
    assert "Duplicate of" in desk.get(other.get_absolute_url()).content.decode()
    unlink(ticket=one, other=other)
    assert not TicketLink.objects.exists()
    with pytest.raises(ValidationError, match="same ticket"):
        link_tickets(ticket=one, other=one, kind=TicketLink.Kind.RELATED)


def test_whoever_follows_a_ticket_is_shown_and_finds_it(desk, agent):
    ticket = make_ticket()
    address = reverse("tickets:ticket_follow", args=[ticket.pk])
    desk.post(address, {"is_following": "on"})
    assert "Followed by</dt><dd>Anna Berg" in desk.get(ticket.get_absolute_url()).content.decode()
    assert list(desk.get(f"{LIST}?queue=followed").context["page"].rows) == [ticket]
    follow(ticket=ticket, by=agent, is_following=False)
    assert not ticket.watchers.exists()


def test_the_plan_is_sent_from_the_page_and_refused_in_place(desk):
    ticket = make_ticket()
    address = reverse("tickets:ticket_plan", args=[ticket.pk])
    later = timezone.localdate() + timedelta(days=5)
    response = desk.post(address, {"snoozed_until": later, "due_on": later, "tags": "VIP, Fibre  cut"}, follow=True)
    page = response.content.decode()
    assert f"out of the queues until {later}." in page
    assert 'value="fibre cut, vip"' in page
    refused = desk.post(address, {"snoozed_until": "2020-01-01", "tags": "x" * 41}).content.decode()
    assert "A tag has at most 40 characters" in refused
    ticket.refresh_from_db()
    assert (ticket.snoozed_until, ticket.due_on) == (later, later)


def seen(ticket) -> dict[str, str]:
    """Return what the form of the plan carries of a ticket that somebody looks at now."""
    tags = ", ".join(tag.name for tag in ticket.tags.all())
    days = {name: getattr(ticket, name) for name in ("snoozed_until", "due_on")}
    return {name: str(value or "") for name, value in {**days, "tags": tags}.items()}


def test_a_plan_saves_what_was_changed_and_keeps_what_became_of_the_rest_meanwhile(desk, agent):
    ticket = planned(make_ticket(), snoozed_until=timezone.localdate() + timedelta(days=5), tags=["vip", "mast"])
    opened = seen(ticket)
    page = desk.get(ticket.get_absolute_url()).content.decode()
    for name, value in opened.items():
        assert f'name="initial-{name}"' + (f' value="{value}"' if value else "") in page
    reply(ticket=ticket, kind=Message.Kind.PUBLIC, body="It is worse!", by=None, at=MONDAY)
    add_tags(ticket=ticket, names=["urgent"])
    carried = {f"initial-{name}": value for name, value in opened.items()}
    typed = {**opened, "due_on": "2026-12-24", "tags": "vip, fibre"}
    desk.post(reverse("tickets:ticket_plan", args=[ticket.pk]), {**carried, **typed})
    ticket.refresh_from_db()
    assert (ticket.snoozed_until, ticket.due_on) == (None, date(2026, 12, 24))
    assert [tag.name for tag in ticket.tags.order_by("name")] == ["fibre", "urgent", "vip"]


@pytest.mark.parametrize(
    ("act", "sent"), [("plan", {"due_on": "2026-12-24"}), ("assign", {"assignee": ""}), ("group", {"group": ""})]
)
def test_nothing_is_done_to_a_ticket_that_a_colleague_merged_meanwhile(desk, act, sent):
    ticket = make_ticket(assignee=make_user(SUPPORT))
    other = make_ticket(customer=ticket.customer)
    merge_tickets(survivor=other, duplicate=ticket, at=MONDAY, by=None)
    page = desk.post(reverse(f"tickets:ticket_{act}", args=[ticket.pk]), sent).content.decode()
    assert f"It was merged into #{other.number}: work on that one, or take the merge back." in page


def test_a_day_is_taken_back_on_the_page(desk):
    ticket = planned(make_ticket(), due_on=FRIDAY)
    carried = {f"initial-{name}": value for name, value in seen(ticket).items()}
    desk.post(reverse("tickets:ticket_plan", args=[ticket.pk]), {**carried, **seen(ticket), "due_on": ""})
    ticket.refresh_from_db()
    assert ticket.due_on is None


def test_links_are_sent_from_the_page_by_number(desk):
    ticket, other = make_ticket(), make_ticket()
    desk.post(reverse("tickets:ticket_link", args=[ticket.pk]), {"other": other.number, "kind": "related"})
    assert TicketLink.objects.get().other == other
    refused = desk.post(reverse("tickets:ticket_link", args=[ticket.pk]), {"other": "987", "kind": "related"})
    assert "There is no ticket with the number" in refused.content.decode()
    desk.post(reverse("tickets:ticket_unlink", args=[ticket.pk]), {"other": other.pk})
    assert not TicketLink.objects.exists()
