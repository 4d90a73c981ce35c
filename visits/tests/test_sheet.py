"""The day sheet of a technician."""

from datetime import time
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from customerflow.staff.roles import BILLING, MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user
from customers.models import Location
from customers.tests.factories import make_customer, make_equipment, make_location, make_service
from tickets.desk import reply
from tickets.tests.factories import PNG, make_ticket
from visits.going import finish, move_on
from visits.models import Visit
from visits.planning import give_visit
from visits.sheet import map_address
from visits.tests.factories import DAY, PLANNED_AT, make_technician, make_ticket_at_home, make_visit

pytestmark = pytest.mark.django_db
SHEET = "/visits/day/?on=2026-03-05"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(PLANNED_AT, tick=False):
        yield


@pytest.fixture
def technician(client):
    technician = make_technician()
    client.force_login(technician)
    return technician


def send(client, visit: Visit, act: str, **fields):
    return client.post(SHEET, {"visit": visit.pk, "act": act, **fields})


def text_after(client, visit: Visit, act: str, **fields) -> str:
    answer = client.post(SHEET, {"visit": visit.pk, "act": act, **fields}, follow=True)
    assert answer.redirect_chain == [(f"{SHEET}#visit-{visit.pk}", 302)]
    return answer.content.decode()


def test_it_has_all_that_is_needed_on_the_way_and_there(client, technician):
    customer = make_customer(name="Ann Example", phone="+43 1 5880000")
    home = make_location(customer=customer, access_notes="Beware of the dog.")
    make_service(location=home, name="Fibre 500", login="ann@ppp")
    make_equipment(location=home, name="Router", serial="SN-1")
    ticket = make_ticket(customer=customer, location=home, subject="No signal", body="It is dark.")
    reply(ticket=ticket, kind="internal", body="Check the splice.", by=technician, at=PLANNED_AT)
    make_visit(ticket=ticket, technician=technician, items=["Measure"])
    page = client.get(SHEET).content.decode()
    for part in (
        *("Ann Example", "08:00–10:00", "12 Harbour Road", "Beware of the dog.", "Fibre 500", "ann@ppp", "Router"),
        *("SN-1", "No signal", "It is dark.", "Check the splice.", "Measure", 'href="tel:', 'rel="noreferrer"'),
    ):
        assert part in page, part
    assert "Standing" not in page


def test_visits_stand_in_the_order_of_the_day_without_those_of_others(client, technician):
    late = make_visit(technician=technician, starts=time(14), ends=None)
    open_time = make_visit(technician=technician, starts=None, ends=None)
    early = make_visit(technician=technician)
    make_visit(technician=make_technician()), make_visit()
    cancelled = make_visit(technician=technician, starts=time(7))
    Visit.objects.filter(pk=cancelled.pk).update(status="cancelled")
    assert client.get(SHEET).context["visits"] == [early, late, open_time]
    assert client.get("/visits/day/").context["visits"] == []
    assert client.get("/visits/day/").context["on"].isoformat() == "2026-03-02"
    assert client.get("/visits/day/?on=never&technician=nobody").status_code == 200


def test_a_visit_is_gone_on_from_the_sheet(client, technician):
    visit = make_visit(technician=technician, items=["Measure"])
    assert "on the way since 10:00." in text_after(client, visit, "move", status="on_way")
    assert "arrived at 10:00." in text_after(client, visit, "move", status="on_site")
    ticked = {"item": visit.items.get().pk, "is_done": "yes", "note": "-62 dBm"}
    assert "done: Measure" in text_after(client, visit, "tick", **ticked)
    assert "done already: Measure" in text_after(client, visit, "tick", **ticked)
    photo = {"files": SimpleUploadedFile("cable.png", PNG)}
    page = text_after(client, visit, "finish", status="done", result="New cable.", reason="", **photo)
    assert "Done. The result is a note on the ticket." in page
    again = text_after(client, visit, "finish", status="done", result="New cable.", reason="")
    assert "Done already; nothing was changed." in again
    visit.refresh_from_db()
    note = visit.ticket.messages.get()
    assert (visit.status, visit.result, note.attachments.get().name) == ("done", "New cable.", "cable.png")


def test_what_is_refused_keeps_what_was_typed(client, technician):
    visit, other = make_visit(technician=technician), make_visit(technician=technician, starts=time(9))
    page = send(client, visit, "finish", status="failed", result="Rang twice.", reason="").content.decode()
    assert page.count("Say why it failed: choose a reason.") >= 1
    assert page.count("Rang twice.") == 1
    photo = SimpleUploadedFile("virus.exe", b"MZ")
    page = send(client, visit, "finish", status="done", result="Fine.", reason="", files=photo).content.decode()
    assert "files of this kind are not kept" in page
    assert send(client, visit, "move", status="done").status_code == 200
    visit.refresh_from_db()
    assert visit.status == "planned"
    foreign = {"item": make_visit(items=["Other"]).items.get().pk, "is_done": "yes"}
    assert send(client, other, "tick", **foreign).status_code == 200


