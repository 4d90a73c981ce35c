"""The screens of invoices and payments, as staff use them."""

import csv
import re
from datetime import date
from decimal import Decimal
from io import StringIO
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from billing.credits.credit_notes import issue_credit_note, void_credit_note
from billing.credits.write_offs import take_back_write_off, write_off
from billing.lines import CreditLine
from billing.models import Invoice, Payment
from billing.payments import reverse_payment
from billing.tests.factories import TODAY, make_invoice, make_payment, make_refund
from customerflow.staff.roles import SUPPORT
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_customer, make_equipment, make_location, make_service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def text_of(response) -> str:
    return response.content.decode()


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def rows_of(response) -> list:
    return list(response.context["page"].rows)


def as_csv(response) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def payment_of(customer, /, **fields) -> dict[str, object]:
    """Return what the form for taking a payment sends."""
    return {
        "customer": customer.number,
        "amount": "59.99",
        "method": "cash",
        "received_on": "2026-03-31",
        "reference": "",
        "key": uuid4(),
        "record_anyway": "False",
        **fields,
    }


def take(client, customer, /, **fields):
    return client.post(reverse("billing:payment_create"), payment_of(customer, **fields), follow=True)


# --- Invoices


def test_invoices_are_filtered_by_how_they_stand_today(clerk):
    overdue = make_invoice(on=date(2026, 3, 1), due_on=date(2026, 3, 30))
    not_due = make_invoice(on=date(2026, 3, 1), due_on=TODAY)
    paid = make_invoice(on=date(2026, 3, 1), due_on=date(2026, 3, 30))
    make_payment(customer=paid.customer)
    address = reverse("billing:invoice_list")
    found = {standing: rows_of(clerk.get(f"{address}?standing={standing}")) for standing in ("open", "overdue", "paid")}
    assert found == {"open": [not_due, overdue], "overdue": [overdue], "paid": [paid]}


def credit(invoice: Invoice, amount: str) -> None:
    lines = [CreditLine(description="Outage", amount=Decimal(amount))]
    issue_credit_note(customer=invoice.customer, invoice=invoice, lines=lines, reason="Outage", on=TODAY)


def test_a_settled_invoice_is_paid_credited_or_written_off_in_the_list_its_file_and_its_filter(clerk):
    paid, credited, lost, both = (make_invoice("20.00") for _ in range(4))
    make_payment("20.00", customer=paid.customer)
    credit(credited, "20.00")
    write_off(invoice=lost, reason="Bankrupt", on=TODAY)
    credit(both, "5.00")
    make_payment("15.00", customer=both.customer)
    address = reverse("billing:invoice_list")
    expected = {
        "paid": ("Paid", [both, paid]),
        "credited": ("Credited", [credited]),
        "written_off": ("Written off", [lost]),
    }
    for standing, (word, invoices) in expected.items():
        assert rows_of(clerk.get(f"{address}?standing={standing}")) == invoices
        assert all(f">{word}<" in text_of(clerk.get(f"{address}?q={each.number}")) for each in invoices)
        assert all(f">{word}<" in text_of(clerk.get(each.get_absolute_url())) for each in invoices)
        assert [row["Standing"] for row in as_csv(clerk.get(f"{address}?standing={standing}&export=csv"))] == [
            word for _each in invoices
        ]


def test_a_write_off_taken_back_and_a_voided_note_leave_the_invoice_open(clerk):
    lost, credited = make_invoice("20.00"), make_invoice("20.00")
    take_back_write_off(write_off=write_off(invoice=lost, reason="Bankrupt", on=TODAY), on=TODAY)
    credit(credited, "20.00")
    void_credit_note(note=credited.credit_notes.get(), reason="Mistake", on=TODAY)
    address = reverse("billing:invoice_list")
    assert [rows_of(clerk.get(f"{address}?standing={each}")) for each in ("credited", "written_off")] == [[], []]
    make_payment("20.00", customer=lost.customer)
    make_payment("20.00", customer=credited.customer)
    assert rows_of(clerk.get(f"{address}?standing=paid")) == [credited, lost]


