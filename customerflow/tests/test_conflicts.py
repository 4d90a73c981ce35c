"""Two people, one record: nobody overwrites what they have not seen, and nothing typed is lost."""

from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.core import signing
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.choices import flatten_choices

from bank.tests.factories import make_mandate
from billing.tests.factories import make_ledger_account
from customerflow.changes.models import Change, ChangeSet
from customerflow.crud import UpdateScreen
from customerflow.forms import RecordForm
from customerflow.tests.administering import page_of
from customerflow.tests.pages import Page
from customerflow.tests.sending import NAUGHTY, browser_of, of_screen, sent_by, text_of
from customers.models import Customer, Service
from customers.tests.factories import make_customer, make_location, make_service

pytestmark = pytest.mark.django_db

# A visit has nothing to type a text into; its own tests change a day beside a technician. What becomes of a saved view
# is not on record: it is its owner's.
UPDATES = [
    page for page in of_screen(UpdateScreen) if page.name not in ("visits:visit_update", "saved_views:savedview_update")
]
# What is typed into fields that do not take any text.
TYPED = {
    "iban": {"Hers": "AT611904300234573201"},
    "monday": {"Hers": "09:00-10:00"},
    "reference": {"Hers first": "Hers-first"},
    "subdivision": {"Hers first": "NY", "Mine": "CA"},
    "url": {"Hers": "https://hers.example.com/hook"},
}
# Of which record a form is offered, where it is not of every one.
READY = {
    # One by which nothing was collected.
    "bank:mandate_update": make_mandate,
    # One that begins after the period that is closed.
    "billing:ledgeraccount_update": lambda: make_ledger_account(from_day=date(2021, 1, 1)),
}


@pytest.fixture
def me() -> Client:
    return browser_of("me")


@pytest.fixture
def ann() -> Client:
    """A colleague."""
    return browser_of("ann")


def changed(field: forms.Field, value: object, text: str) -> object:
    """Return another value for a form field than `value`; None where none comes to mind."""
    if getattr(field.widget, "input_type", "") == "tel":
        return "555-7777"
    if isinstance(field, forms.BooleanField):
        return "" if value else "on"
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        return next(str(key) for key, _label in flatten_choices(field.choices) if str(key) not in ("", str(value)))
    if isinstance(field, forms.IntegerField):
        return str(int(value or 0) + 1)
    return text if type(field) is forms.CharField else None


def typed(name: str, text: str) -> str:
    """Return what is typed into the field `name` for `text`: the text itself, or what such a field takes."""
    return TYPED.get(name, {}).get(text, text)


def changes_for(form: RecordForm, text: str) -> dict[str, object]:
    """Return another value for each field that takes one."""
    values = {each.name: changed(each.field, each.value(), typed(each.name, text)) for each in form.visible_fields()}
    return {name: value for name, value in values.items() if value is not None}


# --- Changing


def test_the_walk_finds_the_screens():
    assert {"customers:customer_update", "tickets:ticket_update"} <= {page.name for page in UPDATES}


@pytest.mark.usefixtures("one_of_each")
class TestEveryForm:
    @pytest.mark.parametrize("screen", UPDATES, ids=str)
    def test_on_every_form_different_fields_are_merged_and_the_same_field_is_decided(self, screen: Page, me, ann):
        READY.get(screen.name, int)()
        url = screen.address()
        opened = me.get(url)
        mine, form = sent_by(opened), opened.context["form"]
        (one, _), (other, _) = list(changes_for(form, "Hers").items())[:2]
        hers = {name: changes_for(form, "Hers")[name] for name in (one, other)}
        assert ann.post(url, {**mine, one: hers[one]}).status_code == 302
        record = screen.model._default_manager.latest("pk")
        taken = str(getattr(record, one))

        merged = me.post(url, {**mine, other: hers[other]}, follow=True)
        assert merged.redirect_chain
        record.refresh_from_db()
        assert str(getattr(record, one)) == taken
        assert "A colleague changed this meanwhile" in text_of(merged)

        mine_too = (changes_for(form, "Mine").get("name") and "name") or next(
            name for name, field in form.fields.items() if type(field) is forms.CharField
        )
        hers_first, my_text = typed(mine_too, "Hers first"), typed(mine_too, "Mine")
        stale = sent_by(me.get(url))
        ann.post(url, {**stale, mine_too: hers_first})
        before = ChangeSet.objects.count()
        refused = me.post(url, {**stale, mine_too: my_text})
        assert refused.status_code == 200
        assert ChangeSet.objects.count() == before
        record.refresh_from_db()
        assert str(getattr(record, mine_too)) == hers_first
        assert f'value="{my_text}"' in text_of(refused)
        assert "ann, " in text_of(refused)
        assert me.post(url, sent_by(refused)).status_code == 302
        record.refresh_from_db()
        assert str(getattr(record, mine_too)) == my_text


