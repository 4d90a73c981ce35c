"""The page of the customers with overdue payments, as staff use it."""

import csv
import re
from datetime import date
from io import StringIO

import pytest
from django.urls import reverse

from billing.tests.factories import TODAY, make_invoice, make_payment
from customerflow.staff.roles import SUPPORT, TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

OVERDUE = reverse("billing:overdue_list")


def text_of(response) -> str:
    return response.content.decode()


def rows_of(response) -> list:
    return [row.customer for row in response.context["page"].rows]


def as_csv(response) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def make_late(amount: str, *, due_on: date, **customer):
    return make_invoice(amount, customer=make_customer(**customer), due_on=due_on).customer


def test_overdue_customers_are_listed_with_amount_days_phone_and_the_next_step(clerk):
    customer = make_late("30.00", due_on=date(2026, 3, 10), number="A 1", name="Jane Smith", phone="555-1234")
    make_invoice("12.50", customer=customer, due_on=date(2026, 3, 20))
    make_late("99.00", due_on=TODAY)
    page = text_of(clerk.get(OVERDUE))
    cells = [
        "Jane Smith",
        "555-1234",
        "42.50",
        "2026-03-10",
        ">21<",
        ">2<",
        reverse("billing:payment_create") + "?customer=A+1",
    ]
    assert [cell for cell in cells if cell not in page] == []
    assert "<b>1</b> customer is late with <b>42.50 USD</b>" in page


def test_overdue_customers_are_sorted_by_day_amount_or_name(clerk):
    zoe = make_late("10.00", due_on=date(2026, 3, 1), name="Zoe")
    abe = make_late("30.00", due_on=date(2026, 3, 3), name="Abe")
    kim = make_late("20.00", due_on=date(2026, 3, 2), name="Kim")
    found = {sort: rows_of(clerk.get(f"{OVERDUE}?sort={sort}")) for sort in ("", "-amount", "name")}
    assert found == {"": [zoe, kim, abe], "-amount": [abe, kim, zoe], "name": [abe, kim, zoe]}


def test_overdue_can_be_asked_for_today_and_days_to_come(clerk):
    customer = make_late("30.00", due_on=TODAY, name="Jane Smith")
    assert rows_of(clerk.get(f"{OVERDUE}?on=2026-03-31")) == []
    response = clerk.get(f"{OVERDUE}?on=2026-04-01")
    assert rows_of(response) == [customer]
    assert "On 2026-04-01, <b>1</b> customer is late" in text_of(response)
    assert ">1<" in text_of(response)


def test_overdue_offers_no_past_day(clerk):
    field = re.search(r'<input[^>]*name="on"[^>]*>', text_of(clerk.get(OVERDUE)))[0]
    assert 'min="2026-03-31"' in field


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("on=2026-02-30", "As of: Enter a valid date."),
        ("on=soon", "As of: Enter a valid date."),
        (
            "on=2026-03-30",
            "As of: What was overdue on a past day is not kept yet: name today or a day to come.",
        ),
        ("sort=phone", "This list cannot be sorted by “phone”."),
        ("after=abc", "This page link is damaged."),
        ("after=-1", "This page link is damaged."),
        ("after=99999999999999999999", "This page link is damaged."),
        ("size=1000", "A page has 25, 50, 100 rows."),
        ("colour=red", "“colour” is not a filter of this list."),
    ],
)
def test_a_wrong_overdue_address_says_what_is_wrong_and_shows_nobody(clerk, query, complaint):
    make_late("30.00", due_on=date(2026, 3, 10))
    response = clerk.get(f"{OVERDUE}?{query}")
    assert response.status_code == 200
    assert complaint in text_of(response)
    assert rows_of(response) == []


def test_a_wrong_day_is_not_exported_as_an_empty_file(clerk):
    response = clerk.get(f"{OVERDUE}?on=soon&export=csv")
    assert "As of: Enter a valid date." in text_of(response)


def test_the_pages_of_overdue_customers_hold_each_once(clerk):
    customers = [make_late("10.00", due_on=date(2026, 3, 1)) for _ in range(60)]
    address, found = "?size=25", []
    while address:
        context = clerk.get(OVERDUE + address).context
        found += [row.customer for row in context["page"].rows]
        address = context["next_url"]
    assert found == customers


def test_the_last_page_of_overdue_customers_is_full_and_leads_back_to_the_first(clerk):
    customers = [make_late("10.00", due_on=date(2026, 3, 1)) for _ in range(60)]
    address, found = clerk.get(f"{OVERDUE}?size=25").context["last_url"], []
    while address:
        context = clerk.get(OVERDUE + address).context
        found.append((context["page"].first, context["page"].last, context["page"].rows[0].customer))
        address = context["previous_url"]
    assert found == [(36, 60, customers[35]), (11, 35, customers[10]), (1, 25, customers[0])]


def test_an_overdue_address_beyond_the_last_row_shows_nobody(clerk):
    make_late("10.00", due_on=date(2026, 3, 1))
    assert rows_of(clerk.get(f"{OVERDUE}?after=5000")) == []


def test_the_overdue_export_has_exactly_the_filtered_rows_as_plain_values(clerk):
    customer = make_late("1030.00", due_on=date(2026, 3, 10), number="1042", name="Jane Smith")
    make_payment("30.00", customer=customer, received_on=date(2026, 3, 5))
    make_late("10.00", due_on=date(2026, 3, 10), name="John Doe")
    assert as_csv(clerk.get(f"{OVERDUE}?q=smith&export=csv")) == [
        {
            "Number": "1042",
            "Customer": "Jane Smith",
            "Phone": "",
            "Overdue": "1000.00",
            "Oldest due day": "2026-03-10",
            "Days late": "21",
            "Invoices": "1",
            "Last payment": "2026-03-05",
        }
    ]


def test_overdue_needs_the_right_to_see_invoices_and_taking_payment_its_own(client):
    make_late("30.00", due_on=date(2026, 3, 10))
    client.force_login(make_user(TECHNICIAN), backend="customerflow.staff.backends.GroupsBackend")
    assert client.get(OVERDUE).status_code == 403
    client.force_login(make_user(SUPPORT), backend="customerflow.staff.backends.GroupsBackend")
    page = text_of(client.get(OVERDUE))
    assert "30.00" in page
    assert reverse("billing:payment_create") not in page