def test_a_list_of_invoices_takes_as_many_queries_for_many_as_for_one(clerk):
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            clerk.get(reverse("billing:invoice_list"))
        return len(made)

    credit(make_invoice("20.00"), "20.00")
    with_one = queries()
    for _ in range(12):
        write_off(invoice=make_invoice("20.00"), reason="Bankrupt", on=TODAY)
        make_payment("20.00", customer=make_invoice("20.00").customer)
    assert queries() == with_one


def test_invoices_are_filtered_by_customer_and_days_of_issue_inclusive(clerk):
    customer = make_customer(number="1042")
    first, last = (make_invoice(customer=customer, on=date(2026, 2, day)) for day in (1, 28))
    make_invoice(customer=customer, on=date(2026, 3, 1))
    make_invoice(on=date(2026, 2, 15))
    response = clerk.get(
        reverse("billing:invoice_list") + "?customer=1042&issued_from=2026-02-01&issued_to=2026-02-28&sort=issued_on"
    )
    assert rows_of(response) == [first, last]


def test_a_malformed_day_in_the_address_is_named_and_shows_no_invoice(clerk):
    make_invoice()
    response = clerk.get(reverse("billing:invoice_list") + "?issued_from=31.02.2026")
    assert "Issued from: Enter a valid date." in text_of(response)
    assert rows_of(response) == []


def test_an_invoice_shows_the_customer_as_billed_its_lines_and_payments(clerk):
    customer = make_customer(name="Jane Smith")
    invoice = make_invoice("64.49", customer=customer)
    payment = make_payment("14.49", customer=customer)
    customer.name = "Jane Miller"
    customer.save()
    page = text_of(clerk.get(invoice.get_absolute_url()))
    assert "<b>Jane Smith</b>" in page
    assert "Fibre 500" in page
    assert "50.00" in page
    assert payment.get_absolute_url() in page


def test_an_invoice_is_neither_changed_nor_deleted_nor_made_by_a_form(clerk):
    invoice = make_invoice()
    for address in ("/invoices/new/", f"/invoices/{invoice.pk}/delete/"):
        assert clerk.get(address).status_code == 404
    assert clerk.get(f"/invoices/{invoice.pk}/edit/").url == invoice.get_absolute_url()


def test_voiding_asks_why_and_says_who_did_it(clerk):
    invoice = make_invoice()
    address = reverse("billing:invoice_void", args=[invoice.pk])
    assert "This field is required" in text_of(clerk.post(address, {"reason": " "}))
    page = text_of(clerk.post(address, {"reason": "Wrong customer"}, follow=True))
    invoice.refresh_from_db()
    assert invoice.status == Invoice.Status.VOID
    assert "Voided: " in page
    assert f"2026-03-31, {invoice.voided_by}: Wrong customer" in page


def test_a_paid_invoice_cannot_be_voided_and_the_reason_typed_is_kept(clerk):
    invoice = make_invoice()
    make_payment(customer=invoice.customer)
    response = clerk.post(reverse("billing:invoice_void", args=[invoice.pk]), {"reason": "Wrong customer"})
    assert "reverse the payment first" in text_of(response)
    assert 'value="Wrong customer"' in text_of(response)


def test_an_open_invoice_is_settled_from_credit_by_a_button_that_is_there_only_with_credit(clerk):
    customer = make_customer()
    named, invoice = make_invoice("10.00", customer=customer), make_invoice("20.00", customer=customer)
    address = reverse("billing:invoice_apply_credit", args=[invoice.pk])
    assert address not in text_of(clerk.get(invoice.get_absolute_url()))
    make_payment("25.00", customer=customer, invoices=[named])
    assert address in text_of(clerk.get(invoice.get_absolute_url()))
    assert "Settled from credit: " in messages_of(clerk.post(address, follow=True))[0]
    invoice.refresh_from_db()
    assert invoice.settled == Decimal("15.00")


# --- Payments


def test_a_payment_says_which_invoice_it_settled_and_what_is_kept_as_credit(clerk):
    invoice = make_invoice("54.99", customer=make_customer(number="1042"))
    response = take(clerk, invoice.customer)
    payment = Payment.objects.get()
    assert response.redirect_chain == [(invoice.customer.get_absolute_url(), 302)]
    assert (payment.amount, payment.credit, payment.method) == (Decimal("59.99"), Decimal("5.00"), "cash")
    assert payment.recorded_by == response.wsgi_request.user
    (said,) = messages_of(response)
    assert f'Recorded <a href="{payment.get_absolute_url()}">' in said
    assert f': settled <a href="{invoice.get_absolute_url()}">2026-000001</a>; 5.00 kept as credit.' in said


