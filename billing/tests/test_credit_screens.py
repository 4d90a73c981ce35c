"""The screens of what corrects and settles invoices, as staff use them."""

import re
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from billing.credits.write_offs import write_off
from billing.invoices import Line, issue_invoice, void_invoice
from billing.models import CreditNote, Invoice, Payment, Refund
from billing.tests.factories import ISSUED_ON, TODAY, make_invoice, make_payment
from billing.tests.test_credit_notes import give_back
from billing.tests.test_screens import messages_of, rows_of, take, text_of
from customerflow.staff.roles import BILLING, MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_customer, make_tax_code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def page_of(name, record):
    return reverse(f"billing:{name}", args=[record.pk])


def log_in(client, role):
    client.force_login(make_user(role), backend="customerflow.staff.backends.GroupsBackend")
    return client


def taxed_invoice(*prices: str) -> Invoice:
    code = make_tax_code("20")
    lines = [Line(description=f"Fibre {price}", unit_price=Decimal(price), tax_code=code) for price in prices]
    return issue_invoice(customer=make_customer(), lines=lines, on=ISSUED_ON)


# --- Invoices


def test_an_invoice_shows_its_net_each_tax_and_the_total(clerk):
    invoice = taxed_invoice("50.00", "10.00")
    page = re.sub(r"\s+", " ", text_of(clerk.get(invoice.get_absolute_url())))
    tax = invoice.taxes.get()
    assert '>Net</th><td class="num w-1">60.00<' in page
    assert f'>{tax.name} 20 % on 60.00</th><td class="num w-1">12.00<' in page
    assert "<b>72.00</b>" in page


def test_voiding_asks_whether_it_is_billed_again_or_never(clerk):
    again, never = make_invoice(), make_invoice()
    address = page_of("invoice_void", never)
    page = text_of(clerk.get(address))
    assert "Bill it again, correctly, with the next run" in page
    assert "Never bill it again" in page
    clerk.post(address, {"reason": "Goodwill", "bill_again": "never"})
    clerk.post(page_of("invoice_void", again), {"reason": "Mistake", "bill_again": "yes"})
    for invoice, is_waived in ((never, True), (again, False)):
        invoice.refresh_from_db()
        assert (invoice.status, invoice.is_waived, invoice.lines.get().live) == ("void", is_waived, is_waived)
    assert "Never billed again." in text_of(clerk.get(never.get_absolute_url()))


def test_an_act_that_is_not_possible_says_why(clerk):
    invoice = make_invoice("20.00")
    make_payment("20.00", customer=invoice.customer)
    page = text_of(clerk.get(invoice.get_absolute_url()))
    for name in ("invoice_void", "invoice_reissue", "invoice_apply_credit"):
        assert page_of(name, invoice) not in page
    assert 'title="Something settles a part of it: take that back first."' in page
    assert 'title="Nothing is open on this invoice."' in page
    assert page_of("invoice_credit_note", invoice) in page


def test_an_invoice_is_issued_anew_by_one_form(clerk):
    invoice = make_invoice()
    response = clerk.post(page_of("invoice_reissue", invoice), {"reason": "Wrong name", "due_on": ""}, follow=True)
    new = Invoice.objects.get(status="issued")
    assert response.redirect_chain == [(new.get_absolute_url(), 302)]
    assert "Issued in its place: " in messages_of(response)[0]


def test_an_invoice_is_written_off_and_taken_back_by_a_manager_only(client):
    invoice = make_invoice("59.99")
    log_in(client, BILLING)
    assert page_of("invoice_write_off", invoice) not in text_of(client.get(invoice.get_absolute_url()))
    assert client.post(page_of("invoice_write_off", invoice), {"reason": "Bankrupt"}).status_code == 403
    log_in(client, MANAGER)
    page = text_of(client.post(page_of("invoice_write_off", invoice), {"reason": "Bankrupt"}, follow=True))
    assert "Written off: Bankrupt" in page
    assert '<span class="state state-off">Written off</span>' in page
    made = invoice.write_offs.get()
    assert page_of("write_off_take_back", made) in page
    client.post(page_of("write_off_take_back", made))
    invoice.refresh_from_db()
    assert invoice.open_amount == Decimal("59.99")


# --- Credit notes


