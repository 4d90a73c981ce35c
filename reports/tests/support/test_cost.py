"""The cost of support: what was written down on tickets beside what was invoiced."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from billing.invoices import void_invoice
from billing.models import InvoiceLine
from billing.tests.factories import make_credit_note, make_invoice
from customerflow.staff.roles import MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_area, make_customer, make_location, make_plan, make_service
from reports.figures import revenue
from reports.months import months
from reports.report import Share
from reports.support.cost_report import cost
from reports.support.counting import Asked
from reports.support.periods import periods
from reports.support.splits import Split
from tickets.desk import reply
from tickets.models import Message, Ticket
from tickets.tests.factories import make_ticket
from visits.models import Visit
from visits.tests.factories import make_visit

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAYS = f"first={FIRST}&last={LAST}"


@pytest.fixture
def hourly(settings):
    settings.SUPPORT_HOURLY_COST = Decimal(45)


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make_user(MANAGER))
    return client


def spend(ticket: Ticket, *minutes: int | None, at: datetime = AT) -> None:
    for each in minutes:
        reply(ticket=ticket, kind="internal", body="x", by=make_user(), at=at, minutes=each)


def lines(split: Split | None = None) -> dict[str, list]:
    figures = cost(Asked(periods(FIRST, LAST, "month"), split))
    return {line.label: [cell.value for cell in line.cells] for line in [*figures.lines, figures.total]}


def test_minutes_are_added_up_and_cost_is_a_share_of_what_was_invoiced(hourly):
    ann, bob = make_customer(name="Ann"), make_customer(name="Bob")
    spend(make_ticket(customer=ann, at=AT), 50, None, 30)
    spend(make_ticket(customer=bob, at=AT), 20)
    # Neither the day before nor the day after.
    spend(make_ticket(customer=ann, at=AT - timedelta(days=2)), 7, at=datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    spend(Ticket.objects.first(), 9, at=datetime(2026, 4, 1, tzinfo=UTC))
    make_invoice("300.00", customer=ann, on=LAST)
    make_invoice("500.00", customer=ann, on=LAST + timedelta(days=1))
    make_credit_note("50.00", customer=ann, on=FIRST)
    expected = [2, 4, 100 * timedelta(minutes=1), Decimal("75.00"), Decimal("250.00"), Share(75, Decimal("250.00"))]
    assert lines() == {"2026-03": expected, "Total": expected}


def test_what_was_invoiced_is_that_of_the_revenue_report(hourly):
    customer = make_customer()
    make_invoice("300.00", customer=customer, on=FIRST)
    void_invoice(invoice=make_invoice("80.00", customer=customer, on=FIRST), reason="Wrong", on=LAST, bill_again=True)
    make_credit_note("33.33", customer=customer, on=LAST)
    [month] = months(FIRST, LAST, LAST)
    assert lines()["Total"][4] == revenue([month], LAST).total.cells[0].value == Decimal("266.67")


def test_it_is_split_by_plan_and_area_with_what_was_invoiced_of_them(hourly):
    customer, plan, area = make_customer(), make_plan(name="Fibre"), make_area(name="Hill")
    service = make_service(location=make_location(customer=customer, area=area), plan=plan)
    spend(make_ticket(customer=customer, service=service, at=AT), 60)
    spend(make_ticket(customer=customer, at=AT), 20)
    line = make_invoice("100.00", customer=customer, on=FIRST).lines.get()
    invoiced = lines(Split.PLAN)["Total"][4]
    assert (invoiced, lines(Split.AREA)["Total"][4]) == (line.amount, line.amount)
    minutes = {split: {label: cells[2] for label, cells in lines(split).items()} for split in Split}
    hour, third = timedelta(hours=1), timedelta(minutes=20)
    assert minutes[Split.PLAN] == {"Fibre": hour, "No plan": third, "Total": hour + third}
    assert minutes[Split.AREA] == {"Hill": hour, "No area": third, "Total": hour + third}
    assert all(sum(list(each.values())[:-1], timedelta()) == hour + third for each in minutes.values())
    assert InvoiceLine.objects.count() == 1


def test_the_time_of_a_technician_on_site_counts_on_the_day_of_the_visit(hourly):
    ticket, technician = make_ticket(at=AT), make_user()
    for on, arrived, left in ((LAST, AT, 50.5), (LAST + timedelta(days=1), AT, 60), (FIRST, None, 30)):
        visit = make_visit(ticket=ticket, day=on, technician=technician, at=AT - timedelta(days=2))
        left_at = AT + timedelta(minutes=left)
        Visit.objects.filter(pk=visit.pk).update(status="done", arrived_at=arrived, left_at=left_at)
    assert lines()["Total"][2] == timedelta(minutes=50)
    assert lines(Split.AGENT)[str(technician)][2] == timedelta(minutes=50)


def test_customers_are_listed_by_cost_and_by_share_and_come_to_the_figure(
    hourly, manager, django_assert_max_num_queries
):
    for name, minutes, net in (("Ann", 60, "900.00"), ("Bob", 30, "90.00"), ("Cy", 10, None), ("Di", None, "5.00")):
        customer = make_customer(name=name)
        spend(make_ticket(customer=customer, at=AT), minutes)
        if net:
            make_invoice(net, customer=customer, on=FIRST)
    address = f"/reports/support-cost/customers/?{DAYS}"
    with django_assert_max_num_queries(14):
        page = manager.get(address)
    assert [str(row.customer.name) for row in page.context["page"].rows] == ["Ann", "Bob", "Cy", "Di"]
    assert [row.cost for row in page.context["page"].rows] == [Decimal(each) for each in ("45", "22.50", "7.50", "0")]
    by_share = manager.get(f"{address}&sort=-share").context["page"].rows
    assert [(row.customer.name, row.share) for row in by_share] == [
        ("Bob", Decimal("25.0")),
        ("Ann", Decimal("5.0")),
        ("Di", Decimal("0.0")),
        ("Cy", None),
    ]
    for cell in cost(Asked(periods(FIRST, LAST, "month"))).lines[0].cells[:4]:
        assert manager.get(cell.address).context["sums"][2][1] == "1 h 40 min"
    assert "Ann" in manager.get(f"{address}&export=csv").getvalue().decode()


def test_without_the_cost_of_an_hour_only_the_time_is_shown(settings, manager):
    settings.SUPPORT_HOURLY_COST = None
    spend(make_ticket(at=AT), 60)
    assert lines() == {label: [1, 1, timedelta(hours=1), Decimal(0)] for label in ("2026-03", "Total")}
    page = manager.get(f"/reports/support-cost/customers/?{DAYS}")
    assert "Cost<" not in page.content.decode().partition("<table")[2]
    assert manager.get(f"/reports/support-cost/?{DAYS}").status_code == 200


def test_the_page_of_a_customer_says_what_support_was_in_a_line(hourly, manager, monkeypatch):
    customer = make_customer()
    monkeypatch.setattr("reports.templatetags.reports.timezone.localdate", lambda: LAST)
    spend(make_ticket(customer=customer, at=AT), 60, 56)
    make_invoice("725.00", customer=customer, on=FIRST)
    text = " ".join(manager.get(customer.get_absolute_url()).content.decode().split())
    assert "Support in the last 12 months: 1 ticket, 2 messages, 1 h 56 min, 87.00, 12.0 % of what was invoiced" in text


def test_who_does_not_see_the_ledger_sees_no_cost(hourly, client):
    client.force_login(make_user(SUPPORT))
    assert client.get("/reports/support-cost/").status_code == 403
    assert "/reports/support-cost/" not in client.get(f"/reports/tickets/?{DAYS}").content.decode()


def test_minutes_are_typed_beside_a_reply_and_a_note(client):
    client.force_login(make_user(SUPPORT))
    ticket = make_ticket(at=AT)
    for kind, minutes in (("reply", "15"), ("note", "")):
        sent = {"body": "We look", "minutes": minutes}
        assert client.post(f"/tickets/{ticket.pk}/{kind}/", sent).status_code == 302
    assert list(Message.objects.order_by("pk").values_list("minutes", flat=True)) == [15, None]
    assert "15 min" in client.get(ticket.get_absolute_url()).content.decode()
    refused = client.post(f"/tickets/{ticket.pk}/note/", {"body": "x", "minutes": "0"})
    assert refused.context["note_form"].errors["minutes"]
    with pytest.raises(ValidationError):
        spend(ticket, 1_441)
