"""All that is held on a customer comes as one file, of any size."""

import json
from decimal import Decimal

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bank.tests.factories import make_collection_item, make_known_payer, make_line_payment
from billing.invoices import Line, issue_invoice
from billing.models import BillingRunItem, Invoice
from billing.tests.factories import (
    TODAY,
    make_billing_run,
    make_charge,
    make_credit_note,
    make_discount,
    make_document,
    make_email,
    make_email_invoice,
    make_invoice,
    make_payment,
    make_refund,
    make_write_off,
)
from customerflow.changes.recording import recording
from customerflow.hub.erasing import erase_customer
from customerflow.hub.personal_data import CHUNK
from customerflow.hub.personal_export import LEFT_OUT, export_of
from customerflow.staff.roles import MANAGER
from customerflow.staff.tests.factories import make_user
from customers.models import Customer
from customers.registration import close_customer
from customers.tests.factories import (
    make_contact,
    make_customer,
    make_equipment,
    make_former_number,
    make_house_move,
    make_location,
    make_pause,
    make_service,
    make_tax_code,
)
from dunning.tests.factories import (
    make_assignment,
    make_call_task,
    make_contact_attempt,
    make_execution,
    make_next_action,
    make_promise,
)
from incidents.tests.factories import make_answered_ticket, make_credit, make_hit_service, make_service_by_hand
from reports.tests.factories import make_accepted_leak
from shadow.tests.factories import make_opening_balance, make_shadow_item
from suspensions.tests.factories import make_hold, make_late, make_parked_customer, make_suspension
from tickets.attachments import SentFile
from tickets.desk import reply
from tickets.models import Message
from tickets.tests.factories import OPENED_AT, PNG, make_incoming_mail, make_merge, make_ticket, make_ticket_email
from visits.going import finish
from visits.models import Visit
from visits.tests.factories import make_visit

pytestmark = pytest.mark.django_db


def exported(customer: Customer) -> dict[str, list[dict]]:
    return json.loads("".join(export_of(customer)))


def make_whole_customer(**fields) -> Customer:
    customer = make_customer(**fields)
    make_refund(payment=make_payment("5.00", customer=customer))
    make_contact(customer=customer)
    location = make_location(customer=customer, latitude=Decimal("47.123456"))
    make_equipment(location=location)
    service = make_service(location=location)
    make_pause(service=service)
    make_house_move(origin=location)
    ticket = make_ticket(customer=customer, service=service)
    make_answered_ticket(ticket=ticket)
    make_service_by_hand(service=service)
    make_hit_service(service=service)
    make_credit(service=service)
    sent = {"at": OPENED_AT, "files": [SentFile("router.png", PNG)]}
    reply(ticket=ticket, kind=Message.Kind.PUBLIC, body="It rings at night.", by=None, **sent)
    reply(ticket=ticket, kind=Message.Kind.INTERNAL, body="An internal note", by=make_user(), **sent)
    answered = make_ticket_email(ticket=ticket)
    make_incoming_mail(headers={"In-Reply-To": answered.mail_id})
    make_merge(survivor=ticket)
    visit = make_visit(ticket=ticket, items=["An internal task"])
    finish(visit=visit, status=Visit.Status.DONE, result="An internal note", at=OPENED_AT, by=make_user())
    make_email(record=make_invoice("100.00", customer=customer))
    make_payment("30.00", customer=customer)
    make_document(record=make_taxed_invoice(customer))
    make_write_off(invoice=make_invoice("9.00", customer=customer))
    make_credit_note(customer=customer)
    make_charge(customer=customer)
    make_discount(customer=customer)
    make_former_number(customer=customer)
    make_line_payment(customer=customer)
    make_known_payer(customer=customer)
    make_collection_item(invoice=make_invoice(customer=customer))
    make_execution(invoice=make_email_invoice(customer=customer).invoice)
    make_call_task(customer=customer)
    make_promise(customer=customer)
    make_opening_balance(customer=customer)
    make_shadow_item(customer=customer)
    make_assignment(customer=customer)
    make_contact_attempt(customer=customer)
    make_next_action(customer=customer)
    make_accepted_leak(customer=customer)
    make_suspension(customer=make_late(customer=customer))
    make_hold(customer=customer)
    make_parked_customer(customer=customer)
    BillingRunItem.objects.create(run=make_billing_run(), customer=customer, attempt=1, outcome="parked", reason="?")
    return customer


def make_taxed_invoice(customer: Customer) -> Invoice:
    line = Line(description="Fibre 500", unit_price=Decimal("50.00"), tax_code=make_tax_code())
    return issue_invoice(customer=customer, lines=[line], on=TODAY)


def kinds_of_customers() -> set[type[models.Model]]:
    """Return every kind of record from which any chain of relations leads to a customer."""
    found, new = set(), {Customer}
    while new:
        found |= new
        pointing = {
            relation.related_model
            for model in new
            for relation in model._meta.get_fields(include_hidden=True)
            if relation.auto_created and (relation.one_to_many or relation.one_to_one)
        }
        new = pointing - found
    return found


