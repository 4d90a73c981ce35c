"""The board: what its columns hold, and moving a card."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from customerflow.refusals import acting
from customerflow.staff.roles import SUPPORT
from customerflow.staff.tests.factories import make_user, make_user_with
from customerflow.tests.threads import at_once
from tickets.board import STATES, columns, move_card
from tickets.desk import change_status
from tickets.models import Ticket
from tickets.planning import plan
from tickets.queues import counts
from tickets.tests.factories import OPENED_AT, make_group, make_policy, make_ticket, make_ticket_type

BOARD = reverse("tickets:board")
NOW = OPENED_AT + timedelta(hours=1)


@pytest.fixture
def agent():
    return make_user(SUPPORT)


@pytest.fixture
def desk(client, agent):
    client.force_login(agent, backend="customerflow.staff.backends.GroupsBackend")
    with time_machine.travel(NOW, tick=False):
        yield client


def at_state(status: str, **fields) -> Ticket:
    ticket = make_ticket(**fields)
    return ticket if status == "new" else change_status(ticket=ticket, status=Ticket.Status(status), at=OPENED_AT)


def shown(board: str, user, now=NOW) -> dict[str, list[Ticket]]:
    return {str(each.status): each.cards for each in columns(Ticket.objects.all(), board, user, now)}


@pytest.mark.django_db
class TestColumns:
    def test_each_state_has_its_column_and_what_is_due_first_stands_on_top(self, agent):
        urgent = make_ticket_type()
        make_policy(first_minutes=240, position=1)
        make_policy(first_minutes=60).types.add(urgent)
        make_policy(first_minutes=30, is_on=False)
        tickets = [make_ticket(), make_ticket(type=urgent)]
        others = {status: [at_state(status)] for status in ("open", "waiting", "on_hold", "resolved")}
        at_state("closed")
        first_due = sorted(Ticket.objects.filter(pk__in=[each.pk for each in tickets]), key=lambda each: each.due_at)
        assert first_due[0].due_at < first_due[1].due_at
        assert shown("unfinished", agent) == {"new": first_due, **others}

    def test_a_board_is_ones_own_that_of_ones_groups_or_everybodys(self, agent):
        group = make_group(agent)
        mine, groups, other = make_ticket(assignee=agent), make_ticket(group=group), make_ticket()
        assert shown("mine", agent)["new"] == [mine]
        assert shown("group", agent)["new"] == [groups]
        assert shown("unfinished", agent)["new"] == [mine, groups, other]

    def test_who_is_in_no_group_has_a_board_and_counters_without_tickets_of_groups(self, django_assert_num_queries):
        loner, _ticket = make_user(), make_ticket(group=make_group())
        # There is no card to be read.
        with django_assert_num_queries(2):
            assert shown("group", loner) == {str(status): [] for status in STATES}
        assert counts(loner, NOW)["group"] == 0

    def test_what_is_snoozed_is_on_no_board_of_work(self, agent):
        ticket = make_ticket(assignee=agent)
        day = (NOW + timedelta(days=3)).date()
        plan(ticket=ticket, snoozed_until=day, due_on=None, tags=[], at=OPENED_AT, by=None)
        assert shown("mine", agent)["new"] == []
        assert shown("unfinished", agent)["new"] == [ticket]

    def test_what_was_resolved_lately_is_there_the_newest_first(self, agent):
        first, last = at_state("resolved", assignee=agent), make_ticket(assignee=agent)
        change_status(ticket=last, status=Ticket.Status.RESOLVED, at=OPENED_AT + timedelta(minutes=1))
        at_state("resolved")
        assert shown("mine", agent)["resolved"] == [last, first]
        assert shown("mine", agent, OPENED_AT + timedelta(days=7))["resolved"] == [last, first]
        assert shown("mine", agent, OPENED_AT + timedelta(days=7, minutes=1))["resolved"] == [last]

    def test_a_column_is_bounded_and_says_how_many_more_there_are(self, agent):
        kind = make_ticket_type()
        tickets = [make_ticket(type=kind) for _ in range(52)]
        column = columns(Ticket.objects.all(), "unfinished", agent, NOW)[0]
        assert column.cards == tickets[:50]
        assert (column.says_more, column.query) == ("2", "queue=unfinished&status=new")


@pytest.mark.django_db
class TestPage:
    def test_it_takes_few_queries_with_many_cards(self, desk, agent, django_assert_max_num_queries):
        for status in STATES:
            for _ in range(3):
                at_state(status, assignee=agent, group=make_group(agent))
        for board in ("mine", "group", "unfinished"):
            with django_assert_max_num_queries(8):
                page = desk.get(f"{BOARD}?board={board}").content.decode()
            assert page.count('class="board-card"') == 15

    def test_a_filter_narrows_all_columns_and_goes_with_the_links(self, desk):
        kind = make_ticket_type(code="A 7")
        make_ticket(type=kind, subject="Dark")
        make_ticket(subject="Slow")
        page = desk.get(f"{BOARD}?type=A+7").content.decode()
        assert "Dark" in page
        assert "Slow" not in page
        assert "?board=mine&amp;type=A+7" in page
        assert "is not a filter" in desk.get(f"{BOARD}?colour=red").content.decode()
        assert "Select a valid choice" in desk.get(f"{BOARD}?board=x").content.decode()

    def test_the_link_to_the_rest_leads_to_the_same_tickets(self, desk, agent):
        kind = make_ticket_type()
        for _ in range(51):
            make_ticket(type=kind, assignee=agent)
        change_status(ticket=make_ticket(assignee=agent), status=Ticket.Status.OPEN, at=OPENED_AT)
        page = desk.get(f"{BOARD}?board=mine&type={kind.code}").content.decode()
        address = re.search(r'class="board-more" href="([^"]+)"', page)[1].replace("&amp;", "&")
        assert desk.get(address).context["page"].count == 51

    def test_only_allowed_moves_are_offered(self, desk):
        ticket = at_state("resolved")
        page = desk.get(BOARD).content.decode()
        form = page[page.index(f'id="card-{ticket.pk}"') :]
        assert re.findall(r'<option value="(\w+)"', form) == ["open", "closed"]

    def test_who_may_not_change_tickets_sees_cards_without_moves(self, client):
        viewer, ticket = make_user_with("view_ticket"), make_ticket()
        client.force_login(viewer, backend="customerflow.staff.backends.GroupsBackend")
        page = client.get(BOARD).content.decode()
        assert ticket.subject in page
        assert '<option value="open"' not in page
        assert client.post(BOARD, {"ticket": ticket.pk, "version": 1, "status": "open"}).status_code == 403


@pytest.mark.django_db
class TestMoving:
    def send(self, client, **fields) -> str:
        return client.post(f"{BOARD}?board=mine", fields, follow=True).content.decode()

    def test_a_card_is_moved_and_the_board_comes_back(self, desk, agent):
        ticket = make_ticket(assignee=agent)
        page = self.send(desk, ticket=ticket.pk, version=1, status="waiting")
        ticket.refresh_from_db()
        assert (ticket.status, ticket.events.last().by) == ("waiting", agent)
        assert "now “Waiting for customer”" in page
        assert 'aria-current="page">Mine' in page

    def test_a_card_that_a_colleague_has_changed_stays_where_the_colleague_put_it(self, desk, agent):
        ticket = make_ticket(assignee=agent)
        change_status(ticket=ticket, status=Ticket.Status.ON_HOLD, at=OPENED_AT)
        assert "has changed" in self.send(desk, ticket=ticket.pk, version=1, status="open")
        ticket.refresh_from_db()
        assert ticket.status == "on_hold"

    def test_a_move_that_is_not_allowed_says_what_is(self, desk):
        ticket = at_state("closed")
        assert "It can become: Open." in self.send(desk, ticket=ticket.pk, version=ticket.version, status="waiting")

    @pytest.mark.parametrize("fields", [{}, {"ticket": "x"}, {"ticket": "1", "version": "1", "status": "lost"}])
    def test_nonsense_is_refused(self, desk, fields):
        assert "cannot be moved like that" in self.send(desk, **fields)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_move_a_card_at_once_one_does():
    ticket, agent = make_ticket(), make_user()
    wanted = ["open", "waiting", "on_hold", "resolved", "closed", "waiting"]

    def move(index: int):
        try:
            with acting():
                return move_card(ticket=ticket, status=Ticket.Status(wanted[index]), seen=1, at=NOW, by=agent)
        except ValidationError:
            return None

    done = list(filter(None, at_once(move, len(wanted))))
    ticket.refresh_from_db()
    assert [each.status for each in done] == [ticket.status]
    assert ticket.version == 2
