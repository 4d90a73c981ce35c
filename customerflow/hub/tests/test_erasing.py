"""After erasing, nothing that a customer told us is anywhere but on the documents they were issued; the books stay."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from urllib.parse import quote_plus, unquote_plus

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.http import QueryDict
from django.urls import reverse

from billing.models import Invoice
from billing.tests.factories import TODAY, make_draft, make_invoice, make_payment
from customerflow.bulk.selection import check, choose, confirm
from customerflow.changes.images import ERASED
from customerflow.changes.models import Change, ChangeSet
from customerflow.changes.recording import Origin, acting_for, recording
from customerflow.changes.tracked import BOOKKEEPING, tracked_models
from customerflow.changes.undoing import plan_undo, undo
from customerflow.hub.erasing import erase_customer, obstacles
from customerflow.hub.personal_data import BELONGS_BY
from customerflow.loads.models import Finding, Load, LoadedFile
from customerflow.staff.roles import MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user
from customerflow.text import KeyField, fold
from customers.bulk_acts import ChangeCustomers
from customers.merging import merge_customers
from customers.models import Contact, Customer, Location, Service
from customers.registration import close_customer
from customers.tests.factories import (
    make_contact,
    make_customer,
    make_duplicate_pair,
    make_equipment,
    make_location,
    make_service,
)
from tickets.desk import change_status, reply
from tickets.models import Attachment, Message, Ticket
from tickets.tests.factories import OPENED_AT, make_ticket
from visits.going import finish
from visits.models import Visit, VisitItem
from visits.tests.factories import make_visit

pytestmark = pytest.mark.django_db
PERSONAL = {Customer, *BELONGS_BY}

# Texts that do not say who the customer is, or that the books keep.
NOT_PERSONAL = {
    "customers.Customer": {"number", "status", "language", "channel"},
    "customers.Contact": {"role"},
    "customers.FormerNumber": {"number"},
    # What is sold.
    "customers.Service": {"name"},
    # The operator's own devices, and what becomes of them.
    "customers.Equipment": {"name", "model", "serial", "mac", "terms", "status"},
    "tickets.Ticket": {"number", "status", "priority", "source", "due_step", "idempotency_key"},
    "tickets.Message": {"kind", "idempotency_key"},
    "tickets.Attachment": {"content_type"},
    "tickets.TicketLink": {"kind"},
    "tickets.TicketMerge": {"status"},
    "tickets.TicketEvent": {"kind", "before", "after", "outcome"},
    "tickets.TicketRound": {"began", "ended"},
    "tickets.TicketStep": {"kind"},
    "visits.Visit": {"status", "reason"},
    "tickets.TicketEmail": {"state", "mail_id"},
    # A colleague's address, and what a mail server says of it.
    "tickets.StaffNotice": {"to", "state", "problem", "mail_id"},
    "tickets.IncomingMail": {"key", "mail_id", "state"},
    # The books: what was issued and paid stays as it is for the legal period.
    "billing.Invoice": {
        *("number", "origin", "status", "customer_name", "customer_address", "note", "void_reason"),
        "idempotency_key",
    },
    "billing.InvoiceLine": {"kind", "description", "inputs"},
    "billing.InvoiceTax": {"name"},
    "billing.CreditNote": {"number", "reason", "customer_name", "customer_address", "void_reason"},
    "billing.CreditNoteLine": {"kind", "description", "inputs"},
    "billing.CreditNoteTax": {"name"},
    "billing.Refund": {"method", "reference", "reason", "idempotency_key", "reversal_reason"},
    "billing.WriteOff": {"reason"},
    "billing.BillingRunItem": {"outcome", "difference", "digest", "reason"},
    "shadow.OpeningBalance": {"origin"},
    # It goes altogether.
    "shadow.ShadowItem": {"outcome", "digest", "reasons", "accepted_because"},
    # What was agreed, and why the days cost less or nothing.
    "billing.Charge": {"description", "cancel_reason"},
    "billing.Discount": {"reason"},
    "customers.Pause": {"reason"},
    "dunning.Execution": {"state", "reason"},
    "dunning.Notice": {"language", "subject", "note", "key"},
    "dunning.CallTask": {"result", "key"},
    # The bank's own document, which stays like payments with their references.
    "bank.StatementLine": {
        *("identity", "party_name", "party_iban", "bank_reference", "reference", "text", "return_code", "state"),
        *("reason", "kind", "level", "why", "offer"),
    },
    "bank.Mandate": {"reference", "sequence", "state", "reason"},
    "bank.Collection": {"reference", "state"},
    "bank.CollectionItem": {"sequence", "end_to_end_id", "state", "reason", "return_code"},
    "reports.AcceptedLeak": {"leak"},
    "dunning.Promise": {"idempotency_key"},
    "dunning.ContactAttempt": {"way", "idempotency_key"},
    "dunning.NextAction": {"way", "idempotency_key"},
    "suspensions.Suspension": {"end"},
    # It goes with the next daily step.
    "suspensions.ParkedCustomer": {"step", "reason"},
    # What was typed of it is erased by itself.
    "incidents.Credit": {"state", "spans", "parts", "reason", "problem"},
    "incidents.AnsweredTicket": {"reason"},
    "billing.Document": {"kind", "file", "sha256"},
    "billing.Email": {"subject", "language", "state", "key"},
    "billing.Payment": {"number", "origin", "method", "reference", "idempotency_key", "reversal_reason"},
}
TEXTS = (models.CharField, models.TextField, models.JSONField, models.GenericIPAddressField, models.FileField)


def customer_models() -> set[type[models.Model]]:
    """Every kind of record that belongs to a customer, however far away."""
    known = {Customer}
    while True:
        further = {
            model
            for model in apps.get_models()
            if any(field.is_relation and field.related_model in known for field in model._meta.concrete_fields)
        }
        if further <= known:
            return known
        known |= further


def test_of_every_text_that_belongs_to_a_customer_it_is_decided_whether_it_is_personal():
    undecided = {
        f"{model._meta.label}.{field.name}"
        for model in customer_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, TEXTS)
        and not (isinstance(field, KeyField) or field.generated)
        and field.name not in {*getattr(model, "personal_fields", ()), *NOT_PERSONAL.get(model._meta.label, ())}
    }
    assert undecided == set()


def test_what_is_said_to_be_not_personal_is_there_and_is_not_declared_personal():
    for label, names in NOT_PERSONAL.items():
        model = apps.get_model(label)
        assert names <= {field.name for field in model._meta.local_concrete_fields}, label
        assert not names & set(getattr(model, "personal_fields", ())), label


def test_every_kind_with_personal_fields_is_erased():
    assert {model for model in tracked_models() if hasattr(model, "personal_fields")} == PERSONAL


# --- No text of theirs anywhere --------------------------------------------------------------------------------------


class Naughty:
    """Values for personal fields, none like another, that are to be found nowhere in the end."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def values(self, model: type[models.Model]) -> dict[str, object]:
        """Return a value for each personal field of a kind of record."""
        return {name: self.value(model, name) for name in model.personal_fields}

    def value(self, model: type[models.Model], name: str) -> object:
        """Return a value for one field."""
        field, number = model._meta.get_field(name), len(self.given)
        if name == "country":
            # Too short to be looked for.
            return "ÅX"
        if isinstance(field, models.DecimalField):
            value = Decimal(f"47.{731_000 + number}")
        elif isinstance(field, models.GenericIPAddressField):
            value = f"10.77.{number // 250}.{number % 250}"
        elif isinstance(field, models.EmailField):
            value = f"zoe.{number}@žižek.example"
        elif name == "phone":
            value = f"+43 660 77{number:05d}"
        elif field.max_length and field.max_length < 30:
            value = f'Ž-{number}-\\"Ž'
        else:
            value = f'Žižek “{number}” \\ "O\'Naughty" {number}'
        self.given.append(str(value))
        return value