def cancel(visit: Visit) -> None:
    move_on(visit=visit, status=Visit.Status.CANCELLED, at=PLANNED_AT, by=make_user(SUPPORT))


def give_away(visit: Visit) -> None:
    give_visit(visit=visit, technician=make_technician(), at=PLANNED_AT, by=make_user(SUPPORT))


def finish_for(visit: Visit) -> None:
    said = {"status": Visit.Status.FAILED, "reason": "weather", "result": "Ice on the mast."}
    finish(visit=visit, **said, at=PLANNED_AT, by=make_user(SUPPORT))


@pytest.mark.parametrize(
    ("meanwhile", "status", "why"),
    [
        (cancel, 200, "A visit that is “Cancelled” cannot become “Done”"),
        (give_away, 403, "This visit is not yours, or not any more."),
        (finish_for, 200, "The visit was finished before, as “Failed”."),
    ],
)
def test_what_a_colleague_did_meanwhile_is_said_and_what_was_typed_is_kept(client, technician, meanwhile, status, why):
    visit = make_visit(technician=technician)
    meanwhile(visit)
    answer = send(client, visit, "finish", status="done", result="New cable.\nSignal is fine.", reason="")
    page = answer.content.decode()
    assert (answer.status_code, page.count(why)) == (status, 1)
    assert "New cable.<br>Signal is fine." in page
    assert not visit.ticket.messages.filter(body__contains="New cable.").exists()


def test_what_is_tapped_on_a_cancelled_visit_says_so(client, technician):
    visit = make_visit(technician=technician)
    cancel(visit)
    page = send(client, visit, "move", status="on_site").content.decode()
    assert f'id="visit-{visit.pk}"' in page
    assert "A visit that is “Cancelled” cannot become “Arrived”" in page


def test_one_finishes_ones_own_and_who_plans_any(client, technician):
    visit = make_visit(technician=make_technician())
    assert send(client, visit, "move", status="on_way").status_code == 403
    page = client.get(f"{SHEET}&technician={visit.technician.username}").content.decode()
    assert "On my way" not in page
    for role, status in ((BILLING, 403), (SUPPORT, 302), (MANAGER, 302)):
        client.force_login(make_user(role))
        assert send(client, visit, "move", status="on_way").status_code == status


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 404),
        ({"visit": "9" * 30}, 404),
        ({"visit": "1x", "act": "move"}, 404),
        ({"act": "dance"}, 400),
        ({"act": ""}, 400),
    ],
)
def test_what_no_form_sends_is_refused(client, technician, fields, status):
    visit = make_visit(technician=technician)
    sent = {"visit": visit.pk, **fields} if "act" in fields else fields
    assert client.post(SHEET, sent).status_code == status


def test_a_longer_day_asks_no_more_questions(client, technician, django_assert_max_num_queries):
    def fill(hours: range) -> None:
        for hour in hours:
            ticket = make_ticket_at_home(body="It is dark.")
            make_service(location=ticket.location), make_equipment(location=ticket.location)
            make_visit(ticket=ticket, technician=technician, starts=time(hour), ends=None, items=["One", "Two"])

    fill(range(7, 9))
    with django_assert_max_num_queries(12) as few:
        client.get(SHEET)
    fill(range(9, 14))
    with django_assert_max_num_queries(len(few)):
        assert len(client.get(SHEET).context["visits"]) == 7


def test_a_location_is_found_on_the_map():
    known = Location(address="1 Quay", latitude=Decimal("48.208174"), longitude=Decimal("16.373819"))
    point = "https://www.openstreetmap.org/?mlat=48.208174&mlon=16.373819#map=17/48.208174/16.373819"
    assert map_address(known) == point
    searched = map_address(Location(address="12 Harbour Road", city="Springfield"))
    assert searched == "https://www.openstreetmap.org/search?query=12+Harbour+Road%2C+Springfield"


def test_a_planner_is_led_from_a_visit_to_its_sheet(client, technician):
    visit = make_visit(technician=technician)
    page = client.get(visit.get_absolute_url()).content.decode()
    address = f"{reverse('visits:day')}?on={DAY}&amp;technician={technician.username}#visit-{visit.pk}"
    assert address in page
