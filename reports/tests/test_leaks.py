"""Leaks: each kind that is planted is found, nothing else is, and what is mended or meant so is gone."""

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from billing.invoices import Line, issue_invoice
from billing.tests.factories import make_billing_start, make_discount, make_invoice
from customerflow.jobs.models import Job
from customerflow.jobs.running import run_turn
from customerflow.staff.roles import MANAGER, SUPPORT, TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customerflow.webhooks.tests.factories import make_endpoint
from customers.models import Customer, Equipment, Pause, Service
from customers.subscriptions import end_service
from customers.tests.factories import (
    make_customer,
    make_equipment,
    make_location,
    make_pause,
    make_plan,
    make_service,
)
from reports.leaks.accepting import accept_leak, take_back
from reports.leaks.finding import begin_finding, find_leaks
from reports.leaks.registry import LEAKS
from reports.models import AcceptedLeak, FoundLeak
from reports.tests.factories import TODAY
from suspensions.daily import act_on
from suspensions.models import SuspendedService, Suspension

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
DAY = timedelta(days=1)
NON_PAYMENT = Pause.Reason.NON_PAYMENT


def bill(service: Service, **fields) -> None:
    line = Line(description=service.name, unit_price=Decimal("59.99"), service=service)
    issue_invoice(customer=service.location.customer, lines=[line], on=TODAY, **fields)


def make_good(**fields) -> Service:
    """Return a service that is billed, with a unit at its location."""
    service = make_service(**fields)
    make_equipment(location=service.location)
    bill(service)
    return service


def close(customer: Customer) -> Customer:
    Customer.objects.filter(pk=customer.pk).update(status=Customer.Status.CLOSED, closed_on=TODAY)
    return customer


def off(service: Service, days: int) -> Pause:
    first_day = TODAY - days * DAY
    return make_pause(service=service, reason=NON_PAYMENT, first_day=first_day, last_day=None, is_charged=True)


def suspended(service: Service, days: int) -> Pause:
    """Return the pause of a suspension that nobody ended when its reason was gone, as after a load of payments."""
    pause = off(service, days)
    values = {"customer": service.location.customer, "began_on": pause.first_day, "amount": Decimal(10)}
    SuspendedService.objects.create(suspension=Suspension.objects.create(**values), service=service, pause=pause)
    return pause


def without_unit() -> Service:
    service = make_service(plan=make_plan(needs_equipment=True))
    bill(service)
    return service


def ended(**fields) -> Service:
    service = make_good(**fields)
    Service.objects.filter(pk=service.pk).update(ends_on=TODAY - DAY)
    make_good(location=make_location(customer=service.location.customer))
    return service


def unserved() -> Customer:
    return make_location().customer


def late(service: Service) -> Service:
    make_invoice(customer=service.location.customer, on=date(2026, 1, 1))
    return service


PLANTED = {
    "never-billed": lambda: make_service(),
    "no-equipment": without_unit,
    "equipment-at-closed-account": lambda: make_equipment(location=make_location(customer=close(make_customer()))),
    "equipment-not-returned": lambda: ended().location.equipment.get(),
    "discount-after-contract": lambda: make_discount(
        service=(service := make_good(contract_ends_on=TODAY - DAY)), customer=service.location.customer
    ),
    "suspended-without-debt": lambda: suspended(make_good(), 5),
    "off-without-debt": lambda: off(make_good(), 5),
    "suspended-and-forgotten": lambda: off(late(make_good()), 61),
    "no-location": make_customer,
    "no-service": unserved,
    "for-nothing": lambda: make_good(cost=Decimal(0)),
}


def plant_nothing() -> None:
    """Make what is near to each leak, and is none."""
    make_service(starts_on=TODAY - 30 * DAY)
    make_service(starts_on=TODAY + DAY)
    free = make_service()
    make_discount(customer=free.location.customer, percent=Decimal(100))
    make_pause(service=make_service(), first_day=date(2026, 1, 1), last_day=None)
    make_good(plan=make_plan(needs_equipment=True))
    make_equipment(terms=Equipment.Terms.SOLD, location=make_location(customer=close(make_customer())))
    going_on = make_good(contract_ends_on=TODAY)
    make_discount(customer=going_on.location.customer, service=going_on)
    over = make_good(contract_ends_on=TODAY - DAY)
    make_discount(customer=over.location.customer, service=over, last_day=TODAY)
    off(late(make_good()), 60)
    make_customer(status=Customer.Status.LEAD)
    gift = make_good(cost=Decimal(0))
    make_discount(customer=gift.location.customer)