def cells() -> Iterator[tuple[str, str, object]]:
    """Every cell of every table, also of those that the search index is made of."""
    sqlite = "SELECT name FROM sqlite_master WHERE type = 'table'"
    postgresql = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    with connection.cursor() as cursor:
        cursor.execute(sqlite if connection.vendor == "sqlite" else postgresql)
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                yield from ((table, name, value) for name, value in zip(names, row, strict=True))


def readings(cell: object) -> set[str]:
    """Return a cell as text, plain and with what addresses and JSON write in other signs."""
    text = cell.decode("utf-8", "replace") if isinstance(cell, bytes | memoryview) else str(cell)
    try:
        in_json = json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        in_json = text
    return {fold(each) for each in (text, unquote_plus(text), in_json)}


def places_of(texts: list[str]) -> set[tuple[str, str]]:
    """Return the tables and columns in which one of `texts` stands."""
    wanted = {fold(text) for text in texts} | {json.dumps(fold(text), ensure_ascii=False)[1:-1] for text in texts}
    # A phone is kept in the form that can be dialled too.
    wanted |= {text.replace(" ", "") for text in texts if text.startswith("+")}
    return {
        (table, column)
        for table, column, cell in cells()
        if cell is not None and any(text in reading for reading in readings(cell) for text in wanted)
    }