def test_a_payment_says_what_it_paid_of_an_invoice_that_is_still_open(clerk):
    customer = make_customer()
    make_invoice("20.00", customer=customer), make_invoice("50.00", customer=customer)
    (said,) = messages_of(take(clerk, customer))
    assert strip_tags(said).endswith(": settled 2026-000001; paid 39.99 of 2026-000002, 10.01 still open.")


def test_a_payment_of_many_invoices_names_five_and_counts_the_others(clerk):
    customer = make_customer()
    for _ in range(8):
        make_invoice("8.00", customer=customer)
    (said,) = messages_of(take(clerk, customer))
    settled = ", ".join(f"2026-00000{number}" for number in range(1, 5))
    assert f": settled {settled} and 3 more; paid 3.99 of 2026-000008, 4.01 still open." in strip_tags(said)


def test_a_part_payment_is_told_apart_from_one_that_settles(clerk):
    customer = make_customer()
    settled, part = make_invoice("20.00", customer=customer), make_invoice("50.00", customer=customer)
    payment = make_payment("30.00", customer=customer)
    page = text_of(clerk.get(payment.get_absolute_url()))
    assert [page.count(f">{word}</span>") for word in ("Settles", "Part payment")] == [1, 1]
    assert ">Settles</span>" in text_of(clerk.get(settled.get_absolute_url()))
    assert ">Part payment</span>" in text_of(clerk.get(part.get_absolute_url()))


def test_the_form_is_opened_for_a_customer_on_the_day_of_today_without_an_amount(clerk):
    make_customer(number="1042")
    form = clerk.get(reverse("billing:payment_create") + "?customer=1042").context["form"]
    assert form["customer"].value() == "1042"
    assert form["received_on"].value() == TODAY
    assert form["amount"].value() is None


def test_the_form_opened_for_a_customer_says_what_they_owe_and_waits_for_the_amount(clerk):
    customer = make_invoice("30.00", due_on=TODAY, customer=make_customer(number="1042", name="Jane Smith")).customer
    address = reverse("billing:payment_create")
    page = text_of(clerk.get(address + "?customer=1042"))
    assert f'<a href="{customer.get_absolute_url()}">{customer}</a> <span class="state state-new">owes 30.00' in page
    assert " autofocus" in re.search(r'<input[^>]*name="amount"[^>]*>', page)[0]
    assert ">Record payment<" in page
    for query in ("", "?customer=9999"):
        page = text_of(clerk.get(address + query))
        assert "owes" not in page
        assert " autofocus" not in page


def test_a_refused_payment_still_says_what_its_customer_owes(clerk):
    customer = make_invoice("30.00", due_on=TODAY).customer
    assert "owes 30.00" in text_of(take(clerk, customer, amount="0"))


def test_two_shown_forms_have_different_keys(clerk):
    address = reverse("billing:payment_create")
    keys = {clerk.get(address).context["form"]["key"].value() for _ in range(2)}
    assert len(keys) == 2


def test_the_same_form_sent_twice_makes_one_payment_and_says_so(clerk):
    customer, key = make_customer(), uuid4()
    take(clerk, customer, key=key)
    response = take(clerk, customer, key=key)
    payment = Payment.objects.get()
    assert response.redirect_chain == [(customer.get_absolute_url(), 302)]
    assert payment.get_absolute_url() in messages_of(response)[0]
    assert "was recorded once" in messages_of(response)[0]


def test_a_key_sent_again_with_another_amount_is_refused_at_the_amount(clerk):
    customer, key = make_customer(), uuid4()
    take(clerk, customer, key=key)
    response = take(clerk, customer, key=key, amount="60.00")
    assert Payment.objects.count() == 1
    assert "amount" in response.context["form"].errors
    assert 'value="60.00"' in text_of(response)


