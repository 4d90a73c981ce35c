"""Going on visits: each step once, and what stays of it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from tickets.attachments import SentFile
from tickets.models import Message
from tickets.tests.factories import PNG, make_merge, make_policy
from visits.going import finish, move_on, tick
from visits.models import Visit
from visits.tests.factories import PLANNED_AT, make_technician, make_visit, make_visit_item

pytestmark = pytest.mark.django_db
Status = Visit.Status
TEN = PLANNED_AT + timedelta(minutes=1)
ELEVEN = TEN + timedelta(minutes=45, seconds=30)


def test_a_visit_from_setting_out_to_its_result():
    technician = make_technician()
    visit = make_visit(technician=technician, items=["Measure", "Label"])
    move_on(visit=visit, status=Status.ON_WAY, at=PLANNED_AT, by=technician)
    move_on(visit=visit, status=Status.ON_SITE, at=TEN, by=technician)
    tick(item=visit.items.first(), is_done=True, note="-62 dBm", at=TEN, by=technician)
    said = {"result": "New cable.", "files": [SentFile("cable.png", PNG)]}
    visit, is_new = finish(visit=visit, status=Status.DONE, at=ELEVEN, by=technician, **said)
    assert (is_new, visit.status, visit.minutes_on_site, visit.set_out_at) == (True, "done", 45, PLANNED_AT)
    note = visit.ticket.messages.get()
    assert (note.kind, note.author, note.minutes) == (Message.Kind.INTERNAL, technician, 45)
    assert note.body == (
        "Visit of 2026-03-05, 08:00–10:00: Done.\n\nOn site: 45 minutes, 10:01–10:46.\n\nNew cable.\n\n"
        "[x] Measure: -62 dBm\n[ ] Label"
    )
    assert note.attachments.get().name == "cable.png"
    kinds = list(visit.ticket.events.values_list("kind", flat=True))
    assert kinds == ["opened", "visit", "visit", "visit", "visit", "noted"]


def test_what_is_sent_twice_is_done_once():
    technician = make_technician()
    visit = make_visit(technician=technician, items=["Measure"])
    for at in (PLANNED_AT, TEN):
        move_on(visit=visit, status=Status.ON_SITE, at=at, by=technician)
    item, other = visit.items.get(), make_technician()
    for at, by in ((TEN, technician), (ELEVEN, other)):
        item, _is_changed = tick(item=item, is_done=True, note="", at=at, by=by)
    said = {"visit": visit, "status": Status.DONE, "result": "Fine.", "at": ELEVEN}
    finished = [finish(**said, by=technician, files=[SentFile("a.png", PNG)])[1] for _ in range(2)]
    visit.refresh_from_db()
    assert finished == [True, False]
    assert (visit.arrived_at, item.done_at, item.done_by) == (PLANNED_AT, TEN, technician)
    assert (visit.ticket.messages.count(), visit.version) == (1, 3)


def test_what_was_said_of_a_visit_is_not_said_over():
    technician = make_technician()
    visit = make_visit()
    finish(visit=visit, status=Status.DONE, at=TEN, by=technician, result="Fine.")
    with pytest.raises(ValidationError, match="finished before, as “Done”"):
        finish(visit=visit, status=Status.FAILED, reason="weather", at=ELEVEN, by=technician)
    assert visit.ticket.messages.count() == 1


def test_a_failure_has_a_reason_that_is_told():
    visit, technician = make_visit(), make_technician()
    for wrong in ({}, {"reason": "lost"}, {"reason": "other"}):
        with pytest.raises(ValidationError):
            finish(visit=visit, status=Status.FAILED, at=TEN, by=technician, **wrong)
    visit, _is_new = finish(visit=visit, status=Status.FAILED, reason="nobody_home", at=TEN, by=technician)
    assert visit.minutes_on_site is None
    assert visit.ticket.messages.get().body == "Visit of 2026-03-05, 08:00–10:00: Failed, Nobody at home."


def test_a_ticked_item_is_noted_over_taken_back_and_left_alone_once_the_visit_is_over():
    technician, item = make_technician(), make_visit_item()
    assert tick(item=item, is_done=True, note="", at=TEN, by=technician)[1]
    item, is_changed = tick(item=item, is_done=True, note="-60 dBm", at=ELEVEN, by=make_technician())
    assert (is_changed, item.done_at, item.done_by) == (True, TEN, technician)
    item, _is_changed = tick(item=item, is_done=False, note="", at=ELEVEN, by=technician)
    assert item.done_at is None
    finish(visit=item.visit, status=Status.DONE, at=ELEVEN, by=technician)
    assert not tick(item=item, is_done=False, note="", at=ELEVEN, by=technician)[1]
    with pytest.raises(ValidationError, match="its checklist stays"):
        tick(item=item, is_done=True, note="", at=ELEVEN, by=technician)


def test_a_refused_file_leaves_the_visit_as_it_was():
    visit = make_visit()
    with pytest.raises(ValidationError):
        finish(visit=visit, status=Status.DONE, at=TEN, by=make_technician(), files=[SentFile("a.exe", b"MZ")])
    visit.refresh_from_db()
    assert (visit.status, visit.ticket.messages.count()) == ("planned", 0)


def test_the_result_of_a_visit_on_a_merged_ticket_is_said_on_the_one_that_goes_on():
    visit = make_visit()
    survivor = make_merge().survivor
    assert list(Visit.objects.on_ticket(survivor)) == []
    merge = make_merge()
    Visit.objects.filter(pk=visit.pk).update(ticket=merge.merged)
    visit.refresh_from_db()
    finish(visit=visit, status=Status.DONE, at=TEN, by=make_technician())
    assert list(Visit.objects.on_ticket(merge.survivor)) == [visit]
    assert merge.survivor.messages.get().body.startswith("Visit of")


def test_no_visit_touches_the_clock_of_the_ticket():
    make_policy()
    visit = make_visit()
    visit.ticket.refresh_from_db()
    due = (visit.ticket.due_at, visit.ticket.status)
    finish(visit=visit, status=Status.DONE, at=TEN, by=make_technician())
    visit.ticket.refresh_from_db()
    assert (visit.ticket.due_at, visit.ticket.status) == due


@given(wanted=st.lists(st.sampled_from([*Status]), max_size=6))
def test_no_way_leads_past_the_table_of_moves(wanted):
    visit = Visit()
    for status in wanted:
        before, allowed = visit.status, status in Visit.MOVES[Status(visit.status)]
        try:
            visit.move_to(status, PLANNED_AT)
        except ValidationError:
            assert not allowed
            assert visit.status == before
        else:
            assert allowed
        assert (visit.left_at is not None) == (visit.status in Visit.MADE)
        assert visit.status != Status.ON_SITE or visit.arrived_at
