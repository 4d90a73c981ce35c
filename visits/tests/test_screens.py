"""The pages of visits for who plans them."""

from datetime import date, time

import pytest
import time_machine
from django.urls import reverse

from customerflow.bulk.tests.choosing import do
from customerflow.staff.roles import BILLING, MANAGER, SUPPORT, TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customerflow.tests.administering import page_of
from customers.models import Area
from tickets.canned import filled_in
from tickets.tests.factories import make_canned_reply
from visits.models import Checklist, Visit
from visits.tests.factories import DAY, PLANNED_AT, make_checklist, make_technician, make_ticket_at_home, make_visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(PLANNED_AT, tick=False):
        yield


@pytest.fixture
def planner(client):
    client.force_login(make_user(SUPPORT))
    return client


def form_of(**fields) -> dict:
    return {"day": DAY.isoformat(), "starts": "08:00", "ends": "10:00", "checklist": "", "more_items": "", **fields}


def test_a_visit_is_planned_from_the_page_of_its_ticket_with_the_checklist_of_its_type(planner):
    ticket, technician = make_ticket_at_home(), make_technician()
    make_checklist(type=ticket.type)
    page = planner.get(ticket.get_absolute_url()).content.decode()
    address = f"{reverse('visits:visit_create')}?ticket={ticket.number}"
    assert address in page
    assert f'value="{ticket.number}"' in planner.get(address).content.decode()
    typed = form_of(ticket=ticket.number, technician=technician.pk, more_items="Bring a ladder")
    response = planner.post(reverse("visits:visit_create"), typed, follow=True)
    visit = Visit.objects.get()
    assert response.redirect_chain == [(visit.get_absolute_url(), 302)]
    items = list(visit.items.values_list("text", flat=True))
    assert items == ["Measure the signal", "Label the socket", "Bring a ladder"]
    page = planner.get(ticket.get_absolute_url()).content.decode()
    assert "08:00–10:00" in page
    assert "2026-03-05, 08:00–10:00, Eirik Holmgaard, Planned" in page


@pytest.mark.parametrize(("chosen", "expected"), [("none", []), ("other", ["Only this"])])
def test_a_checklist_is_chosen_by_hand_or_left_out(planner, chosen, expected):
    ticket = make_ticket_at_home()
    make_checklist(type=ticket.type)
    other = make_checklist(items="Only this")
    typed = form_of(ticket=ticket.number, checklist=other.pk if chosen == "other" else chosen)
    planner.post(reverse("visits:visit_create"), typed)
    assert list(Visit.objects.get().items.values_list("text", flat=True)) == expected


def test_a_refused_plan_says_so_at_its_field_and_keeps_what_was_typed(planner):
    ticket = make_ticket_at_home()
    typed = form_of(ticket=ticket.number, day="2026-03-01", more_items="Ladder")
    page = planner.post(reverse("visits:visit_create"), typed).content.decode()
    assert "This day has passed." in page
    assert "Ladder" in page
    missing = planner.post(reverse("visits:visit_create"), form_of(ticket="")).content.decode()
    assert "This field is required." in missing


def test_a_visit_is_moved_and_an_overlap_is_warned_of(planner):
    technician = make_technician()
    first, visit = make_visit(technician=technician), make_visit(day=date(2026, 3, 6))
    address = reverse("visits:visit_update", args=[visit.pk])
    opened = planner.get(address).context["form"]
    typed = {**form_of(technician=technician.pk), "version": visit.version, "seen": opened["seen"].value()}
    page = planner.post(address, typed, follow=True).content.decode()
    visit.refresh_from_db()
    assert (visit.day, visit.technician) == (DAY, technician)
    assert "It overlaps with another visit of Eirik Holmgaard" in page
    assert first.get_absolute_url() in page


def test_a_day_and_a_technician_that_two_change_at_once_are_both_kept(planner):
    visit, technician = make_visit(), make_technician()
    address = reverse("visits:visit_update", args=[visit.pk])
    opened = planner.get(address).context["form"]
    carried = {"version": visit.version, "seen": opened["seen"].value(), "location": visit.location_id}
    planner.post(address, {**form_of(technician=technician.pk), **carried})
    page = planner.post(address, {**form_of(day="2026-03-09"), **carried}, follow=True).content.decode()
    visit.refresh_from_db()
    assert "A colleague changed this meanwhile" in page
    assert (visit.day, visit.technician, visit.version) == (date(2026, 3, 9), technician, 3)


def test_a_visit_is_cancelled_taken_up_again_and_removed_by_a_manager(planner, client):
    visit = make_visit()
    page = planner.post(reverse("visits:visit_cancel", args=[visit.pk]), {}, follow=True).content.decode()
    visit.refresh_from_db()
    assert visit.status == "cancelled"
    assert "Plan it again" in page
    planner.post(reverse("visits:visit_take_up", args=[visit.pk]), {})
    visit.refresh_from_db()
    assert visit.status == "planned"
    assert planner.get(reverse("visits:visit_delete", args=[visit.pk])).status_code == 403
    client.force_login(make_user(MANAGER))
    client.post(reverse("visits:visit_delete", args=[visit.pk]), {"version": visit.version})
    assert not Visit.objects.exists()


def test_a_visit_that_was_made_is_not_removed(client):
    client.force_login(make_user(MANAGER))
    visit = make_visit()
    Visit.objects.filter(pk=visit.pk).update(status="done", left_at=PLANNED_AT)
    page = client.post(reverse("visits:visit_delete", args=[visit.pk]), {}).content.decode()
    assert "it stays on record" in page
    assert Visit.objects.exists()