def three_names(me, ann) -> tuple[Customer, str, object]:
    """Return a customer whose name ann changed to Hers while I typed Mine, the form's address, and the page I got."""
    customer = make_customer(name="Opened", phone="555-1111", note="one\ntwo")
    url = reverse("customers:customer_update", args=[customer.pk])
    mine = sent_by(me.get(url))
    ann.post(url, {**mine, "name": "Hers", "phone": "555-2222", "why": "She married"})
    return customer, url, me.post(url, {**mine, "name": "Mine", "email": "mine@example.com", "why": "A call"})


def test_the_page_says_who_changed_what_when_and_why_beside_what_was_typed(me, ann):
    _customer, _url, page = three_names(me, ann)
    name, phone = page.context["form"].meanwhile.differences
    assert (name.label, name.opened, name.stored, name.typed, name.is_conflict) == (
        "Name",
        "Opened",
        "Hers",
        "Mine",
        True,
    )
    assert (phone.opened, phone.stored, phone.typed, phone.is_conflict) == ("555-1111", "555-2222", None, False)
    assert "Change Hers" in text_of(page)
    [act] = page.context["form"].meanwhile.acts
    assert (act.by.username, act.act, act.why) == ("ann", "Customer changed", "She married")
    assert "She married" in text_of(page)
    sent = sent_by(page)
    assert (sent["name"], sent["phone"], sent["email"]) == (["Mine"], ["555-2222"], ["mine@example.com"])
    assert (sent["keep-name"], sent["why"], sent["version"]) == (["mine"], ["A call"], ["2"])


@pytest.mark.parametrize(("keep", "name"), [("mine", "Mine"), ("theirs", "Hers"), ("nonsense", "Mine"), ("", "Mine")])
def test_what_the_person_chooses_is_saved(me, ann, keep, name):
    customer, url, page = three_names(me, ann)
    assert me.post(url, {**sent_by(page), "keep-name": keep}).status_code == 302
    customer.refresh_from_db()
    assert (customer.name, customer.phone, customer.email) == (name, "555-2222", "mine@example.com")


@pytest.mark.parametrize("keep", ["mine", "theirs"])
def test_a_third_edit_in_between_is_shown_or_kept_and_nothing_typed_is_lost(me, ann, keep):
    customer, url, page = three_names(me, ann)
    ann.post(url, {**sent_by(ann.get(url)), "name": "Third"})
    again = me.post(url, {**sent_by(page), "name": "Mine, longer", "keep-name": keep})
    customer.refresh_from_db()
    assert customer.name == "Third"
    if keep == "theirs":
        assert (again.status_code, customer.email) == (302, "mine@example.com")
        return
    [name] = again.context["form"].meanwhile.differences
    assert (name.opened, name.stored, name.typed) == ("Hers", "Third", "Mine, longer")
    assert sent_by(again)["email"] == ["mine@example.com"]
    me.post(url, sent_by(again))
    customer.refresh_from_db()
    assert (customer.name, customer.phone) == ("Mine, longer", "555-2222")


def test_what_no_form_shows_is_shown_too(me, ann):
    customer = make_customer(name="Opened")
    url = reverse("customers:customer_update", args=[customer.pk])
    mine = sent_by(me.get(url))
    ann.post(reverse("customers:customer_close", args=[customer.pk]), {"last_day": "2026-01-31"})
    page = me.post(url, {**mine, "name": "Mine"}, follow=True)
    assert "and that is kept too: Status, Closed on." in text_of(page)


def test_two_that_look_alike_are_told_apart(me, ann):
    """Words are for people: two locations may be written alike, and a latitude has more decimals than money."""
    location = make_location(latitude=Decimal("48.123400"))
    alike = [make_location(customer=location.customer) for _ in range(2)]
    url = reverse("customers:location_update", args=[location.pk])
    mine = sent_by(me.get(url))
    ann.post(url, {**mine, "latitude": "48.123500"})
    page = me.post(url, {**mine, "latitude": "48.123600"})
    assert page.context["form"].meanwhile.differences[0].stored == "48.123500"
    service = make_service(location=location)
    url = reverse("customers:service_update", args=[service.pk])
    mine = sent_by(me.get(url))
    ann.post(url, {**mine, "location": alike[0].pk})
    page = me.post(url, {**mine, "location": alike[1].pk})
    assert page.context["form"].meanwhile.has_conflicts
    service.refresh_from_db()
    assert service.location == alike[0]


def test_a_note_with_other_line_ends_was_not_changed_by_who_did_not_touch_it(me, ann):
    customer = make_customer(note="one\ntwo")
    url = reverse("customers:customer_update", args=[customer.pk])
    mine = {**sent_by(me.get(url)), "note": "one\r\ntwo"}
    ann.post(url, {**mine, "note": "three"})
    assert me.post(url, {**mine, "email": "mine@example.com"}).status_code == 302
    customer.refresh_from_db()
    assert (customer.note, customer.email) == ("three", "mine@example.com")


