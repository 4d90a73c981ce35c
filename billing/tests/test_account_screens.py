"""The statement of account and the ageing report, as staff use them."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from io import StringIO
from re import findall

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing import ageing_list
from billing.payments import reverse_payment
from billing.tests.factories import (
    TODAY,
    make_billing_start,
    make_charge,
    make_credit_note,
    make_invoice,
    make_payment,
)
from customers.models import PriceChange
from customers.tests.factories import make_customer, make_location, make_service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

AGEING = reverse("billing:ageing")
INVOICES = reverse("billing:invoice_list")


def text_of(response) -> str:
    return unescape(response.content.decode())


def as_csv(response) -> list[list[str]]:
    return list(csv.reader(StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def column_of(response, name: str) -> list[str]:
    headings, *rows = as_csv(response)
    return [row[headings.index(name)] for row in rows]


def statement_of(customer) -> str:
    return reverse("billing:statement", args=[customer.pk])


def queries_of(client, address: str) -> int:
    with CaptureQueriesContext(connection) as made:
        assert client.get(address).status_code == 200
    return len(made)


def late(amount: str, days: int, **customer):
    due_on = TODAY - timedelta(days=days)
    return make_invoice(amount, customer=make_customer(**customer), on=date(2025, 12, 1), due_on=due_on)


class TestAgeing:
    @pytest.fixture(autouse=True)
    def without_a_worklist(self, monkeypatch) -> None:
        """Let the amounts of today lead to invoices, as those of a past day do: see `WORKLISTS`."""
        monkeypatch.setattr(ageing_list, "WORKLISTS", [])

    def test_each_amount_leads_to_the_invoices_that_it_is_made_of(self, clerk):
        invoice = late("30.00", 10, name="Zoe")
        for days in (0, 31, 61, 91):
            make_invoice("1.00", customer=invoice.customer, on=date(2025, 12, 1), due_on=TODAY - timedelta(days=days))
        late("9.00", 10)
        (address,) = set(findall(r'href="([^"]*)">30\.00<', text_of(clerk.get(AGEING))))
        assert list(clerk.get(address).context["page"].rows) == [invoice]

    def test_each_sum_leads_to_all_invoices_behind_it(self, clerk):
        invoices = {late("30.00", 10), late("9.00", 12)}
        late("1.00", 40)
        (address,) = findall(r'href="([^"]*)">39\.00<', text_of(clerk.get(AGEING)))
        assert set(clerk.get(address).context["page"].rows) == invoices

    def test_a_past_day_shows_what_was_open_then_and_leads_to_it(self, clerk):
        invoice = late("30.00", 40)
        make_payment("30.00", customer=invoice.customer)
        assert "Zoe" not in text_of(clerk.get(AGEING))
        page = text_of(clerk.get(f"{AGEING}?on={TODAY - timedelta(days=1)}"))
        address = next(each for each in findall(r'href="([^"]*)">30\.00<', page) if "customer=" in each)
        assert list(clerk.get(address).context["page"].rows) == [invoice]

    def test_the_invoices_of_a_past_day_show_what_was_open_then_and_how_they_stand_today(self, clerk):
        invoice = late("30.00", 40)
        make_payment("12.00", customer=invoice.customer)
        then = clerk.get(f"{INVOICES}?open_on={TODAY - timedelta(days=1)}&export=csv")
        assert column_of(then, "Open then") == ["30.00"]
        now = clerk.get(f"{INVOICES}?open_on={TODAY}&export=csv")
        assert column_of(now, "Open then") == ["18.00"]
        make_payment("18.00", customer=invoice.customer)
        page = text_of(clerk.get(f"{INVOICES}?open_on={TODAY - timedelta(days=1)}"))
        assert [each for each in ("Open then", "30.00", "Standing today", "Paid") if each not in page] == []

    def test_a_payment_that_was_reversed_since_counts_on_the_days_before(self, clerk):
        invoice = make_invoice("30.00", on=date(2025, 12, 1))
        payment = make_payment("30.00", customer=invoice.customer)
        reverse_payment(payment=payment, reason="Bounced", on=TODAY + timedelta(days=9))
        assert clerk.get(f"{AGEING}?on={TODAY}").context["page"].count == 1

    def test_it_is_sorted_by_any_amount_in_pages_and_searched(self, clerk):
        for number in range(30):
            late(f"{number + 1}.00", 10, name=f"Customer{number:02}")
        first = clerk.get(f"{AGEING}?sort=-late_30&size=25").context
        assert [row.aged.late_30 for row in first["page"].rows] == [Decimal(30 - each) for each in range(25)]
        following = clerk.get(AGEING + first["next_url"]).context["page"]
        assert [row.aged.late_30 for row in following.rows] == [Decimal(5 - each) for each in range(5)]
        assert (following.first, following.count, following.following) == (26, 30, "")
        assert clerk.get(f"{AGEING}?last&size=25").context["page"].first == 6
        assert [str(row.customer.name) for row in clerk.get(f"{AGEING}?q=customer07").context["page"].rows] == [
            "Customer07"
        ]

    @pytest.mark.parametrize("asked", ["after=x", "on=yesterday", "on=0001-01-01", "sort=phone", "after=²"])
    def test_a_wrong_address_says_what_is_wrong(self, clerk, asked):
        late("1.00", 1)
        response = clerk.get(f"{AGEING}?{asked}")
        assert response.status_code == 200
        assert response.context["problems"]

    def test_its_file_has_all_rows_and_plain_numbers(self, clerk):
        customer = late("30.00", 10, number="7", name="Zoe").customer
        late("5.00", 70, number="8", name="Abe")
        make_payment("3.00", customer=make_customer(number="9", name="Kim"))
        make_credit_note("2.00", customer=customer)
        rows = as_csv(clerk.get(f"{AGEING}?export=csv"))
        assert rows[1:] == [
            ["8", "Abe", "0.00", "0.00", "0.00", "5.00", "0.00", "0.00", "5.00"],
            ["9", "Kim", "0.00", "0.00", "0.00", "0.00", "0.00", "3.00", "-3.00"],
            ["7", "Zoe", "0.00", "30.00", "0.00", "0.00", "0.00", "2.00", "28.00"],
        ]

    @pytest.mark.parametrize(
        "address",
        [
            AGEING,
            f"{AGEING}?sort=-total",
            f"{AGEING}?on={TODAY - timedelta(days=1)}",
            f"{INVOICES}?open_on={TODAY - timedelta(days=1)}",
            reverse("billing:overdue_list"),
            f"{reverse('billing:overdue_list')}?sort=name&last",
        ],
    )
    def test_a_page_takes_as_many_queries_for_many_customers_as_for_one(self, clerk, address):
        late("10.00", 10)
        with_one = queries_of(clerk, address)
        for number in range(12):
            late("10.00", 10 * (number % 10))
        assert queries_of(clerk, address) == with_one


class TestStatement:
    def test_it_shows_the_entries_of_the_days_and_the_balances(self, clerk):
        customer = make_invoice("10.00", on=date(2025, 12, 1)).customer
        invoice = make_invoice("5.00", customer=customer)
        make_payment("12.00", customer=customer, reference="Bank 7")
        page = text_of(clerk.get(statement_of(customer)))
        assert [each for each in (invoice.number, "Bank 7", "-12.00", "owes 3.00") if each not in page] == []
        rows = as_csv(clerk.get(f"{statement_of(customer)}?first=2026-03-01&export=csv"))
        assert [row[-1] for row in rows] == ["Balance", "10.00", "15.00", "3.00", "3.00"]

    def test_what_is_not_invoiced_yet_stands_beside_the_balance_where_customers_are_billed_here(self, clerk):
        customer = make_invoice("10.00").customer
        charge = make_charge(customer=customer, unit_price=Decimal("35.00"))
        assert "Not yet invoiced" not in text_of(clerk.get(statement_of(customer)))
        make_billing_start()
        page = text_of(clerk.get(statement_of(customer)))
        assert [each for each in ("owes 10.00", "Would be billed today", ">35.00<") if each not in page] == []
        charge.delete()
        assert ">0.00<" in text_of(clerk.get(statement_of(customer))).split("Not yet invoiced")[1]

    def test_it_says_why_a_customer_cannot_be_billed(self, clerk):
        service = make_service(starts_on=date(2026, 3, 1))
        PriceChange.objects.filter(service=service).delete()
        make_billing_start()
        page = text_of(clerk.get(statement_of(service.location.customer)))
        assert "This customer cannot be billed: No price is in force" in page
        assert "Would be billed today" not in page

    def test_it_takes_as_many_queries_for_a_long_account_as_for_a_short_one(self, clerk):
        customer = make_customer()
        make_billing_start()

        def add() -> int:
            make_payment("5.00", customer=make_invoice("9.00", customer=customer).customer)
            make_charge(customer=customer)
            make_service(location=location, starts_on=date(2026, 3, 1))
            return queries_of(clerk, statement_of(customer))

        location = make_location(customer=customer)
        with_one = add()
        assert [add() for _each in range(3)] == [with_one] * 3

    def test_the_customers_page_leads_to_it(self, clerk):
        customer = make_customer()
        assert statement_of(customer) in text_of(clerk.get(customer.get_absolute_url()))

    @pytest.mark.parametrize("asked", ["first=2026-04-01&last=2026-03-01", "first=soon", "last=9999-99-99"])
    def test_days_that_are_wrong_are_said(self, clerk, asked):
        response = clerk.get(f"{statement_of(make_customer())}?{asked}")
        assert (response.status_code, response.context["statement"]) == (200, None)
        assert "alert-danger" in text_of(response)

    @pytest.mark.parametrize("asked", ["first=0001-01-01", "last=0001-01-02", "last=9999-12-31"])
    def test_the_earliest_and_latest_days_are_days(self, clerk, asked):
        assert clerk.get(f"{statement_of(make_customer())}?{asked}").status_code == 200