def test_a_twin_is_refused_until_it_is_ticked(clerk):
    customer = make_customer()
    first = make_payment("59.99", customer=customer)
    response = take(clerk, customer, reference="R-2")
    assert Payment.objects.count() == 1
    assert first.get_absolute_url() in text_of(response)
    assert '<input type="checkbox" name="record_anyway"' in text_of(response)
    assert 'value="R-2"' in text_of(response)
    take(clerk, customer, record_anyway="on")
    assert Payment.objects.count() == 2


def test_the_box_that_records_a_twin_is_not_shown_without_one(clerk):
    assert 'type="checkbox"' not in text_of(clerk.get(reverse("billing:payment_create")))


def test_a_reversed_payment_is_no_twin(clerk):
    customer = make_customer()
    reverse_payment(payment=make_payment("59.99", customer=customer), reason="Bounced", on=TODAY)
    take(clerk, customer)
    assert Payment.objects.standing().count() == 1


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"amount": "1_000"}, "is not an amount"),
        ({"amount": "0"}, "greater than or equal to 0.01"),
        ({"amount": "-5"}, "greater than or equal to 0.01"),
        ({"customer": "9999"}, "There is no customer with the number “9999”."),
        ({"received_on": "2026-04-01"}, "This day is still to come."),
        ({"key": "nonsense"}, "This form is damaged. Open it anew."),
        ({"key": ""}, "This form is damaged. Open it anew."),
    ],
)
def test_a_payment_that_cannot_be_is_refused_with_what_was_typed(clerk, fields, complaint):
    response = take(clerk, make_customer(), **{"reference": "R-77", **fields})
    assert not Payment.objects.exists()
    assert complaint in text_of(response)
    assert 'value="R-77"' in text_of(response)


def test_a_payment_is_reversed_with_a_reason_and_its_invoice_is_open_again(clerk):
    invoice = make_invoice()
    payment = make_payment(customer=invoice.customer)
    address = reverse("billing:payment_reverse", args=[payment.pk])
    response = clerk.post(address, {"reason": "Bounced"}, follow=True)
    payment.refresh_from_db()
    invoice.refresh_from_db()
    assert (payment.reversed_on, payment.reversal_reason, invoice.settled) == (TODAY, "Bounced", 0)
    assert payment.reversed_by == response.wsgi_request.user
    assert "Released" in text_of(response)
    assert address not in text_of(response)
    assert "has been reversed already" in text_of(clerk.post(address, {"reason": "Bounced"}))


def test_payments_are_filtered_by_what_became_of_them(clerk):
    customer = make_invoice("10.00").customer
    used, credit = make_payment("10.00", customer=customer), make_payment("20.00", customer=customer)
    taken_back = reverse_payment(payment=make_payment("30.00"), reason="Bounced", on=TODAY)
    address = reverse("billing:payment_list")
    found = {each: rows_of(clerk.get(f"{address}?standing={each}")) for each in ("used", "credit", "reversed")}
    assert found == {"used": [used], "credit": [credit], "reversed": [taken_back]}


def test_a_payment_whose_rest_was_paid_back_is_used_up(clerk):
    payment = make_payment("20.00", customer=make_invoice("15.00").customer)
    make_refund("5.00", payment=payment)
    response = clerk.get(f"{reverse('billing:payment_list')}?standing=used")
    assert rows_of(response) == [payment]
    assert "Used up" in text_of(response)


@pytest.mark.parametrize("action", ["void", "credit"])
def test_acts_on_invoices_are_closed_to_those_who_may_only_look(client, action):
    client.force_login(make_user(SUPPORT), backend="customerflow.staff.backends.GroupsBackend")
    invoice = make_invoice()
    page = text_of(client.get(invoice.get_absolute_url()))
    assert f"/invoices/{invoice.pk}/{action}/" not in page
    assert client.post(f"/invoices/{invoice.pk}/{action}/", {"reason": "x"}).status_code == 403
    invoice.refresh_from_db()
    assert invoice.status == Invoice.Status.ISSUED


def test_taking_and_reversing_payments_is_closed_to_those_who_may_only_look(client):
    client.force_login(make_user(SUPPORT), backend="customerflow.staff.backends.GroupsBackend")
    payment = make_payment()
    assert take(client, payment.customer, amount="1.00").status_code == 403
    address = reverse("billing:payment_reverse", args=[payment.pk])
    assert address not in text_of(client.get(payment.get_absolute_url()))
    assert client.post(address, {"reason": "x"}).status_code == 403
    assert Payment.objects.standing().get() == payment