def test_no_kind_of_record_that_leads_to_a_customer_is_forgotten():
    known = {model._meta.label_lower for model in kinds_of_customers() - LEFT_OUT}
    data = exported(make_whole_customer())
    assert set(data) == known | {"history"}
    assert [name for name, rows in data.items() if not rows] == []


def test_every_kind_of_record_of_the_customer_is_in_it_and_of_nobody_else():
    make_whole_customer(name="Somebody Else")
    customer = make_whole_customer(name="Zoë “Žižek”")
    data = exported(customer)
    alone = exported(make_whole_customer())
    assert {name: len(rows) for name, rows in data.items()} == {name: len(rows) for name, rows in alone.items()}
    assert len(data["customers.customer"]) == 1
    assert data["customers.customer"][0]["name"] == "Zoë “Žižek”"
    assert data["customers.location"][0]["latitude"] == "47.123456"
    assert data["billing.invoice"][0]["total"] == "100.00"
    assert data["tickets.message"][0]["body"] == "It rings at night."
    assert "Somebody Else" not in json.dumps(data)


def test_the_history_is_in_it_also_of_what_was_removed():
    customer = make_customer(name="Ann Example")
    contact = make_contact(customer=customer, name="Bob Example")
    with recording("Contact removed", why="Has left"):
        contact.delete()
    entries = [entry for entry in exported(customer)["history"] if entry["kind"] == "customers.contact"]
    assert [(entry["action"], entry["act"], entry["why"]) for entry in entries] == [
        ("create", "", ""),
        ("delete", "Contact removed", "Has left"),
    ]
    assert entries[1]["before"]["name"] == "Bob Example"


def test_what_staff_say_among_themselves_is_not_in_it_nor_in_its_history():
    customer = make_whole_customer()
    note = Message.objects.get(ticket__customer=customer, kind=Message.Kind.INTERNAL, attachments__isnull=False)
    told = {"tickets.message": note.pk, "tickets.attachment": note.attachments.get().pk}
    with recording("Renamed"):
        note.attachments.update(name="secret.png")
    ticket = make_ticket(customer=customer)
    with recording("Removed"):
        reply(ticket=ticket, kind=Message.Kind.INTERNAL, body="Another internal note", by=make_user(), at=OPENED_AT)
        ticket.delete()
    data = exported(customer)
    assert "internal note" not in json.dumps(data)
    assert "internal task" not in json.dumps(data)
    assert [row for row in data["history"] if told.get(row["kind"]) == row["id"]] == []
    assert [row["id"] for kind in told for row in data[kind] if row["id"] == told[kind]] == []
    assert {row["kind"] for row in data["tickets.message"]} == {Message.Kind.PUBLIC}
    assert len(data["tickets.attachment"]) == 1


def test_no_colleague_is_in_it():
    colleague = make_user(username="a-colleague")
    customer = make_whole_customer()
    ticket = customer.tickets.earliest("pk")
    with recording("Assigned", by=colleague):
        ticket.assignee = colleague
        ticket.save()
    text = "".join(export_of(customer))
    assert "a-colleague" not in text
    assert not {"author_id", "assignee_id", "created_by_id", "recorded_by_id"} & {
        name for rows in json.loads(text).values() for row in rows for name in (*row, *row.get("after", ()))
    }


def test_of_an_erased_customer_it_says_what_is_left():
    customer = make_customer(name="Ann Example", email="ann@example.com")
    make_contact(customer=customer, name="Bob Example")
    customer = close_customer(customer=customer, last_day=TODAY, on=TODAY)
    text = "".join(export_of(erase_customer(customer=customer, on=TODAY)))
    assert "xample.com" not in text
    assert "Ann" not in text
    assert "Bob" not in text
    created = json.loads(text)["history"][0]
    assert created["after"]["name"] == "erased"


def test_it_is_read_in_portions_however_much_there_is():
    customer = make_customer()
    ticket = make_ticket(customer=customer)

    def add_messages(number: int) -> None:
        kind = Message.Kind.PUBLIC
        Message.objects.bulk_create(
            Message(ticket=ticket, kind=kind, body="Hello", created_at=OPENED_AT) for _each in range(number)
        )

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            pieces = list(export_of(customer))
        assert max(map(len, pieces)) < 2_000
        return len(captured)

    add_messages(1)
    few = queries()
    add_messages(2 * CHUNK)
    assert queries() - few <= 12


def test_the_page_downloads_it(client):
    client.force_login(make_user(MANAGER))
    customer = make_whole_customer()
    response = client.get(reverse("customer_export", args=[customer.pk]))
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Disposition"] == f'attachment; filename="customer-{customer.pk}.json"'
    assert json.loads(b"".join(response))["customers.customer"][0]["number"] == customer.number
