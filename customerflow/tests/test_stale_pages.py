"""A page with a button does what it says to what the person saw, and to nothing else."""

from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bank.models import Mandate
from billing.credits.credit_notes import void_credit_note
from billing.models import Charge, CreditNote, Discount, Invoice
from billing.payments import record_payment
from billing.tests.factories import make_draft, make_invoice
from customerflow.acts import ActScreen
from customerflow.changes.models import ChangeSet
from customerflow.changes.tracked import has_version, is_tracked
from customerflow.crud import DeleteScreen
from customerflow.tests.pages import Page
from customerflow.tests.sending import NAUGHTY, browser_of, of_screen, sent_by, text_of
from customerflow.webhooks.models import Endpoint
from customers.models import Customer, Equipment, Location, Plan, Service, TaxCode
from customers.tests.factories import (
    make_contact,
    make_customer,
    make_equipment,
    make_location,
    make_pause,
    make_service,
)
from dunning.models import CallTask, NextAction, Promise, Rule
from incidents.models import Incident
from tickets.desk import reply
from tickets.models import ClosingRule, Message, Ticket
from tickets.tests.factories import make_merge, make_ticket
from visits.models import Visit

pytestmark = pytest.mark.django_db

DELETES, ACTS = of_screen(DeleteScreen), of_screen(ActScreen)
# What a colleague did to a record is known of those that are on record.
DELETES_ON_RECORD = [page for page in DELETES if is_tracked(page.model)]


@pytest.fixture
def me() -> Client:
    return browser_of("me")


@pytest.fixture
def ann() -> Client:
    """A colleague."""
    return browser_of("ann")


def test_the_walk_finds_the_screens():
    assert {"customers:location_delete", "tickets:tickettype_delete"} <= {page.name for page in DELETES}
    assert {"customers:service_cost", "billing:invoice_void"} <= {page.name for page in ACTS}


# --- Acts


def paid_in_part_or_noted(invoice: Invoice) -> None:
    if invoice.is_draft:
        Invoice.objects.filter(pk=invoice.pk).update(note="Hers", version=F("version") + 1)
        return
    record_payment(
        customer=invoice.customer,
        amount=Decimal("1.00"),
        received_on=invoice.issued_on,
        method="cash",
        on=invoice.issued_on,
    )


LATER_DAY = date(2090, 1, 31)
COLLEAGUES = {
    Customer: lambda record: Customer.objects.filter(pk=record.pk).update(name="Hers", version=F("version") + 1),
    Service: lambda record: Service.objects.filter(pk=record.pk).update(name="Hers", version=F("version") + 1),
    Equipment: lambda record: Equipment.objects.filter(pk=record.pk).update(name="Hers", version=F("version") + 1),
    Invoice: paid_in_part_or_noted,
    Location: lambda record: Location.objects.filter(pk=record.pk).update(address="Hers", version=F("version") + 1),
    Plan: lambda record: Plan.objects.filter(pk=record.pk).update(name="Hers", version=F("version") + 1),
    TaxCode: lambda record: TaxCode.objects.filter(pk=record.pk).update(name="Hers", version=F("version") + 1),
    Charge: lambda record: Charge.objects.filter(pk=record.pk).update(description="Hers", version=F("version") + 1),
    Discount: lambda record: Discount.objects.filter(pk=record.pk).update(reason="Hers", version=F("version") + 1),
    Endpoint: lambda record: Endpoint.objects.filter(pk=record.pk).update(name="Hers", version=F("version") + 1),
    Mandate: lambda record: Mandate.objects.filter(pk=record.pk).update(holder="Hers", version=F("version") + 1),
    Rule: lambda record: Rule.objects.filter(pk=record.pk).update(name="Hers", version=F("version") + 1),
    CallTask: lambda record: CallTask.objects.filter(pk=record.pk).update(note="Hers", version=F("version") + 1),
    Promise: lambda record: Promise.objects.filter(pk=record.pk).update(note="Hers", version=F("version") + 1),
    NextAction: lambda record: NextAction.objects.filter(pk=record.pk).update(note="Hers", version=F("version") + 1),
    Ticket: lambda record: Ticket.objects.filter(pk=record.pk).update(subject="Hers", version=F("version") + 1),
    ClosingRule: lambda record: ClosingRule.objects.filter(pk=record.pk).update(name="Hers", version=F("version") + 1),
    Incident: lambda record: Incident.objects.filter(pk=record.pk).update(title="Hers", version=F("version") + 1),
    Visit: lambda record: Visit.objects.filter(pk=record.pk).update(day=LATER_DAY, version=F("version") + 1),
    CreditNote: lambda note: void_credit_note(note=note, reason="Wrong", on=note.issued_on),
}
# What an address needs besides the record.
QUERIES = {
    "customers:customer_merge": lambda: f"?other={Customer.objects.earliest('pk').number}",
    "tickets:ticket_merge": lambda: f"?other={Ticket.objects.latest('pk').customer.tickets.earliest('pk').number}",
}
# Of which record an act is offered, where it is not of every.
READY = {
    "customer_erase": lambda: make_customer(status=Customer.Status.CLOSED, closed_on=date(2026, 1, 31)),
    **dict.fromkeys([f"billing:draft_{act}" for act in ("edit", "issue", "discard")], make_draft),
    "tickets:ticket_merge": lambda: make_ticket(customer=make_ticket().customer),
    "tickets:ticket_unmerge": make_merge,
    "tickets:message_split": lambda: reply(
        ticket=make_ticket(), kind=Message.Kind.PUBLIC, body="And the television.", by=None, at=timezone.now()
    ),
    **dict.fromkeys([f"customers:pause_{act}" for act in ("end", "remove")], make_pause),
}
ACTS_ON_VERSIONS = [page for page in ACTS if has_version(page.model)]


