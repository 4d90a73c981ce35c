"""Merging, taking a merge back, and splitting: nothing is lost, and a note stays a note."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from customerflow.staff.roles import SUPPORT, TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_customer
from tickets.desk import change_status, reply
from tickets.merging import UNMERGE_WITHIN, conversation_of, merge_tickets, split, unmerge
from tickets.models import Message, Ticket, TicketMerge
from tickets.sla.keeping import differing
from tickets.tests.factories import OPENED_AT, make_attachment, make_policy, make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
PUBLIC, INTERNAL = Message.Kind


@pytest.fixture
def agent():
    return make_user(SUPPORT)


@pytest.fixture
def desk(client, agent):
    client.force_login(agent, backend="customerflow.staff.backends.GroupsBackend")
    return client


@pytest.fixture
def pair(agent):
    """Two tickets of one customer, with an internal note on the second."""
    customer = make_customer()
    survivor = make_ticket(customer=customer, subject="No signal", body="It is dark.")
    duplicate = make_ticket(customer=customer, subject="Internet", body="Still dark.", at=LATER)
    reply(ticket=duplicate, kind=INTERNAL, body="He is rude.", by=agent, at=LATER + timedelta(hours=1))
    return survivor, duplicate


def merged(pair, **fields) -> TicketMerge:
    survivor, duplicate = pair
    return merge_tickets(**{"survivor": survivor, "duplicate": duplicate, "at": LATER, "by": None, **fields})


def refused(act, **fields) -> str:
    with pytest.raises(ValidationError) as refusal:
        act(**fields)
    return " ".join(refusal.value.messages)


def test_a_merged_ticket_is_closed_and_all_that_was_said_is_on_one_page_where_it_came_from(pair, desk):
    survivor, duplicate = pair
    merged(pair)
    duplicate.refresh_from_db()
    assert duplicate.status == Ticket.Status.CLOSED
    said = [(message.body, message.kind, message.ticket) for message in conversation_of(survivor)]
    assert said == [
        ("It is dark.", PUBLIC, survivor),
        ("Still dark.", PUBLIC, duplicate),
        ("He is rude.", INTERNAL, duplicate),
    ]
    page = desk.get(survivor.get_absolute_url()).content.decode()
    assert f"written on #{duplicate.number}" in page
    assert f"{duplicate} was merged into this one" in page


def test_the_page_of_a_merged_ticket_leads_to_the_one_that_goes_on(pair, desk):
    survivor, duplicate = pair
    merged(pair)
    response = desk.get(duplicate.get_absolute_url(), follow=True)
    assert response.redirect_chain == [(survivor.get_absolute_url(), 302)]
    assert f"#{duplicate.number} was merged into this ticket." in response.content.decode()


def test_what_is_said_on_a_merged_ticket_is_said_on_the_one_that_goes_on(pair):
    survivor, duplicate = pair
    merged(pair)
    message = reply(ticket=duplicate, kind=PUBLIC, body="Hello?", by=None, at=LATER)
    duplicate.refresh_from_db()
    assert (message.ticket, duplicate.status) == (survivor, Ticket.Status.CLOSED)


def test_a_merged_ticket_is_moved_to_no_other_state(pair):
    _survivor, duplicate = pair
    merged(pair)
    assert "take the merge back" in refused(change_status, ticket=duplicate, status=Ticket.Status.OPEN, at=LATER)


def test_the_clock_of_a_merged_ticket_ends(pair):
    make_policy()
    _survivor, duplicate = pair
    change_status(ticket=duplicate, status=Ticket.Status.OPEN, at=LATER)
    duplicate.refresh_from_db()
    assert duplicate.is_due
    merged(pair)
    duplicate.refresh_from_db()
    assert not duplicate.is_due


@pytest.mark.parametrize("status", [Ticket.Status.WAITING, Ticket.Status.ON_HOLD, Ticket.Status.RESOLVED])
def test_a_merge_that_is_taken_back_leaves_both_as_they_were(pair, status):
    survivor, duplicate = pair
    before = change_status(ticket=duplicate, status=status, at=LATER)
    unmerge(merge=merged(pair, at=LATER + timedelta(hours=2)), at=LATER + timedelta(days=1), by=None)
    duplicate.refresh_from_db()
    assert (duplicate.status, duplicate.finished_at) == (status, before.finished_at)
    assert [message.body for message in conversation_of(survivor)] == ["It is dark."]
    assert [message.body for message in conversation_of(duplicate)] == ["Still dark.", "He is rude."]
    kinds = [event.kind for event in duplicate.events.all()]
    assert {"merged", "unmerged"} <= set(kinds)


def test_a_merge_is_taken_back_once_and_within_thirty_days(pair):
    merge = merged(pair)
    late = LATER + UNMERGE_WITHIN + timedelta(seconds=1)
    assert "for 30 days" in refused(unmerge, merge=merge, at=late, by=None)
    unmerge(merge=TicketMerge.objects.get(), at=LATER + UNMERGE_WITHIN, by=None)
    assert "just taken this merge back" in refused(unmerge, merge=merge, at=LATER, by=None)


def test_what_cannot_be_merged_says_why(pair):
    survivor, duplicate = pair
    assert "same ticket" in refused(merged, pair=(survivor, survivor))
    assert "another customer" in refused(merged, pair=(survivor, make_ticket()))
    change_status(ticket=survivor, status=Ticket.Status.CLOSED, at=LATER)
    assert "the other way round" in refused(merged, pair=pair)
    change_status(ticket=survivor, status=Ticket.Status.OPEN, at=LATER)
    merged(pair)
    third = make_ticket(customer=survivor.customer)
    assert "was merged into another" in refused(merged, pair=(third, duplicate))
    assert "was merged into another" in refused(merged, pair=(duplicate, third))
    assert "Other tickets were merged into" in refused(merged, pair=(third, survivor))


def test_a_message_that_is_split_off_keeps_its_kind_author_moment_and_files(agent):
    attachment = make_attachment()
    ticket = attachment.message.ticket
    note = reply(ticket=ticket, kind=INTERNAL, body="He is rude.", by=agent, at=LATER)
    for message in (note, attachment.message):
        reply(ticket=ticket, kind=PUBLIC, body="On our way.", by=agent, at=LATER)
        other = split(message=message, type=make_ticket_type(), subject="Router", at=LATER, by=agent)
        moved = other.messages.get()
        assert (moved.kind, moved.body, moved.author, moved.created_at) == (
            message.kind,
            message.body,
            message.author,
            message.created_at,
        )
        assert (other.customer, other.links.get().other) == (ticket.customer, ticket)
    assert other.messages.get().attachments.get() == attachment
    assert {"He is rude.", "It blinks red."}.isdisjoint(ticket.messages.values_list("body", flat=True))


def test_what_is_owed_on_each_ticket_after_a_split_is_what_was_said_on_it(agent):
    make_policy(first_minutes=60, next_minutes=60, solution_minutes=None)
    ticket = make_ticket(at=OPENED_AT)
    reply(ticket=ticket, kind=PUBLIC, body="Done.", by=agent, at=OPENED_AT)
    asked = reply(ticket=ticket, kind=PUBLIC, body="And my bill?", by=None, at=OPENED_AT + timedelta(minutes=1))
    ticket.refresh_from_db()
    assert ticket.due_step == "next"
    other = split(message=asked, type=make_ticket_type(), subject="Bill", at=LATER, by=agent)
    ticket.refresh_from_db(), other.refresh_from_db()
    assert (ticket.due_step, other.due_step) == ("", "first")
    assert [event.kind for event in ticket.events.all()] == ["opened", "answered", "status", "split"]
    assert [event.kind for event in other.events.all()] == ["opened", "asked", "split"]
    assert differing(0, 10) == ([], None)


def test_a_merge_is_refused_where_a_colleague_has_just_changed_the_other_ticket(pair, desk):
    survivor, duplicate = pair
    address = f"{reverse('tickets:ticket_merge', args=[survivor.pk])}?other={duplicate.number}"
    seen = {"version": survivor.version, "other_version": duplicate.version}
    change_status(ticket=duplicate, status=Ticket.Status.ON_HOLD, at=LATER)
    page = desk.post(address, seen).content.decode()
    assert "A colleague changed this" in page
    assert not TicketMerge.objects.exists()


def test_all_that_was_said_and_what_moved_already_is_not_split_off(pair):
    survivor, duplicate = pair
    fields = {"type": make_ticket_type(), "subject": "Router", "at": LATER, "by": None}
    assert "all that was said" in refused(split, message=survivor.messages.get(), **fields)
    message = duplicate.messages.first()
    split(message=duplicate.messages.first(), **fields)
    assert "just moved" in refused(split, message=message, **fields)


def test_two_tickets_are_compared_merged_and_parted_on_their_pages(pair, desk):
    survivor, duplicate = pair
    address = reverse("tickets:ticket_merge", args=[survivor.pk])
    assert str(duplicate) in desk.get(address).content.decode()
    preview = desk.get(f"{address}?other={duplicate.number}").content.decode()
    assert "Internal: only staff see it" in preview
    assert not TicketMerge.objects.exists()
    page = desk.post(f"{address}?other={duplicate.number}", {"version": survivor.version}, follow=True)
    assert "Merged into" in page.content.decode()
    desk.post(reverse("tickets:ticket_unmerge", args=[duplicate.pk]))
    assert not TicketMerge.objects.exists()


def test_a_ticket_of_another_customer_is_not_offered_and_refused(pair, desk):
    survivor, _duplicate = pair
    stranger = make_ticket(subject="Of somebody else")
    page = desk.get(f"{reverse('tickets:ticket_merge', args=[survivor.pk])}?other={stranger.number}").content.decode()
    assert "There is no ticket with the number" in page
    assert "Of somebody else" not in page


def test_who_may_not_merge_is_not_offered_it(pair, client):
    client.force_login(make_user(TECHNICIAN), backend="customerflow.staff.backends.GroupsBackend")
    address = reverse("tickets:ticket_merge", args=[pair[0].pk])
    assert address not in client.get(pair[0].get_absolute_url()).content.decode()
    assert client.get(address).status_code == 403


def test_a_message_is_split_off_on_a_page(pair, desk):
    _survivor, duplicate = pair
    note = duplicate.messages.last()
    address = reverse("tickets:message_split", args=[duplicate.pk, note.pk])
    assert 'value="He is rude."' in desk.get(address).content.decode()
    desk.post(address, {"type": duplicate.type_id, "subject": "Behaviour"})
    other = Ticket.objects.get(subject="Behaviour")
    assert (other.messages.get().kind, other.customer) == (INTERNAL, duplicate.customer)
    assert desk.get(address).status_code == 404


def test_the_note_of_a_merged_ticket_is_on_no_paper(pair, desk):
    survivor, _duplicate = pair
    merged(pair)
    page = desk.get(survivor.get_absolute_url()).content.decode()
    note = page[: page.index("He is rude.")].rpartition("<li")[2]
    assert note.startswith(' class="no-print"')
    assert OPENED_AT < LATER