def told(naughty: Naughty, work: Callable[[], object]) -> object:
    """Do something as a colleague would who gives a reason in which the customer is named."""
    why = f"asked by {naughty.given[0]}, in person"
    with acting_for(Origin(through=ChangeSet.Through.SCREEN, why=why)), recording("Act"):
        return work()


def edited(record: models.Model, naughty: Naughty) -> None:
    for name, value in naughty.values(type(record)).items():
        setattr(record, name, value)
    if hasattr(record, "version"):
        record.version += 1
    record.save()


def newest() -> ChangeSet:
    return ChangeSet.objects.latest("pk")


FATES = ("stays", "is removed", "comes back")


def suffer(record: models.Model, fate: str, naughty: Naughty) -> None:
    if fate != "stays":
        told(naughty, record.delete)
    if fate == "comes back":
        undo(newest())


def live_with(naughty: Naughty) -> Customer:
    """Make a customer with a life: everything was filled in, edited, removed, and some of it brought back."""
    customer = make_customer(**naughty.values(Customer))
    for fate in FATES:
        contact = make_contact(customer=customer, **naughty.values(Contact))
        told(naughty, lambda contact=contact: edited(contact, naughty))
        suffer(contact, fate, naughty)
        location = make_location(customer=customer, **naughty.values(Location))
        edited(location, naughty)
        service = make_service(location=location, **naughty.values(Service))
        edited(service, naughty)
        edited(service.price_changes.get(), naughty)
        suffer(location, fate, naughty)
        body = naughty.value(Message, "body")
        ticket = make_ticket(customer=customer, body=body, **naughty.values(Ticket))
        message = reply(ticket=ticket, kind=Message.Kind.PUBLIC, by=None, at=OPENED_AT, **naughty.values(Message))
        refused = {name: naughty.value(Attachment, name) for name in ("name", "refused")}
        Attachment.objects.create(message=message, size=1, **refused)
        ticket.refresh_from_db()
        edited(ticket, naughty)
        change_status(ticket=ticket, status=Ticket.Status.CLOSED, at=OPENED_AT)
        suffer(ticket, fate, naughty)
        visited = make_ticket(customer=customer)
        visit = make_visit(ticket=visited, items=[naughty.value(VisitItem, "text")])
        edited(visit.items.get(), naughty)
        said = {"result": naughty.value(Visit, "result"), "at": OPENED_AT, "by": make_user()}
        visit, _is_new = finish(visit=visit, status=Visit.Status.DONE, **said)
        edited(visit, naughty)
        change_status(ticket=visited, status=Ticket.Status.CLOSED, at=OPENED_AT)
        suffer(visit, fate, naughty)
    told(naughty, lambda: edited(customer, naughty))
    return customer


