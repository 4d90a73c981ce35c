"""Ticket types and tickets from files."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from customerflow.loads.pipeline import load_files
from customerflow.loads.terms import LoadFile, Policy
from customerflow.loads.tests import loading
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_customer
from tickets.desk import change_status, open_ticket
from tickets.loads import TicketTypeLoad
from tickets.models import Message, Ticket, TicketType
from tickets.tests.factories import OPENED_AT, make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db


def load(path, content: str):
    path.write_text(content)
    return load_files([LoadFile(path, TicketTypeLoad)], Policy())


def test_types_are_loaded_as_saving_them_gives(tmp_path):
    load(tmp_path / "types.json", '{"10": "Report a Problem", " 9 ": "Störung"}')
    for loaded in TicketType.objects.all():
        keys = (loaded.code_key, loaded.search_text, loaded.default_priority, loaded.is_retired)
        loaded.save()
        assert keys == (loaded.code_key, loaded.search_text, "3_normal", False)
    assert [loaded.code for loaded in TicketType.objects.all()] == ["9", "10"]


def test_a_new_name_changes_the_type_and_keeps_the_rest(tmp_path):
    TicketType.objects.create(code="1", name="Old", is_retired=True)
    report = load(tmp_path / "types.json", '{"1": "New"}')
    assert report.files[0].changed == 1
    changed = TicketType.objects.get()
    assert (changed.name, changed.is_retired, changed.version) == ("New", True, 2)


def load_tickets(folder, rows: str, headings: str = "Number,Status,Finished At"):
    return loading.load(folder, tickets=f"{headings}\n{rows}\n")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Vienna"])
@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00+00:00"),
        ("2026-03-02 10:00:00.123456Z", "2026-03-02T10:00:00.123456+00:00"),
        ("2026-03-02 10:00 UTC", "2026-03-02T10:00:00+00:00"),
        ("2026-03-02 10:00", None),
        ("2026-03-02", None),
    ],
)
def test_a_moment_without_a_zone_is_the_operators(tmp_path, settings, zone, cell, moment):
    settings.TIME_ZONE = zone
    customer, kind = make_customer(number="A-1"), make_ticket_type(code="f")
    rows = f"7,A-1,f,Help,{cell}"
    report = load_tickets(tmp_path, rows, "Number,Customer,Type,Subject,Opened At")
    assert loading.refused(report) == []
    local = datetime.fromisoformat(cell.replace(" UTC", "Z")).replace(tzinfo=ZoneInfo(zone))
    ticket = Ticket.objects.get(customer=customer, type=kind)
    assert ticket.opened_at == (datetime.fromisoformat(moment) if moment else local)
    assert not load_tickets(tmp_path, rows, "Number,Customer,Type,Subject,Opened At").writes


@pytest.mark.parametrize("now", Ticket.Status.values)
@pytest.mark.parametrize("wanted", Ticket.Status.values)
def test_a_ticket_moves_as_the_help_desk_may_move_it_but_is_not_reopened(tmp_path, now, wanted):
    ticket = make_ticket()
    if now != "new":
        change_status(ticket=ticket, status=Ticket.Status(now), at=ticket.opened_at)
    finished = "2026-03-03 10:00" if wanted in Ticket.FINISHED and now not in Ticket.FINISHED else ""
    report = load_tickets(tmp_path, f"{ticket.number},{wanted},{finished}")
    is_reopened = now in Ticket.FINISHED and wanted not in Ticket.FINISHED
    is_allowed = now == wanted or (wanted in Ticket.MOVES[Ticket.Status(now)] and not is_reopened)
    assert (loading.refused(report) == []) == is_allowed
    ticket.refresh_from_db()
    assert ticket.status == (wanted if is_allowed else now)


def test_a_loaded_ticket_is_what_the_act_opens(tmp_path):
    customer, kind = make_customer(number="A-1"), make_ticket_type(code="f", default_priority="2_high")
    person = make_user(username="eve", email="Eve@example.com")
    headings = "Number,Customer,Type,Subject,Source,Opened At,Assignee,Message"
    row = "1,A-1,f,Störung,E-mail,2026-03-02 09:30,eve@example.com,It rains."
    assert loading.refused(load_tickets(tmp_path, row, headings)) == []
    loaded = values(Ticket.objects.get()), values(Message.objects.get()), told(Ticket.objects.get())
    Ticket.objects.all().delete()
    ticket = open_ticket(
        customer=customer, type=kind, subject="Störung", at=OPENED_AT, by=None, body="It rains.",
        source=Ticket.Source.EMAIL, assignee=person,
    )  # fmt: skip
    ticket.refresh_from_db()
    assert (values(ticket), values(Message.objects.get()), told(ticket)) == loaded


def told(ticket) -> list[tuple]:
    return [(event.kind, event.before, event.after, event.at) for event in ticket.events.all()]


def test_what_a_load_changes_of_a_ticket_is_told_as_events(tmp_path):
    ticket, person = make_ticket(assignee=make_user(username="ann")), make_user(username="eve")
    closed_at = OPENED_AT + timedelta(days=1)
    row = f"{ticket.number},closed,{closed_at.isoformat()},1_urgent,eve"
    report = load_tickets(tmp_path, row, "Number,Status,Finished At,Priority,Assignee")
    assert loading.refused(report) == []
    ticket.refresh_from_db()
    assert ticket.assignee == person
    (*_first, priority, assignee) = told(ticket)[2:]
    assert told(ticket)[2] == ("status", "new", "closed", closed_at)
    assert priority[:3] == ("priority", "3_normal", "1_urgent")
    assert assignee[:3] == ("assignee", "ann", "eve")
    assert not load_tickets(tmp_path, row, "Number,Status,Finished At,Priority,Assignee").writes
    assert len(told(ticket)) == 5


def test_a_load_tells_of_a_finished_ticket_when_it_was(tmp_path):
    make_customer(number="A-1")
    make_ticket_type(code="f")
    row = "1,A-1,f,Help,2024-01-01T00:00Z,closed,2024-01-02T00:00Z"
    load_tickets(tmp_path, row, "Number,Customer,Type,Subject,Opened At,Status,Finished At")
    ticket = Ticket.objects.get()
    assert told(ticket) == [("opened", "", "", ticket.opened_at), ("status", "new", "closed", ticket.finished_at)]


def values(record) -> dict:
    left_out = {"id", "updated_at", "ticket_id", "created_at" if isinstance(record, Ticket) else ""}
    fields = record._meta.local_concrete_fields
    return {field.attname: getattr(record, field.attname) for field in fields if field.attname not in left_out}


def test_a_message_is_written_with_a_new_ticket_only(tmp_path):
    ticket = make_ticket(body="It rains.")
    report = load_tickets(tmp_path, f"{ticket.number},It rains and snows.", "Number,Message")
    assert (loading.refused(report), report.writes) == ([], False)
    assert Message.objects.get().body == "It rains."


def test_old_tickets_keep_people_and_types_that_new_ones_may_not_have(tmp_path):
    make_user(username="gone", is_active=False)
    make_customer(number="A-1")
    make_ticket_type(code="r", is_retired=True)
    headings = "Number,Customer,Type,Subject,Opened At,Status,Finished At,Assignee"
    row = "1,A-1,r,Help,2024-01-01,{},gone"
    assert len(loading.refused(load_tickets(tmp_path, row.format("open,"), headings))) == 2
    assert loading.refused(load_tickets(tmp_path, row.format("closed,2024-01-02"), headings)) == []