def look() -> dict[str, list[int]]:
    list(find_leaks(on=TODAY))
    found = {name: list(leak.found(TODAY).values_list("pk", flat=True)) for name, leak in LEAKS.items()}
    return {name: keys for name, keys in found.items() if keys}


def test_nothing_is_found_where_all_is_well_or_nearly_so():
    make_billing_start(day=date(2026, 1, 1))
    plant_nothing()
    assert look() == {}


@pytest.mark.parametrize("name", LEAKS)
def test_each_leak_is_found_and_no_other(name):
    make_billing_start(day=date(2026, 1, 1))
    plant_nothing()
    record = PLANTED[name]()
    assert look() == {name: [record.pk]}
    leak = LEAKS[name]
    (row,) = leak.found(TODAY)
    assert leak.says(row)
    assert leak.customer_of(row).pk == row.leak_customer


def test_nobody_is_called_unbilled_before_billing_has_begun():
    make_service()
    assert look() == {}


def test_what_is_mended_is_gone_at_once_and_what_is_new_is_found_when_it_is_looked_for():
    customer = make_customer()
    assert look() == {"no-location": [customer.pk]}
    make_good(location=make_location(customer=customer))
    leak = LEAKS["no-location"]
    assert not leak.found(TODAY).exists()
    assert FoundLeak.objects.exists()
    other = make_customer()
    assert look() == {"no-location": [other.pk]}
    assert FoundLeak.objects.get().record_id == other.pk


def test_what_is_meant_so_leaves_the_list_until_its_day_is_over():
    customer, leak = make_customer(), LEAKS["no-location"]
    look()
    accept_leak(leak=leak, key=customer.pk, reason="Moves in May", until=TODAY, on=TODAY)
    assert (leak.found(TODAY).count(), leak.found(TODAY, accepted=True).count()) == (0, 1)
    assert leak.found(TODAY + DAY).count() == 1
    accept_leak(leak=leak, key=customer.pk, reason="Moves in June", on=TODAY)
    assert AcceptedLeak.objects.get().reason == "Moves in June"
    assert leak.found(TODAY + DAY).count() == 0
    take_back(leak=leak, key=customer.pk, on=TODAY)
    assert leak.found(TODAY).count() == 1
    for refused in ({"reason": " "}, {"until": TODAY - DAY}, {"key": 0}):
        with pytest.raises(ValidationError):
            accept_leak(**{"leak": leak, "key": customer.pk, "reason": "No", "on": TODAY} | refused)
    with pytest.raises(ValidationError):
        take_back(leak=leak, key=customer.pk, on=TODAY)


def test_the_remedy_of_a_suspension_ends_it_and_the_network_is_told(client):
    pause = suspended(make_good(), 5)
    look()
    endpoint = make_endpoint()
    client.force_login(make_user(MANAGER))
    page = client.get(reverse("reports:leak_list", args=["suspended-without-debt"])).content.decode()
    remedy = reverse("suspensions:turn_on", args=[pause.service.location.customer_id])
    assert remedy in page
    customer = Customer.objects.get(pk=pause.service.location.customer_id)
    values = {"last_day": TODAY, "reason": "Paid", "version": customer.version}
    assert client.post(remedy, values).status_code == 302
    assert Suspension.objects.get().end == "by_hand"
    assert not Service.objects.paused(TODAY).exists()
    assert [delivery.event for delivery in endpoint.deliveries.all()] == ["service.resumed"]
    assert look() == {}