def merged(naughty: Naughty) -> Customer:
    customer, duplicate = live_with(naughty), live_with(naughty)
    values = {name: getattr(duplicate, name) for name in ("name", "email")}
    return merge_customers(survivor=customer, duplicate=duplicate, values=values, on=TODAY)


def bulk_edited(customer: Customer, naughty: Naughty) -> None:
    address = f"/customers/?q={quote_plus(naughty.given[0])}"
    job = choose(ChangeCustomers, Customer.objects.filter(pk=customer.pk), by=make_user(MANAGER), back=address)
    typed = QueryDict(mutable=True)
    typed["note"] = naughty.value(Customer, "note")
    assert check(job, typed)
    job.refresh_from_db()
    confirm(job, turn=str(job.turn), number="", why=f"for {naughty.given[0]}")
    customer.refresh_from_db()
    assert customer.note == typed["note"]


def logged(customer: Customer) -> None:
    """Let the administration's own log name the customer."""
    LogEntry.objects.create(
        user=make_user(),
        content_type=ContentType.objects.get_for_model(Customer),
        object_id=customer.pk,
        object_repr=str(customer),
        action_flag=CHANGE,
        change_message=json.dumps([{"changed": {"name": str(customer)}}]),
    )


def loaded(customer: Customer, naughty: Naughty) -> None:
    """Let a load have changed the customer, and refused rows that name them."""
    name = naughty.given[0]
    load = Load.objects.create(name="id.csv", loaded_at=OPENED_AT)
    file = LoadedFile.objects.create(load=load, kind="customers", problem=f"line 3: {name}", warnings=[f"{name}?"])
    row = {"file": file, "line": 2, "column": "Name"}
    Finding.objects.create(**row, row_number=1, outcome="changed", target=customer.pk, old=name, new="?", reason=name)
    Finding.objects.create(**row, row_number=2, outcome="refused", key="1", written=json.dumps(["1", name]))
    Finding.objects.create(**row, row_number=2, outcome="refused", key="1", new="their wrong address")
    Finding.objects.create(**row, row_number=3, outcome="created", key=name)


def left(customer: Customer) -> Customer:
    """Let a customer go who owes nothing."""
    return close_customer(customer=customer, last_day=TODAY, on=TODAY)


def make_left(naughty: Naughty) -> Customer:
    """Make a customer with a long life who owes nothing and has left."""
    customer = merged(naughty)
    bulk_edited(customer, naughty)
    make_duplicate_pair(first=customer)
    logged(customer)
    loaded(customer, naughty)
    make_invoice("59.99", customer=customer)
    make_payment("59.99", customer=customer)
    return left(customer)


def test_no_text_of_theirs_is_anywhere_but_on_their_invoices():
    naughty = Naughty()
    customer = make_left(naughty)
    before = {table for table, _column in places_of(naughty.given)}
    assert {"changes_change", "changes_changeset", "jobs_job", "django_admin_log", "tickets_message"} <= before
    erase_customer(customer=customer, on=TODAY)
    books = {("billing_invoice", column) for column in ("customer_name", "customer_address", "search_text")}
    found = places_of(naughty.given)
    assert {place for place in found if not place[0].startswith("billing_invoice_search")} == books


# --- What stays ------------------------------------------------------------------------------------------------------


def kept_columns(customer: Customer) -> dict[str, list[tuple]]:
    """All rows of all kinds but for what is personal, derived, or counts changes."""
    rows = {}
    for model in tracked_models():
        left_out = {*BOOKKEEPING, *getattr(model, "personal_fields", ())}
        fields = [field for field in model._meta.local_concrete_fields if not isinstance(field, KeyField)]
        names = [field.attname for field in fields if field.name not in left_out]
        rows[model._meta.label] = list(model._base_manager.order_by("pk").values_list(*names))
    del rows["customers.Contact"]
    return rows


