"""Work on visits that begins at the same moment."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from customerflow.refusals import acting
from customerflow.staff.tests.factories import make_user
from customerflow.tests.threads import at_once
from visits.going import finish, move_on, tick
from visits.models import Visit
from visits.planning import move_visit
from visits.tests.factories import PLANNED_AT, make_ticket_at_home, make_visit, make_visit_item

pytestmark = pytest.mark.django_db(transaction=True)


def or_refused(act, **fields):
    """Return what an act returns; None where it is refused."""
    try:
        with acting():
            return act(**fields)
    except ValidationError:
        return None


def test_a_visit_that_many_finish_at_once_has_one_result():
    visit, by = make_visit(), make_user()

    def finish_it(index):
        said = {"result": f"Result {index % 2}", "at": PLANNED_AT, "by": by}
        return or_refused(finish, visit=visit, status=Visit.Status.DONE, **said)

    done = list(filter(None, at_once(finish_it, 8)))
    visit.refresh_from_db()
    assert sum(is_new for _visit, is_new in done) == 1
    assert {each.result for each, _is_new in done} == {visit.result}
    assert (visit.ticket.messages.count(), visit.version) == (1, 2)


def test_the_same_visit_that_many_plan_at_once_is_planned_once():
    ticket = make_ticket_at_home()
    planned = at_once(lambda _: or_refused(make_visit, ticket=ticket), 8)
    assert len(list(filter(None, planned))) == Visit.objects.count() == 1


def test_an_item_that_many_tick_at_once_is_ticked_by_the_first():
    item, people = make_visit_item(), [make_user() for _ in range(6)]
    ticked = at_once(lambda index: tick(item=item, is_done=True, note="", at=PLANNED_AT, by=people[index]), 6)
    item.refresh_from_db()
    assert [each.done_by for each, is_changed in ticked if is_changed] == [item.done_by]


def test_a_visit_that_is_moved_and_cancelled_and_finished_at_once_is_whole():
    visit, by = make_visit(), make_user()

    def act(index):
        if index == 0:
            return or_refused(move_visit, visit=visit, day=date(2026, 3, 9), at=PLANNED_AT, by=by)
        if index == 1:
            return or_refused(move_on, visit=visit, status=Visit.Status.CANCELLED, at=PLANNED_AT, by=by)
        return or_refused(finish, visit=visit, status=Visit.Status.DONE, at=PLANNED_AT, by=by)

    at_once(act, 6)
    visit.refresh_from_db()
    assert visit.status in {"cancelled", "done"}
    assert visit.ticket.messages.count() == (visit.status == "done")
    assert visit.ticket.events.filter(kind="visit").count() == visit.version