def test_parts_of_lines_are_given_back_from_the_invoices_page(clerk):
    invoice = taxed_invoice("50.00", "10.00")
    first, second = invoice.lines.all()
    address = page_of("invoice_credit_note", invoice)
    assert address in text_of(clerk.get(invoice.get_absolute_url()))
    assert f'name="line_{first.pk}"' in text_of(clerk.get(address))
    sent = {f"line_{first.pk}": "5.00", f"line_{second.pk}": "", "reason": "Outage", "issue_anyway": "False"}
    response = clerk.post(address, sent, follow=True)
    note = CreditNote.objects.get()
    assert (note.total, note.invoice, note.lines.get().description) == (Decimal("6.00"), invoice, "Fibre 50.00")
    assert note.issued_by == response.wsgi_request.user
    assert "Credit note C2026-000001" in text_of(response)
    assert note.get_absolute_url() in text_of(clerk.get(invoice.get_absolute_url()))


def test_a_whole_invoice_is_given_back_with_a_tick(clerk):
    invoice = taxed_invoice("50.00", "10.00")
    clerk.post(page_of("invoice_credit_note", invoice), {"whole": "on", "reason": "Never installed"})
    invoice.refresh_from_db()
    assert (CreditNote.objects.get().total, invoice.open_amount) == (Decimal("72.00"), 0)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Say how much of which line is given back"),
        ({"line": "50.01"}, "More would be given back than was charged with this tax code."),
        ({"line": "1", "whole": "on"}, "Either the whole invoice"),
        ({"line": "1", "reason": ""}, "This field is required"),
        ({"line": "one"}, "is not an amount"),
    ],
)
def test_a_note_that_cannot_be_is_refused_with_what_was_typed(clerk, sent, said):
    invoice = taxed_invoice("50.00")
    sent = {"reason": "Outage R-77", **sent}
    sent[f"line_{invoice.lines.get().pk}"] = sent.pop("line", "")
    page = text_of(clerk.post(page_of("invoice_credit_note", invoice), sent))
    assert said in page
    assert not CreditNote.objects.exists()
    assert 'value="Outage R-77"' in page or not sent["reason"]


def test_a_customer_is_given_something_back_once(clerk):
    customer = make_customer()
    address = page_of("customer_credit_note", customer)
    assert address in text_of(clerk.get(customer.get_absolute_url()))
    sent = {"description": "Goodwill", "amount": "5.00", "reason": "Outage", "issue_anyway": "False"}
    clerk.post(address, sent)
    page = text_of(clerk.post(address, sent))
    assert "There is a credit note of today with this reason and amount already: C2026-000001." in page
    assert CreditNote.objects.get().credit == Decimal("5.00")
    clerk.post(address, {**sent, "issue_anyway": "on"})
    assert sorted(CreditNote.objects.values_list("number", flat=True)) == ["C2026-000001", "C2026-000002"]


def test_a_note_is_voided_with_a_reason(clerk):
    note = give_back("5.00")
    page = text_of(clerk.post(page_of("creditnote_void", note), {"reason": "Twice"}, follow=True))
    note.refresh_from_db()
    assert (note.voided_on, note.void_reason) == (TODAY, "Twice")
    assert page_of("creditnote_void", note) not in page


def test_credit_notes_are_filtered_by_what_became_of_them(clerk):
    left, used = give_back("5.00"), give_back("5.00", invoice=make_invoice())
    void = give_back("5.00")
    clerk.post(page_of("creditnote_void", void), {"reason": "Twice"})
    address = reverse("billing:creditnote_list")
    found = {each: rows_of(clerk.get(f"{address}?standing={each}")) for each in ("credit", "used", "void")}
    assert found == {"credit": [left], "used": [used], "void": [void]}
    assert rows_of(clerk.get(f"{address}?customer={left.customer.number}")) == [left]
    assert rows_of(clerk.get(f"{address}?q=C2026-000002")) == [used]


# --- Refunds


@pytest.mark.parametrize("kind", ["payment", "creditnote"])
def test_credit_is_paid_back_once_and_the_refund_reversed(clerk, kind):
    source = make_payment("20.00") if kind == "payment" else give_back("20.00")
    address = page_of(f"{kind}_refund", source)
    page = clerk.get(address)
    assert 'value="20.00"' in text_of(page)
    sent = {
        "amount": "15.00",
        "method": "transfer",
        "paid_on": "2026-03-31",
        "reference": "R-1",
        "reason": "Moved",
        "key": uuid4(),
    }
    clerk.post(address, sent)
    page = text_of(clerk.post(address, sent, follow=True))
    made = Refund.objects.get()
    assert (made.amount, made.source, made.reference) == (Decimal("15.00"), source, "R-1")
    reverse_it = page_of("refund_reverse", made)
    assert reverse_it in page
    assert "Not arrived" in text_of(clerk.post(reverse_it, {"reason": "Not arrived"}, follow=True))
    source.refresh_from_db()
    assert source.credit == Decimal("20.00")