@pytest.mark.parametrize("role", [BILLING, TECHNICIAN])
def test_who_does_not_plan_sees_the_plan_and_changes_nothing(client, role):
    client.force_login(make_user(role))
    visit = make_visit()
    assert client.get(visit.get_absolute_url()).status_code == 200
    for name in ("visit_update", "visit_cancel", "visit_delete"):
        assert client.post(reverse(f"visits:{name}", args=[visit.pk])).status_code == 403
    assert client.get(reverse("visits:visit_create")).status_code == 403


def test_visits_are_filtered(planner):
    area, technician = Area.objects.create(name="Harbour"), make_technician()
    visit = make_visit(technician=technician)
    visit.location.area = area
    visit.location.save()
    make_visit(day=date(2026, 3, 6))
    for query in (
        "day=2026-03-05",
        f"technician={technician.username}",
        "to_give=false",
        f"area={area.pk}",
        f"customer={visit.ticket.customer.number}",
        f"ticket={visit.ticket.number}",
        f"day=2026-03-05&status=planned&q={visit.ticket.number}&sort=status",
    ):
        rows = planner.get(f"{reverse('visits:visit_list')}?{query}").context["page"].rows
        assert rows == [visit], query


def test_many_visits_are_given_moved_and_cancelled_at_once(planner):
    visits, technician, address = [make_visit(), make_visit()], make_technician(), reverse("visits:visit_list")
    do(planner, address, "GiveVisits", visits, technician=technician.pk)
    do(planner, address, "MoveVisits", visits, day="2026-03-09")
    do(planner, address, "CancelVisits", visits[:1])
    found = Visit.objects.order_by("pk").values_list("technician", "day", "status")
    moved = (technician.pk, date(2026, 3, 9))
    assert list(found) == [(*moved, "cancelled"), (*moved, "planned")]


def test_the_list_and_the_pages_of_ticket_and_customer_ask_few_questions(planner, django_assert_max_num_queries):
    technician = make_technician()
    visits = [make_visit(technician=technician) for _ in range(3)]
    planner.get(reverse("visits:visit_list"))
    with django_assert_max_num_queries(10):
        planner.get(reverse("visits:visit_list"))
    page = planner.get(visits[0].ticket.customer.get_absolute_url()).content.decode()
    assert "Next visit" in page
    assert "2026-03-05, 08:00–10:00" in page


def test_the_week_shows_who_has_what_and_what_is_free(planner, django_assert_max_num_queries):
    technician = make_technician()
    make_technician(first_name="Free", last_name="Person")
    for hour in (8, 9, 14):
        make_visit(technician=technician, starts=time(hour), ends=time(hour + 2))
    make_visit(starts=None, ends=None)
    address = f"{reverse('visits:week')}?on=2026-03-05"
    planner.get(address)
    with django_assert_max_num_queries(7):
        page = planner.get(address).content.decode()
    assert "free 11:00–14:00" in page
    assert "free 16:00–17:00" in page
    assert "free 10:00" not in page
    assert "To be given" in page
    assert "Free Person" in page
    shown = planner.get(f"{address}&days=1&technician={technician.username}").context["overview"]
    assert [row.technician for row in shown.rows] == [technician]
    assert shown.days == [DAY]
    assert planner.get(f"{reverse('visits:week')}?on=never").status_code == 200


@pytest.mark.parametrize("on", ["0001-01-01", "9999-12-31", "soon"])
@pytest.mark.parametrize("name", ["visits:week", "visits:day"])
def test_a_day_that_nobody_plans_shows_today_and_says_why(planner, name, on):
    shown = planner.get(reverse(name), {"on": on})
    assert list(shown.context["form"].errors) == ["on"]
    assert PLANNED_AT.date() in (shown.context["today"], shown.context.get("on"))


def test_who_is_away_has_nothing_free(planner):
    make_technician(away_until=DAY)
    shown = planner.get(f"{reverse('visits:week')}?on=2026-03-05").context["overview"]
    free = [cell.free for row in shown.rows for cell in row.cells]
    assert free == [["away"]] * 4 + [["free all day"]] * 3


def test_a_checklist_is_written_by_a_manager(client):
    client.force_login(make_user(MANAGER))
    typed = {"name": "Fibre", "type": "", "items": "Measure\nLabel"}
    page = client.post(reverse("visits:checklist_create"), typed, follow=True).content.decode()
    assert "<li>Measure</li>" in page
    assert Checklist.objects.get().lines == ["Measure", "Label"]
    client.force_login(make_user(TECHNICIAN))
    assert client.get(reverse("visits:checklist_create")).status_code == 403


@pytest.mark.parametrize("model", [Visit, Checklist])
def test_the_administration_has_them(client, django_user_model, model):
    client.force_login(django_user_model.objects.create_superuser("root"))
    make_visit(), make_checklist()
    assert client.get(page_of(model, "changelist"), {"q": "no"}).status_code == 200
    record = model.objects.latest("pk")
    assert client.get(page_of(model, "change", record.pk)).status_code == 200


def test_a_canned_reply_names_the_next_visit():
    visit, canned = make_visit(), make_canned_reply(text="We come on {visit}.")
    canned.full_clean()
    assert filled_in(canned.text, visit.ticket, make_user()) == "We come on 2026-03-05, 08:00–10:00."
    assert filled_in(canned.text, make_ticket_at_home(), make_user()) == "We come on {visit}."