@pytest.mark.usefixtures("one_of_each")
class TestEveryAct:
    @pytest.mark.parametrize("screen", ACTS_ON_VERSIONS, ids=str)
    def test_no_act_is_done_to_a_record_that_the_person_did_not_see(self, screen: Page, me):
        # One that is still open.
        make_invoice()
        READY.get(screen.name, int)()
        url = screen.address() + QUERIES.get(screen.name, str)()
        sent = sent_by(me.get(url))
        record = screen.model._default_manager.latest("pk")
        COLLEAGUES[screen.model](record)
        before = ChangeSet.objects.count()
        answer = me.post(url, {**sent, "last_day": "2026-01-31", "reason": "typed", "why": "said"})
        assert answer.status_code == 200
        assert ChangeSet.objects.count() == before
        assert sent_by(answer)["version"] == [str(record.version + 1)]
        if answer.context["form"].is_valid() or "__all__" in answer.context["form"].errors:
            assert "A colleague changed this while you were looking at it" in text_of(answer)
            assert "since you opened this page" in text_of(answer)


def test_an_act_on_an_old_page_comes_back_with_what_was_typed_and_is_done_when_sent_again(me, ann):
    service = make_service(cost=Decimal("59.99"))
    url = reverse("customers:service_cost", args=[service.pk])
    mine = sent_by(me.get(url))
    ann.post(url, {"cost": "49.99", "reason": "Loyal"})
    page = me.post(url, {**mine, "cost": "64.50", "reason": "Yearly rise"})
    [cost] = page.context["meanwhile"].differences
    assert (cost.label, cost.opened, cost.stored) == ("Cost", "59.99", "49.99")
    assert (sent_by(page)["cost"], sent_by(page)["reason"]) == (["64.50"], ["Yearly rise"])
    service.refresh_from_db()
    assert service.cost == Decimal("49.99")
    assert me.post(url, sent_by(page)).status_code == 302
    service.refresh_from_db()
    assert service.cost == Decimal("64.50")


def test_an_act_that_is_sent_twice_is_done_once_and_says_so(me):
    service = make_service(starts_on="2026-01-01")
    url = reverse("customers:service_end", args=[service.pk])
    mine = {**sent_by(me.get(url)), "last_day": "2027-01-31"}
    assert me.post(url, mine).status_code == 302
    again = me.post(url, mine)
    assert "You changed this yourself since you opened this page" in text_of(again)
    service.refresh_from_db()
    assert service.version == 2


@pytest.mark.parametrize("value", NAUGHTY)
def test_whatever_version_an_act_carries_it_is_done_only_to_what_was_seen(me, value):
    unit, location = make_equipment(), make_location()
    url = reverse("customers:equipment_install", args=[unit.pk])
    assert me.post(url, {"location": location.pk, "version": value}).status_code == 200
    unit.refresh_from_db()
    assert unit.location is None


def test_a_form_saved_as_it_was_disturbs_no_act(me, ann):
    unit = make_equipment(location=make_location())
    url = reverse("customers:equipment_return", args=[unit.pk])
    mine = sent_by(me.get(url))
    update = reverse("customers:equipment_update", args=[unit.pk])
    ann.post(update, sent_by(ann.get(update)))
    assert me.post(url, mine).status_code == 302