# --- What other pages show of billing


@pytest.mark.parametrize(
    ("due_on", "paid", "words", "shape"),
    [
        (date(2026, 3, 30), "0.01", "owes 59.98, 1 day late", "bad"),
        (date(2026, 3, 19), "0.01", "owes 59.98, 12 days late", "bad"),
        (TODAY, "0.01", "owes 59.98", "new"),
        (TODAY, "59.99", "settled", "active"),
        (TODAY, "69.99", "in credit 10.00", "active"),
    ],
)
def test_the_customers_page_says_how_they_stand(clerk, due_on, paid, words, shape):
    invoice = make_invoice(due_on=due_on)
    make_payment(paid, customer=invoice.customer)
    assert f'<span class="state state-{shape}">{words}</span>' in text_of(
        clerk.get(invoice.customer.get_absolute_url())
    )


def test_what_is_late_is_told_apart_from_what_else_is_owed(clerk):
    customer = make_invoice("30.00", due_on=date(2026, 3, 19)).customer
    make_payment("10.00", customer=customer)
    make_invoice("25.00", customer=customer, due_on=TODAY)
    assert ">owes 45.00, of it 20.00 12 days late</span>" in text_of(clerk.get(customer.get_absolute_url()))


def test_no_more_is_called_late_than_is_owed(clerk):
    customer = make_customer()
    settled = make_invoice("10.00", customer=customer)
    make_invoice("30.00", customer=customer, due_on=date(2026, 3, 19))
    make_payment("15.00", customer=customer, invoices=[settled])
    assert ">owes 25.00, 12 days late</span>" in text_of(clerk.get(customer.get_absolute_url()))


def test_a_panel_shows_the_newest_ten_and_leads_to_all_of_them(clerk):
    customer = make_customer(number="A 1")
    invoices = [make_invoice(customer=customer, on=date(2026, 1, day)) for day in range(1, 13)]
    page = text_of(clerk.get(customer.get_absolute_url()))
    shown = [invoice for invoice in invoices if f">{invoice.number}<" in page]
    assert shown == invoices[2:]
    address = reverse("billing:invoice_list") + "?customer=A+1"
    assert f'href="{address}">All 12</a>' in page
    assert rows_of(clerk.get(address)) == invoices[::-1]


# --- Queries


def fill(count: int) -> None:
    for number in range(count):
        customer = make_customer(number=f"F-{number}")
        make_invoice(customer=customer)
        make_payment("10.00", customer=customer)


@pytest.mark.parametrize(
    ("name", "most"), [("billing:invoice_list", 7), ("billing:payment_list", 6), ("billing:overdue_list", 7)]
)
def test_a_list_of_fifty_takes_as_many_queries_as_a_short_one(clerk, django_assert_max_num_queries, name, most):
    fill(50)
    with django_assert_max_num_queries(most):
        assert len(rows_of(clerk.get(reverse(name)))) == 50


def test_an_invoice_with_many_lines_and_payments_takes_few_queries(clerk, django_assert_max_num_queries):
    invoice = make_invoice("100.00")
    for _ in range(20):
        make_payment("4.00", customer=invoice.customer)
    with django_assert_max_num_queries(17):
        assert text_of(clerk.get(invoice.get_absolute_url())).count("#") >= 20
    payment = make_payment("1.00", customer=invoice.customer)
    with django_assert_max_num_queries(8):
        assert clerk.get(payment.get_absolute_url()).status_code == 200


def test_a_big_customers_page_takes_few_queries(clerk, django_assert_max_num_queries):
    customer = make_customer()
    for _ in range(5):
        location = make_location(customer=customer)
        make_service(location=location), make_service(location=location), make_equipment(location=location)
    for _ in range(60):
        make_invoice("10.00", customer=customer)
    for _ in range(30):
        make_payment("10.00", customer=customer)
    with django_assert_max_num_queries(32):
        assert "owes 300.00, 16 days late" in text_of(clerk.get(customer.get_absolute_url()))