def test_what_a_load_refused_of_theirs_goes_altogether_and_what_it_found_of_others_stays():
    naughty = Naughty()
    customer = make_left(naughty)
    other = make_customer(name="Somebody Else")
    file = LoadedFile.objects.get()
    kept = Finding.objects.create(
        file=file, row_number=4, line=5, outcome="changed", target=other.pk, old="Somebody Else", new="Else"
    )
    erase_customer(customer=customer, on=TODAY)
    said = Finding.objects.exclude(pk=kept.pk).order_by("pk").values_list("row_number", "old", "new", "written")
    assert list(said) == [(1, "", "", ""), (2, "", "", ""), (2, "", "", ""), (3, "", "", "")]
    kept.refresh_from_db()
    assert (kept.old, kept.new) == ("Somebody Else", "Else")


def test_the_books_and_all_that_says_nothing_of_the_person_stay_as_they_are():
    customer, number = make_left(Naughty()), Customer.objects.latest("pk").number
    invoices, before = list(Invoice.objects.values()), kept_columns(customer)
    erased = erase_customer(customer=customer, on=TODAY)
    assert kept_columns(customer) == before
    assert list(Invoice.objects.values()) == invoices
    assert erased.number in {customer.number, number}
    assert not Contact.objects.filter(customer=customer).exists()


def test_what_is_left_reads_as_erased_and_is_found_by_its_number_alone():
    naughty = Naughty()
    customer = erase_customer(customer=left(live_with(naughty)), on=TODAY)
    location = customer.locations.earliest("pk")
    ticket = customer.tickets.earliest("pk")
    assert (customer.name, customer.email, customer.phone, customer.note) == ("Erased customer", "", "", "")
    assert (str(location), location.latitude, location.access_notes) == ("Erased address", None, "")
    assert location.services.values_list("login", "ip_address", "port").get() == (None, None, None)
    assert ticket.subject == "(erased)"
    assert {message.body for message in ticket.messages.all()} == {"(erased)"}
    assert [text for text in naughty.given if Customer.objects.search(text).exists()] == []
    assert list(Customer.objects.search(customer.number)) == list(Customer.objects.search("erased")) == [customer]


def test_versions_grow_so_that_an_open_form_is_out_of_date():
    customer = left(live_with(Naughty()))
    locations = dict(customer.locations.values_list("pk", "version"))
    erased = erase_customer(customer=customer, on=TODAY)
    assert erased.version == customer.version + 1
    assert erased.updated_at > customer.updated_at
    assert dict(customer.locations.values_list("pk", "version")) == {key: was + 1 for key, was in locations.items()}


def test_nobody_else_is_touched():
    naughty = Naughty()
    other, customer = live_with(naughty), left(live_with(naughty))
    of_other = [
        *Customer.objects.filter(pk=other.pk).values(),
        *Location.objects.filter(customer=other).values(),
        *Contact.objects.filter(customer=other).values(),
        *Message.objects.filter(ticket__customer=other).order_by("pk").values(),
        *Change.objects.of(other).values(),
    ]
    erase_customer(customer=customer, on=TODAY)
    assert of_other == [
        *Customer.objects.filter(pk=other.pk).values(),
        *Location.objects.filter(customer=other).values(),
        *Contact.objects.filter(customer=other).values(),
        *Message.objects.filter(ticket__customer=other).order_by("pk").values(),
        *Change.objects.of(other).values(),
    ]


def test_erasing_again_changes_nothing():
    customer = erase_customer(customer=left(live_with(Naughty())), on=TODAY)
    acts, changes = ChangeSet.objects.count(), list(Change.objects.order_by("pk").values())
    again = erase_customer(customer=customer, on=TODAY)
    assert again.version == customer.version
    assert ChangeSet.objects.count() == acts
    assert list(Change.objects.order_by("pk").values()) == changes