def test_the_reason_is_kept_of_changes_acts_and_removals_and_asked_once(me):
    unit = make_equipment(location=make_location())
    for name in ("update", "return", "delete"):
        url = reverse(f"customers:equipment_{name}", args=[unit.pk])
        assert me.post(url, {**sent_by(me.get(url)), "name": "Spare", "why": f"Because of {name}"}).status_code == 302
    reasons = ChangeSet.objects.filter(through="screen").order_by("pk").values_list("why", flat=True)
    assert list(reasons) == ["Because of update", "Because of return", "Because of delete"]
    page = text_of(me.get(reverse("customers:service_cost", args=[make_service().pk])))
    assert 'name="reason"' in page
    assert 'name="why"' not in page


# --- Removing


@pytest.mark.usefixtures("one_of_each")
class TestEveryRemoval:
    @pytest.mark.parametrize("screen", DELETES, ids=str)
    def test_what_nobody_touched_is_removed_with_what_was_shown(self, screen: Page, me):
        record = screen.model._default_manager.latest("pk")
        answer = me.get(screen.address())
        if answer.context["in_the_way"]:
            return
        removed = me.post(screen.address(), sent_by(answer))
        assert removed.status_code == 302
        assert not screen.model._default_manager.filter(pk=record.pk).exists()

    @pytest.mark.parametrize("screen", DELETES_ON_RECORD, ids=str)
    def test_what_a_colleague_changed_is_not_removed_unseen(self, screen: Page, me, ann):
        record = screen.model._default_manager.latest("pk")
        opened = me.get(screen.address())
        update = reverse(f"{screen.name.removesuffix('_delete')}_update", args=[record.pk])
        form = ann.get(update)
        fields = form.context["form"].fields
        texts = ((name, "Hers") for name, field in fields.items() if type(field) is forms.CharField)
        # What has no text of its own has a day.
        name, hers = next(texts, ("day", LATER_DAY.isoformat()))
        assert ann.post(update, {**sent_by(form), name: hers}).status_code == 302
        answer = me.post(screen.address(), {**sent_by(opened), "version": "1", "why": "Twice in the list"})
        assert answer.status_code == 200
        assert screen.model._default_manager.filter(pk=record.pk).exists()
        assert [each.stored for each in answer.context["meanwhile"].differences] == [hers]
        if not answer.context["in_the_way"]:
            assert sent_by(answer)["why"] == ["Twice in the list"]
            assert me.post(screen.address(), sent_by(answer)).status_code == 302


def test_nothing_goes_with_a_record_that_was_not_shown(me, ann):
    service = make_service()
    make_contact(customer=service.location.customer)
    make_equipment(location=service.location)
    customer = service.location.customer
    url = reverse("customers:customer_delete", args=[customer.pk])
    shown = me.get(url)
    goes_too = ["1 contact", "1 installation", "1 location", "1 price change", "1 service"]
    assert sorted(shown.context["goes_too"]) == goes_too
    make_location(customer=customer)
    answer = me.post(url, sent_by(shown))
    assert "Meanwhile something else would go with it. Nothing was removed." in text_of(answer)
    assert "2 locations" in text_of(answer)
    assert (Location.objects.count(), Equipment.objects.get().status) == (2, "installed")
    assert me.post(url, sent_by(answer)).status_code == 302
    assert (Customer.objects.count(), Equipment.objects.get().status) == (0, "in_stock")


@pytest.mark.parametrize("value", NAUGHTY)
@pytest.mark.parametrize("field", ["version", "going"])
def test_whatever_a_removal_carries_back_removes_nothing_unseen(me, field, value):
    location = make_location()
    url = reverse("customers:location_delete", args=[location.pk])
    assert me.post(url, {**sent_by(me.get(url)), field: value}).status_code == 200
    assert Location.objects.exists()


# --- What is gone already


@pytest.mark.parametrize("name", ["update", "install", "delete"])
def test_what_a_colleague_removed_says_so_and_gives_back_what_was_typed(me, ann, name):
    unit, location = make_equipment(name="Router"), make_location()
    url = reverse(f"customers:equipment_{name}", args=[unit.pk])
    mine = {**sent_by(me.get(url)), "name": "Better name", "location": str(location.pk)}
    removal = reverse("customers:equipment_delete", args=[unit.pk])
    ann.post(removal, {**sent_by(ann.get(removal)), "why": "Scrapped"})
    answer = me.post(url, mine)
    assert answer.status_code == 404
    page = text_of(answer)
    assert "This was removed while you had it open" in page
    assert "ann, " in page
    assert "Scrapped" in page
    typed = {"update": ("Name", "Better name"), "install": ("Location", str(location.pk))}
    assert name == "delete" or typed[name] in answer.context["typed"]
    assert me.get(url).status_code == 404


def test_what_never_was_is_not_found(me):
    assert "while you had it open" not in text_of(me.post(reverse("customers:equipment_update", args=[987_654_321])))