def test_more_than_the_credit_is_refused_at_the_amount(clerk):
    payment = make_payment("20.00")
    sent = {"amount": "20.01", "method": "cash", "paid_on": "2026-03-31", "reason": "Moved", "key": uuid4()}
    response = clerk.post(page_of("payment_refund", payment), sent)
    assert response.context["form"].errors == {"amount": ["The credit that can be paid back is 20.00."]}


# --- Payments


def test_the_payment_form_offers_what_is_open_and_settles_what_is_ticked(clerk):
    customer = make_customer()
    old, new = make_invoice("30.00", customer=customer), make_invoice("20.00", customer=customer)
    address = f"{reverse('billing:payment_create')}?customer={customer.number}"
    form = clerk.get(address).context["form"]
    assert [key for key, _label in form.fields["invoices"].choices] == [str(old.pk), str(new.pk)]
    assert form["amount"].value() == "50.00"
    assert clerk.get(f"{address}&invoices={new.pk}").context["form"]["amount"].value() == "20.00"
    take(clerk, customer, amount="20.00", invoices=[str(new.pk)])
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.settled, new.open_amount) == (0, 0)


def test_an_invoice_that_is_open_no_more_is_refused(clerk):
    customer = make_customer()
    paid = make_invoice("30.00", customer=customer)
    make_invoice("20.00", customer=customer)
    make_payment("30.00", customer=customer, invoices=[paid])
    response = take(clerk, customer, amount="20.00", invoices=[str(paid.pk)])
    assert "One of the chosen invoices is not open any more." in text_of(response)
    assert Payment.objects.count() == 1


def test_void_and_written_off_invoices_are_not_offered(clerk):
    customer = make_customer()
    void_invoice(invoice=make_invoice(customer=customer), reason="Mistake", on=TODAY)
    write_off(invoice=make_invoice(customer=customer), reason="Bankrupt", on=TODAY)
    form = clerk.get(f"{reverse('billing:payment_create')}?customer={customer.number}").context["form"]
    assert "invoices" not in form.fields
    assert form["amount"].value() is None


# --- Rights


@pytest.mark.parametrize("name", ["invoice_credit_note", "invoice_reissue", "invoice_write_off"])
def test_correcting_is_closed_to_those_who_may_only_look(client, name):
    log_in(client, SUPPORT)
    invoice = make_invoice()
    assert page_of(name, invoice) not in text_of(client.get(invoice.get_absolute_url()))
    assert client.post(page_of(name, invoice), {"reason": "x", "whole": "on"}).status_code == 403


def test_giving_and_paying_back_is_closed_to_those_who_may_only_look(client):
    log_in(client, SUPPORT)
    note, payment = give_back("5.00"), make_payment("5.00")
    assert page_of("creditnote_void", note) not in text_of(client.get(note.get_absolute_url()))
    for name, record in (
        ("creditnote_void", note),
        ("creditnote_refund", note),
        ("payment_refund", payment),
        ("customer_credit_note", note.customer),
    ):
        assert client.post(page_of(name, record), {"reason": "x"}).status_code == 403


def test_the_page_of_a_note_with_credit_leads_to_settling_open_invoices(clerk):
    invoice = make_invoice("20.00")
    customer = invoice.customer
    address = page_of("customer_credit_note", customer)
    assert "Invoices that are open now stay open" in text_of(clerk.get(address))
    sent = {"description": "Goodwill", "amount": "5.00", "reason": "Outage", "issue_anyway": "False"}
    clerk.post(address, sent)
    note = CreditNote.objects.get()
    settling = page_of("invoice_apply_credit", invoice)
    assert settling in text_of(clerk.get(note.get_absolute_url()))
    clerk.post(settling)
    assert settling not in text_of(clerk.get(note.get_absolute_url()))


def test_a_write_off_says_how_much_it_is(client):
    log_in(client, MANAGER)
    invoice = make_invoice("20.00")
    make_payment("5.00", customer=invoice.customer)
    address = page_of("invoice_write_off", invoice)
    assert "15.00 is open." in text_of(client.get(address))
    page = text_of(client.post(address, {"reason": "Gone away"}, follow=True))
    assert "Written off: 15.00 of" in page
    assert 'Settled</th><td class="num w-1">5.00<' in page
    assert 'Written off</th><td class="num w-1">15.00<' in page


@pytest.mark.parametrize("kind", ["charge", "discount"])
def test_the_forms_of_charges_and_discounts_lead_back_to_the_customer(clerk, kind):
    customer = make_customer()
    page = text_of(clerk.get(reverse(f"billing:{kind}_create"), {"customer": customer.number}))
    assert f"<title>Add {kind}" in page
    assert f'<li><a href="{customer.get_absolute_url()}">' in page