def test_it_is_one_act_on_record_that_keeps_no_value():
    customer = left(make_customer(name="Ann Example", email="ann@example.com"))
    manager = make_user(MANAGER)
    erase_customer(customer=customer, by=manager, on=TODAY)
    act = newest()
    assert (act.act, act.by) == ("Personal data erased", manager)
    change = act.changes.get()
    assert change.old == {"name": ERASED, "email": ERASED}
    assert change.new == {"name": "Erased customer", "email": ""}


def test_a_text_that_looks_like_the_mark_is_no_mark():
    customer = make_customer(name='{"erased":true}')
    changed = ChangeSet.objects.latest("pk")
    undo(changed)
    assert not Customer.objects.filter(pk=customer.pk).exists()


@pytest.mark.parametrize(
    ("why", "is_kept"),
    [("Moved to Lindenstreet", True), ("LI moved", False), ("As ann  lí wrote", False), ("Wrote to (ann li)", False)],
)
def test_a_reason_is_erased_where_it_names_the_customer_in_whole_words(why, is_kept):
    customer = make_customer(name="Ann Li", note="Li moved")
    with acting_for(Origin(through=ChangeSet.Through.SCREEN, why=why)), recording("Edited") as record:
        edited(customer, Naughty())
    erase_customer(customer=left(customer), on=TODAY)
    record.change_set.refresh_from_db()
    assert record.change_set.why == (why if is_kept else "")


# --- What stands in the way ------------------------------------------------------------------------------------------


def refusals(customer: Customer) -> list[str]:
    """Return what stands in the way, after making sure that the act says the same and changes nothing."""
    before = list(Customer.objects.filter(pk=customer.pk).values())
    customer.refresh_from_db()
    with pytest.raises(ValidationError) as refused:
        erase_customer(customer=customer, on=TODAY)
    assert list(Customer.objects.filter(pk=customer.pk).values()) == before
    assert refused.value.messages == [str(obstacle) for obstacle in obstacles(customer, TODAY)]
    return refused.value.messages


def test_an_open_account_is_not_erased():
    assert refusals(make_customer()) == ["The account is not closed."]


def test_who_owes_or_has_credit_is_not_erased():
    customer = make_customer()
    make_invoice("59.99", customer=customer, due_on=TODAY)
    make_invoice("10.00", customer=customer, due_on=TODAY.replace(year=2027))
    left(customer)
    assert refusals(customer) == ["69.99 is still owed."]
    make_payment("70.00", customer=customer)
    assert refusals(customer) == ["Credit of 0.01 is left."]


def test_whose_draft_waits_is_not_erased():
    assert refusals(left(make_draft().customer)) == ["A draft of an invoice waits."]


def test_who_has_our_equipment_is_not_erased_nor_who_waits_for_an_answer():
    customer = make_customer()
    make_equipment(location=make_location(customer=customer))
    make_ticket(customer=customer)
    assert refusals(left(customer)) == ["Equipment is still at the customer's.", "A ticket is not finished."]


def test_each_obstacle_leads_to_where_it_is_seen(admin_client):
    customer = make_customer()
    make_equipment(location=make_location(customer=customer))
    make_ticket(customer=customer)
    make_invoice("59.99", customer=customer)
    make_payment("70.00", customer=customer, invoices=[])
    make_draft(customer=customer)
    left(customer)
    page = admin_client.get(reverse("customer_erase", args=[customer.pk]))
    for obstacle in page.context["in_the_way"]:
        assert obstacle.address.replace("&", "&amp;") in page.content.decode()
        listed = admin_client.get(obstacle.address)
        assert len(listed.context["page"].rows) == 1, obstacle


def test_a_reason_that_names_the_customer_is_refused():
    customer = left(make_customer(name="Ann Example"))
    with (
        pytest.raises(ValidationError, match="names the customer"),
        acting_for(Origin(through=ChangeSet.Through.SCREEN, why="Asked by ann  EXAMPLE.")),
    ):
        erase_customer(customer=customer, on=TODAY)
    customer.refresh_from_db()
    assert customer.name == "Ann Example"


# --- The history, and undo -------------------------------------------------------------------------------------------


