"""Rules of the clock are changed while tickets live: what is kept is what the rules of now say, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customerflow.refusals import acting
from customers.tests.factories import make_plan, make_service
from tickets.desk import change_status, reply
from tickets.models import Calendar, Priority, SlaPolicy, Ticket
from tickets.models.ticket import NEVER
from tickets.sla.forms import CalendarForm, SlaPolicyForm
from tickets.sla.keeping import KEPT
from tickets.sla.measuring import measure_all, measure_anew
from tickets.tests.factories import make_calendar, make_policy, make_ticket, make_ticket_type

MONDAY = datetime(2026, 3, 23, 9, 0, tzinfo=UTC)

minutes = st.none() | st.integers(1, 3_000)
# What a form of a policy is sent with, besides its name and calendar.
policies = st.fixed_dictionaries(
    {
        "first_minutes": st.integers(1, 3_000),
        "next_minutes": minutes,
        "solution_minutes": minutes,
        "warning_minutes": st.integers(0, 600),
        "position": st.integers(0, 3),
        "is_on": st.booleans(),
        "priorities": st.lists(st.sampled_from(Priority.values), max_size=2, unique=True),
        "is_for_type": st.booleans(),
        "is_for_plan": st.booleans(),
    }
)
calendars = st.fixed_dictionaries(
    {
        "monday": st.sampled_from(["08:00-16:00", "22:00-06:00", ""]),
        "tuesday": st.sampled_from(["00:00-24:00", "09:00-12:00, 13:00-17:00"]),
        "time_zone": st.sampled_from(["Europe/Vienna", "America/New_York", "Asia/Kathmandu"]),
        "country": st.sampled_from(["", "AT"]),
    }
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("policy"), st.integers(0, 2), policies),
        st.tuples(st.just("remove"), st.integers(0, 2), st.none()),
        st.tuples(st.just("calendar"), st.integers(0, 1), calendars),
        st.tuples(st.sampled_from(["asked", "answered"]), st.integers(0, 2), st.integers(0, 2_000)),
        st.tuples(st.sampled_from(Ticket.Status.values), st.integers(0, 2), st.integers(0, 2_000)),
    ),
    min_size=1,
    max_size=8,
)


class World:
    """Three tickets, and the rules that they are measured by; a time that goes on."""

    def __init__(self, agent) -> None:
        self.agent, self.now = agent, MONDAY
        self.type, service = make_ticket_type(), make_service(plan=make_plan())
        self.plan = service.plan
        self.calendars = [make_calendar(name="One"), make_calendar(name="Two", time_zone="Europe/Vienna")]
        for number in range(3):
            make_policy(name=f"Policy {number}", calendar=self.calendars[number % 2], first_minutes=60 * (number + 1))
        self.tickets = [
            make_ticket(at=MONDAY, type=self.type, priority=Priority.URGENT),
            make_ticket(at=MONDAY, customer=service.location.customer, service=service),
            make_ticket(at=MONDAY),
        ]

    def do(self, what: str, which: int, values) -> None:
        """Let one thing happen; what the product refuses does not."""
        if what == "policy":
            self.change_policy(which, values)
        elif what == "remove":
            SlaPolicy.objects.filter(name=f"Policy {which}").delete()
            measure_anew()
        elif what == "calendar":
            calendar = Calendar.objects.get(pk=self.calendars[which].pk)
            save(CalendarForm({"name": calendar.name, **values}, instance=calendar))
        else:
            self.now += timedelta(minutes=values)
            self.work(what, self.tickets[which])

    def change_policy(self, which: int, values: dict[str, object]) -> None:
        """Send the form of a policy; of one that is gone, that of a new one."""
        policy = SlaPolicy.objects.filter(name=f"Policy {which}").first()
        said = {"name": f"Policy {which}", "calendar": self.calendars[which % 2].pk, **values}
        said |= {"types": [self.type.pk] if values["is_for_type"] else []}
        said |= {"plans": [self.plan.pk] if values["is_for_plan"] else []}
        save(SlaPolicyForm({name: value for name, value in said.items() if value is not None}, instance=policy))

    def work(self, what: str, ticket: Ticket) -> None:
        """Let somebody write on a ticket, or move it."""
        try:
            with acting():
                if what in ("asked", "answered"):
                    by = self.agent if what == "answered" else None
                    reply(ticket=ticket, kind="public", body="Well?", by=by, at=self.now)
                else:
                    change_status(ticket=ticket, status=Ticket.Status(what), at=self.now)
        except ValidationError:
            pass


def save(form) -> None:
    assert form.is_valid(), form.errors
    form.save()


def kept() -> list[tuple]:
    return list(Ticket.objects.order_by("pk").values_list(*KEPT))


@pytest.mark.django_db
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(happens=steps)
def test_a_changed_rule_leaves_nothing_behind_whatever_happens_in_which_order(happens, django_user_model):
    with transaction.atomic():
        world = World(django_user_model.objects.create(username="agent"))
        for what, which, values in happens:
            world.do(what, which, values)
        found = kept()
        Ticket.objects.update(due_step="", due_at=NEVER, warn_at=NEVER, is_breached=False)
        measure_all()
        for ticket in Ticket.objects.filter(is_finished=True):
            outcomes = ticket.events.exclude(outcome=None).values_list("outcome", flat=True)
            Ticket.objects.filter(pk=ticket.pk).update(is_breached=any(each["is_breached"] for each in outcomes))
        assert found == kept()
        transaction.set_rollback(True)
