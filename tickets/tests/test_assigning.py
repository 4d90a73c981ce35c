"""Who looks after a ticket: by hand, by rules, in turn, or the group of its type."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from customerflow.bulk.tests.choosing import do, outcomes
from customerflow.staff.roles import ADMINISTRATOR, MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user
from customerflow.tests.threads import at_once
from customers.tests.factories import make_area, make_location, make_plan, make_service
from tickets.assigning import assign_by_rules, give_to_group
from tickets.choosing import in_turn, tried
from tickets.desk import assign, change_status
from tickets.forms import AssignForm, AssignmentRuleForm
from tickets.models import Ticket, Turn
from tickets.tests.factories import (
    OPENED_AT,
    make_assignment_rule,
    make_group,
    make_ticket,
    make_ticket_type,
)

DAY = date(2026, 3, 2)
LATER = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


def told(ticket: Ticket) -> list[tuple]:
    return [(event.kind, event.after, event.by) for event in ticket.events.all()]


@pytest.mark.django_db
class TestOpening:
    def test_the_first_rule_that_is_for_a_ticket_holds_and_is_named(self):
        kind, ann = make_ticket_type(group=make_group()), make_user()
        team = make_group(ann)
        make_assignment_rule(position=3)
        make_assignment_rule(name="Faults", position=2, types=[kind], group=team, whom="person", person=ann)
        make_assignment_rule(position=1, types=[make_ticket_type()])
        make_assignment_rule(position=0, is_on=False)
        agent = make_user()
        ticket = make_ticket(type=kind, by=agent)
        assert (ticket.group, ticket.assignee) == (team, ann)
        assert told(ticket) == [
            ("opened", "", agent),
            ("rule", "Faults", None),
            ("group", team.name, None),
            ("assignee", ann.username, None),
        ]

    def test_what_is_given_by_hand_no_rule_changes(self):
        make_assignment_rule(whom="in_turn", group=make_group(make_user()))
        group, agent = make_group(), make_user()
        by_group, by_name = make_ticket(group=group), make_ticket(assignee=agent)
        assert (by_group.group, by_group.assignee) == (group, None)
        assert (by_name.group, by_name.assignee) == (None, agent)
        assert not Turn.objects.exists()

    def test_what_no_rule_is_for_goes_to_the_group_of_its_type_and_else_to_nobody(self):
        group = make_group(make_user())
        assert make_ticket(type=make_ticket_type(group=group)).group == group
        ticket = make_ticket()
        assert (ticket.group, ticket.assignee) == (None, None)

    def test_a_rule_for_a_plan_is_for_tickets_about_a_service_of_that_plan(self):
        plan = make_plan()
        rule = make_assignment_rule(plans=[plan])
        service, other = make_service(plan=plan), make_service(plan=make_plan())
        assert make_ticket(customer=service.location.customer, service=service).group == rule.group
        assert make_ticket(customer=other.location.customer, service=other).group is None
        assert make_ticket().group is None

    def test_a_rule_for_an_area_is_for_tickets_at_a_location_in_it_or_about_a_service_there(self):
        area = make_area()
        rule = make_assignment_rule(areas=[area])
        service, other = make_service(), make_location(area=make_area())
        type(service.location).objects.filter(pk=service.location.pk).update(area=area)
        service.location.refresh_from_db()
        customer = service.location.customer
        tickets = [
            make_ticket(customer=customer, service=service),
            make_ticket(customer=customer, location=service.location),
            make_ticket(customer=other.customer, location=other),
            make_ticket(),
        ]
        assert [ticket.group for ticket in tickets] == [rule.group, rule.group, None, None]
        assert [key for key, _whom in tried(rule, LATER)] == [tickets[1].pk, tickets[0].pk]

    def test_who_is_away_has_left_or_is_not_in_the_group_any_more_is_given_nothing(self):
        ann = make_user(away_until=DAY)
        rule = make_assignment_rule(group=make_group(ann), whom="person", person=ann)
        assert make_ticket().assignee is None
        assert make_ticket(at=OPENED_AT + timedelta(days=1)).assignee == ann
        rule.group.user_set.clear()
        assert make_ticket(at=OPENED_AT + timedelta(days=1)).assignee is None
        rule.group.user_set.set([ann])
        type(ann).objects.filter(pk=ann.pk).update(is_active=False)
        ticket = make_ticket(at=OPENED_AT + timedelta(days=1))
        assert (ticket.group, ticket.assignee) == (rule.group, None)


@pytest.mark.django_db
class TestTurns:
    def test_members_are_given_tickets_in_turn_and_who_is_away_is_passed_over(self):
        ann, bob, cem = make_user(), make_user(away_until=DAY), make_user()
        make_assignment_rule(group=make_group(ann, bob, cem), whom="in_turn")
        given = [make_ticket().assignee for _ in range(4)]
        assert given == [ann, cem, ann, cem]
        # Who is back is next, once: what was missed is not made up for.
        back = [make_ticket(at=OPENED_AT + timedelta(days=1)).assignee for _ in range(4)]
        assert back == [bob, ann, cem, bob]

    def test_where_nobody_is_there_the_group_has_the_ticket(self):
        rule = make_assignment_rule(group=make_group(make_user(away_until=DAY)), whom="in_turn")
        ticket = make_ticket()
        assert (ticket.group, ticket.assignee) == (rule.group, None)

    def test_two_rules_of_one_group_share_its_turns(self):
        ann, bob, one, other = make_user(), make_user(), make_ticket_type(), make_ticket_type()
        team = make_group(ann, bob)
        for kind in (one, other):
            make_assignment_rule(group=team, whom="in_turn", types=[kind])
        assert [make_ticket(type=kind).assignee for kind in (one, other, one)] == [ann, bob, ann]

    def test_a_ticket_that_is_not_opened_costs_nobody_a_turn(self):
        make_assignment_rule(group=make_group(make_user()), whom="in_turn")
        with pytest.raises(ValidationError, match="the files are"):
            make_ticket(files=["x"])
        assert not Turn.objects.exists()

    @settings(max_examples=20, deadline=None)
    @given(members=st.integers(1, 4), tickets=st.integers(0, 9))
    def test_those_who_are_there_all_along_never_differ_by_more_than_one(self, members, tickets):
        with transaction.atomic():
            team = make_group(*(make_user() for _ in range(members)))
            make_assignment_rule(group=team, whom="in_turn")
            given = Counter(make_ticket().assignee_id for _ in range(tickets))
            counts = [given[member.pk] for member in team.user_set.all()]
            transaction.set_rollback(True)
        assert sum(counts) == tickets
        assert max(counts) - min(counts) <= 1


@pytest.mark.django_db(transaction=True)
def test_twenty_tickets_opened_at_once_are_shared_out_evenly():
    make_assignment_rule(group=make_group(*(make_user() for _ in range(3))), whom="in_turn")
    kind = make_ticket_type()
    at_once(lambda _: make_ticket(type=kind), 20)
    assert sorted(Counter(Ticket.objects.values_list("assignee", flat=True)).values()) == [6, 7, 7]


@pytest.mark.django_db(transaction=True)
def test_tickets_given_by_the_rules_at_once_each_cost_one_turn():
    tickets = [make_ticket() for _ in range(8)]
    rule = make_assignment_rule(group=make_group(make_user(), make_user()), whom="in_turn")
    at_once(lambda index: assign_by_rules(ticket=tickets[index], at=LATER, by=None), 8)
    assert sorted(Counter(Ticket.objects.values_list("assignee", flat=True)).values()) == [4, 4]
    assert [turn.last for turn in Turn.objects.filter(group=rule.group)] == [7, 8]


@pytest.mark.django_db
class TestByHand:
    def test_a_ticket_given_to_a_group_leaves_whoever_is_not_in_it(self):
        ann, by = make_user(), make_user()
        group, ticket = make_group(), make_ticket(assignee=ann)
        assert give_to_group(tickets=[ticket], group=group, at=LATER, by=by) == [ticket]
        ticket.refresh_from_db()
        assert (ticket.group, ticket.assignee, ticket.version) == (group, None, 2)
        assert told(ticket)[-2:] == [("group", group.name, by), ("assignee", "", by)]

    def test_a_member_keeps_a_ticket_that_the_group_is_given_and_that_is_taken_from_it(self):
        ann = make_user()
        group, ticket = make_group(ann), make_ticket(assignee=ann)
        give_to_group(tickets=[ticket], group=group, at=LATER, by=None)
        assert give_to_group(tickets=[ticket], group=group, at=LATER, by=None) == []
        give_to_group(tickets=[ticket], group=None, at=LATER, by=None)
        ticket.refresh_from_db()
        assert (ticket.group, ticket.assignee) == (None, ann)

    def test_the_rules_give_what_nobody_has_and_leave_a_group_as_it_is(self):
        ann = make_user()
        free, other = make_ticket(), make_ticket(group=make_group())
        rule = make_assignment_rule(group=make_group(ann), whom="in_turn")
        given = assign_by_rules(ticket=free, at=LATER, by=None)
        assert (given.group, given.assignee) == (rule.group, ann)
        assert assign_by_rules(ticket=other, at=LATER, by=None) is None
        assert Turn.objects.get().last == 1

    def test_the_rules_do_not_touch_what_somebody_has_or_what_is_finished(self):
        make_assignment_rule()
        taken, closed = make_ticket(assignee=make_user()), make_ticket(group=make_group())
        change_status(ticket=closed, status="closed", at=LATER)
        with pytest.raises(ValidationError, match="Somebody has it"):
            assign_by_rules(ticket=taken, at=LATER, by=None)
        with pytest.raises(ValidationError, match="finished"):
            assign_by_rules(ticket=closed, at=LATER, by=None)

    def test_a_colleague_who_is_away_is_marked_where_one_chooses(self):
        make_user(username="ann", away_until=DAY)
        with time_machine.travel(LATER - timedelta(days=1)):
            assert "ann (away until 2026-03-02)" in str(AssignForm())
        with time_machine.travel(LATER):
            assert "away" not in str(AssignForm())


@pytest.mark.django_db
class TestRule:
    def test_it_names_a_person_exactly_where_it_gives_to_one(self):
        for fields in ({"whom": "person"}, {"whom": "in_turn", "person": make_user()}):
            with pytest.raises(IntegrityError), transaction.atomic():
                make_assignment_rule(**fields)

    def test_its_person_is_a_member_of_its_group(self):
        fields = {"name": "Faults", "group": make_group().pk, "whom": "person", "person": make_user().pk, "position": 0}
        form = AssignmentRuleForm(fields)
        assert "is not a member of" in str(form.errors["person"])

    def test_the_dry_run_gives_what_no_earlier_rule_takes_of_the_last_days_in_turn(self):
        ann, bob, kind = make_user(), make_user(), make_ticket_type()
        make_ticket(at=LATER - timedelta(days=31))
        tickets = [make_ticket(), make_ticket(type=kind), make_ticket(assignee=bob)]
        rule = make_assignment_rule(is_on=False, position=2, group=make_group(ann, bob), whom="in_turn")
        make_assignment_rule(position=1, types=[kind])
        assert tried(rule, LATER) == [(tickets[2].pk, bob), (tickets[0].pk, ann)]
        assert list(in_turn(rule.group, DAY)) == [ann, bob]

    def test_the_dry_run_is_what_would_have_been(self):
        rule = make_assignment_rule(group=make_group(make_user(), make_user()), whom="in_turn")
        given = [make_ticket() for _ in range(4)]
        Turn.objects.all().delete()
        assert tried(rule, LATER)[::-1] == [(ticket.pk, ticket.assignee) for ticket in given]


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make_user(MANAGER), backend="customerflow.staff.backends.GroupsBackend")
    return client


@pytest.mark.django_db
class TestScreens:
    def test_a_rule_shows_its_dry_run_in_few_queries_however_many_tickets(self, manager, django_assert_max_num_queries):
        with time_machine.travel(LATER):
            rule = make_assignment_rule(is_on=False, group=make_group(make_user(username="ann")), whom="in_turn")
            for serial in range(60):
                make_ticket(subject=f"Dark {serial}")
            with django_assert_max_num_queries(24):
                page = manager.get(rule.get_absolute_url()).content.decode()
        assert "Dry run" in page
        assert "Dark 59" in page
        assert "Dark 9<" not in page
        assert page.count(">ann<") == 50

    def test_a_ticket_is_given_to_a_group_on_its_page(self, manager):
        ticket, group = make_ticket(), make_group()
        manager.post(reverse("tickets:ticket_group", args=[ticket.pk]), {"group": group.pk})
        ticket.refresh_from_db()
        assert ticket.group == group
        assert group.name in manager.get(ticket.get_absolute_url()).content.decode()

    def test_a_ticket_is_opened_for_a_group_that_is_chosen(self, manager):
        make_assignment_rule()
        group, old = make_group(), make_ticket()
        fields = {"customer": old.customer.number, "type": old.type.pk, "subject": "Dark", "source": "phone"}
        manager.post(reverse("tickets:ticket_create"), {**fields, "group": group.pk})
        assert Ticket.objects.latest("pk").group == group

    def test_many_tickets_are_given_to_a_group_and_by_the_rules(self, client):
        client.force_login(make_user(ADMINISTRATOR))
        tickets, group = [make_ticket(), make_ticket()], make_group()
        assign(tickets=tickets[:1], assignee=make_user(), at=LATER, by=None)
        do(client, "/tickets/", "GiveToGroup", tickets[:1], group=group.pk)
        tickets[0].refresh_from_db()
        assert (tickets[0].group, tickets[0].assignee) == (group, None)
        rule = make_assignment_rule()
        job = do(client, "/tickets/", "AssignByRules", tickets)
        assert outcomes(job) == {tickets[0].pk: "unchanged", tickets[1].pk: "done"}
        tickets[1].refresh_from_db()
        assert tickets[1].group == rule.group


@pytest.mark.django_db
def test_of_two_who_take_a_ticket_at_once_the_second_is_told_who_has_it(client):
    ticket, anna = make_ticket(), make_user(SUPPORT, first_name="Anna", last_name="Berg")
    me = make_user(SUPPORT)
    client.force_login(me)
    address = reverse("tickets:ticket_assign", args=[ticket.pk])
    assert 'name="instead_of" value=""' in client.get(ticket.get_absolute_url()).content.decode()
    assign(tickets=[ticket], assignee=anna, at=LATER, by=anna)
    page = client.post(address, {"assignee": me.pk, "instead_of": ""}).content.decode()
    assert "Meanwhile it was given to Anna Berg." in page
    assert f'name="instead_of" value="{anna.pk}"' in page
    ticket.refresh_from_db()
    assert ticket.assignee == anna
    client.post(address, {"assignee": me.pk, "instead_of": anna.pk})
    ticket.refresh_from_db()
    assert ticket.assignee == me
    said = client.post(address, {"assignee": me.pk, "instead_of": anna.pk}, follow=True).content.decode()
    assert f"assigned to {me} already." in said