def test_what_was_erased_cannot_be_undone_by_any_act_in_which_it_was():
    customer = make_customer(name="Ann Example")
    with recording("Contact removed") as removal:
        make_contact(customer=customer).delete()
    with recording("Edited") as edit:
        edited(customer, Naughty())
    customer.refresh_from_db()
    with recording("Closed"):
        left(customer)
    closing = newest()
    with recording("Erased") as erasing:
        erase_customer(customer=customer, on=TODAY)
    for act in (removal.change_set, edit.change_set, erasing.change_set):
        assert plan_undo(act).refusal == "Personal data in it was erased."
        with pytest.raises(ValidationError, match="Personal data in it was erased"):
            undo(act, force_all=True)
    assert undo(closing, force_all=True).put_back == 1
    customer.refresh_from_db()
    assert (customer.name, customer.is_closed) == ("Erased customer", False)


def test_the_pages_of_history_say_erased(admin_client):
    customer = left(live_with(Naughty()))
    erase_customer(customer=customer, on=TODAY)
    removed = Change.objects.filter(kind="customers.contact", action="delete").first()
    pages = [
        "/changes/",
        customer.get_absolute_url(),
        *(f"/changes/{act.pk}/" for act in ChangeSet.objects.all()),
        *(f"/changes/{act.pk}/undo/" for act in ChangeSet.objects.all()),
    ]
    for address in pages:
        response = admin_client.get(address)
        assert response.status_code == 200, address
    assert ">erased<" in admin_client.get(f"/changes/{removed.change_set_id}/").content.decode()


def test_a_form_that_was_opened_before_shows_that_it_was_erased(admin_client):
    location = make_location(latitude=Decimal("47.5"), longitude=Decimal(15))
    erase_customer(customer=left(location.customer), on=TODAY)
    typed = {"version": location.version, "customer": location.customer.number, "address": "Somewhere else"}
    response = admin_client.post(reverse("customers:location_update", args=[location.pk]), typed)
    assert response.status_code == 200
    assert "erased" in response.content.decode()
    location.refresh_from_db()
    assert location.address == "Erased address"


# --- The pages -------------------------------------------------------------------------------------------------------


@pytest.fixture
def manager(client):
    client.force_login(make_user(MANAGER))
    return client


def test_a_manager_types_the_number_and_erases(manager, monkeypatch):
    customer = left(make_customer(number="0042", name="Ann Example"))
    page = reverse("customer_erase", args=[customer.pk])
    assert page in manager.get(customer.get_absolute_url()).content.decode()
    assert "cannot be undone" in manager.get(page).content.decode()
    refused = manager.post(page, {"number": "42", "version": customer.version})
    assert "not the number of the account" in refused.content.decode()
    customer.refresh_from_db()
    assert customer.name == "Ann Example"
    answer = manager.post(page, {"number": "0042", "version": customer.version, "why": "By letter"}, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert len(said) == 1
    assert "The personal data were erased" in said[0]
    assert "undo" not in said[0].lower()
    assert "Ann Example" not in answer.content.decode()
    assert newest().why == "By letter"


def test_a_customer_who_is_served_is_not_offered_for_erasing(manager):
    customer = make_customer()
    page = manager.get(customer.get_absolute_url()).content.decode()
    assert reverse("customer_erase", args=[customer.pk]) not in page
    assert reverse("customer_export", args=[customer.pk]) in page
    response = manager.post(reverse("customer_erase", args=[customer.pk]), {"number": customer.number})
    assert "The account is not closed." in response.content.decode()


@pytest.mark.parametrize("name", ["customer_erase", "customer_export"])
def test_whoever_may_not_erase_is_refused_and_not_offered_it(client, name):
    client.force_login(make_user(SUPPORT))
    customer = left(make_customer())
    assert client.get(reverse(name, args=[customer.pk])).status_code == 403
    assert client.post(reverse(name, args=[customer.pk]), {"number": customer.number}).status_code == 403
    assert reverse(name, args=[customer.pk]) not in client.get(customer.get_absolute_url()).content.decode()