def test_ending_the_service_that_is_suspended_and_forgotten_ends_the_suspension():
    pause = suspended(late(make_good()), 61)
    assert look() == {"suspended-and-forgotten": [pause.pk]}
    end_service(service=pause.service, last_day=TODAY)
    act_on(on=TODAY + DAY)
    assert Suspension.objects.get().end == "ended"


@pytest.mark.parametrize("name", LEAKS)
def test_no_page_of_leaks_reads_a_whole_table(name):
    """What was found is few; the records are reached by their keys."""
    rows = LEAKS[name].found(TODAY).order_by("pk")[:51]
    if connection.vendor == "sqlite":
        plan = [line for line in rows.explain().splitlines() if " SCAN " in f" {line} "]
        assert [line for line in plan if "reports_foundleak" not in line] == []
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        assert "Seq Scan on" not in rows.explain().replace("Seq Scan on reports_", "")


class TestPages:
    def test_the_number_on_a_card_is_that_of_the_rows_behind_it(self, clerk):
        make_billing_start(day=date(2026, 1, 1))
        for plant in PLANTED.values():
            plant()
        PLANTED["no-location"]()
        look()
        for leak, count, _is_capped in clerk.get(reverse("reports:leaks")).context["cards"]:
            page = clerk.get(reverse("reports:leak_list", args=[leak.name]))
            assert (page.context["page"].count, page.context["problems"]) == (count, [])
            assert count == len(page.context["page"].rows) == 1 + (leak.name == "no-location")
            (remedy,) = {leak.remedy(row) for row in page.context["page"].rows[:1]}
            assert clerk.get(remedy).status_code in {200, 403}
            exported = clerk.get(f"{reverse('reports:leak_list', args=[leak.name])}?export=csv")
            assert len(b"".join(exported.streaming_content).splitlines()) == count + 1

    def test_one_is_accepted_and_taken_back_and_found_by_its_customer(self, clerk):
        customer = make_customer(name="Ann Example")
        look()
        page, names = reverse("reports:leak_list", args=["no-location"]), ["no-location", customer.pk]
        assert clerk.get(f"{page}?q=ann").context["page"].count == 1
        assert clerk.get(f"{page}?q=bob").context["page"].count == 0
        assert "reason" in clerk.post(reverse("reports:leak_accept", args=names), {}).context["form"].errors
        clerk.post(reverse("reports:leak_accept", args=names), {"reason": "Moves in May"})
        assert clerk.get(page).context["page"].count == 0
        assert clerk.get(f"{page}?accepted=true").context["page"].count == 1
        clerk.post(reverse("reports:leak_take_back", args=names))
        assert clerk.get(page).context["page"].count == 1

    def test_who_may_only_see_them_accepts_none(self, client):
        customer = make_customer()
        look()
        client.force_login(make_user(SUPPORT))
        page = client.get(reverse("reports:leak_list", args=["no-location"]))
        assert page.context["page"].count == 1
        assert "Accept</a>" not in page.content.decode()
        assert client.get(reverse("reports:leak_accept", args=["no-location", customer.pk])).status_code == 403
        client.force_login(make_user(TECHNICIAN))
        assert client.get(reverse("reports:leaks")).status_code == 403

    @pytest.mark.django_db(transaction=True)
    def test_the_button_lets_a_worker_look(self, client):
        customer = make_customer()
        # Tests with real transactions take away the groups that a migration has made.
        client.force_login(make_user(is_superuser=True))
        assert client.post(reverse("reports:leaks")).status_code == 302
        job = begin_finding(on=TODAY, by=make_user())
        assert job == Job.objects.get()
        run_turn(job.pk, job.turn, seconds=60)
        assert FoundLeak.objects.get().record_id == customer.pk


def test_the_command_tells_a_person_or_a_program():
    customer = make_customer()
    call_command("find_leaks", stdout=(said := StringIO()))
    assert "no-location: 1." in said.getvalue()
    call_command("find_leaks", "--json", stdout=(said := StringIO()))
    found = {each["leak"]: each for each in json.loads(said.getvalue())["found"]}
    assert found["no-location"] == {
        "leak": "no-location",
        "count": 1,
        "kind": "customers.customer",
        "keys": [customer.pk],
    }
    assert set(found) == set(LEAKS)