def test_what_two_changed_must_go_together(me, ann):
    plan_day = make_service(starts_on="2026-01-01")
    Service.objects.filter(pk=plan_day.pk).update(ends_on="2026-06-30")
    url = reverse("customers:service_update", args=[plan_day.pk])
    mine = sent_by(me.get(url))
    ann.post(reverse("customers:service_end", args=[plan_day.pk]), {"last_day": "2026-03-31"})
    page = me.post(url, {**mine, "starts_on": "2026-05-01"})
    assert page.status_code == 200
    assert page.context["form"].errors
    assert 'value="2026-05-01"' in text_of(page)
    assert "2026-03-31" in text_of(page)


@pytest.mark.parametrize("field", ["seen", "version", "keep-name", "why"])
@pytest.mark.parametrize("value", NAUGHTY)
def test_whatever_a_form_carries_back_it_overwrites_nothing_unseen(me, ann, field, value):
    customer = make_customer(name="Opened")
    url = reverse("customers:customer_update", args=[customer.pk])
    mine = sent_by(me.get(url))
    ann.post(url, {**mine, "name": "Hers"})
    page = me.post(url, {**mine, "name": "Mine", field: value})
    assert page.status_code == 200
    assert 'value="Mine"' in text_of(page)
    customer.refresh_from_db()
    assert customer.name == "Hers"


def test_what_was_seen_of_one_record_says_nothing_of_another(me):
    one, other = make_customer(name="One"), make_customer(name="Other")
    stolen = sent_by(me.get(reverse("customers:customer_update", args=[one.pk])))["seen"]
    url = reverse("customers:customer_update", args=[other.pk])
    Customer.objects.filter(pk=other.pk).update(version=2)
    page = me.post(url, {**sent_by(me.get(url)), "seen": stolen, "version": "1", "name": "Mine"})
    assert page.context["form"].meanwhile.differences[0].opened == ""
    forged = signing.dumps({"name": "Other"}, salt="customerflow.seen.customers.customer.0")
    page = me.post(url, {**sent_by(me.get(url)), "seen": forged, "version": "1", "name": "Mine"})
    assert page.context["form"].meanwhile.has_conflicts


def test_an_ordinary_save_does_not_look_for_what_colleagues_changed(me):
    customer = make_customer(name="Opened")
    url = reverse("customers:customer_update", args=[customer.pk])
    mine = sent_by(me.get(url))
    with CaptureQueriesContext(connection) as queries:
        assert me.post(url, {**mine, "name": "Mine"}).status_code == 302
    looked_up = [query["sql"] for query in queries if '"changes_change"."version"' in query["sql"]]
    assert looked_up == []


# --- The administration


def test_the_administration_shows_the_same_and_decides_the_same(me, ann):
    customer = make_customer(name="Opened", phone="555-1111")
    url = page_of(Customer, "change", customer.pk)
    mine = sent_by(me.get(url))
    ann.post(reverse("customers:customer_update", args=[customer.pk]), {**mine, "name": "Hers", "phone": "555-2222"})
    page = me.post(url, {**mine, "name": "Mine", "why": "A call"})
    assert "What was changed since you opened this page" in text_of(page)
    sent = sent_by(page)
    assert (sent["name"], sent["phone"], sent["keep-name"], sent["why"]) == (
        ["Mine"],
        ["555-2222"],
        ["mine"],
        ["A call"],
    )
    assert me.post(url, {**sent, "keep-name": "theirs", "note": "Called"}).status_code == 302
    customer.refresh_from_db()
    assert (customer.name, customer.phone, customer.note) == ("Hers", "555-2222", "Called")
    assert Change.objects.of(customer).latest("pk").change_set.why == "A call"


def test_the_administration_says_what_was_merged(me, ann):
    customer = make_customer(name="Opened")
    url = page_of(Customer, "change", customer.pk)
    mine = sent_by(me.get(url))
    ann.post(url, {**mine, "name": "Hers"})
    assert "that is kept too: Name." in text_of(me.post(url, {**mine, "note": "Called"}, follow=True))


def test_saving_a_form_does_not_bring_back_what_was_stored_before_it_waited_for_the_lock(monkeypatch, me):
    customer = make_customer(name="Ann")
    accept = UpdateScreen.accept

    def after_a_colleague(screen, form) -> bool:
        Customer.objects.filter(pk=customer.pk).update(
            status="closed", closed_on="2026-01-31", version=F("version") + 1
        )
        return accept(screen, form)

    url = f"/customers/{customer.pk}/edit/"
    sent = {**sent_by(me.get(url)), "name": "Bob"}
    monkeypatch.setattr(UpdateScreen, "accept", after_a_colleague)
    me.post(url, sent)
    stored = Customer.objects.get()
    assert (stored.name, stored.status, str(stored.closed_on)) == ("Bob", "closed", "2026-01-31")
