"""Changes in words: every kind of field, every script, records that are gone, software that has changed."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.tests.factories import make_invoice
from customerflow.changes.models import Change
from customerflow.changes.tracked import tracked_models
from customerflow.history.names import Names
from customerflow.history.words import in_words
from customerflow.staff.tests.factories import make_user
from customerflow.tests.pages import make_one_of_each
from customers.models import Customer
from customers.tests.factories import (
    make_customer,
    make_equipment,
    make_location,
    make_plan,
    make_service,
)
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make_user(is_superuser=True)


def changed(record, user, **fields) -> dict[str, tuple]:
    """Change a record, and return what is said of it: label -> (old, new)."""
    for name, value in fields.items():
        setattr(record, name, value)
    record.save()
    (told,) = in_words([Change.objects.latest("pk")], user)
    return {column.label: (column.old, column.new) for column in told.columns}


def texts(columns: dict[str, tuple]) -> dict[str, tuple[str, str]]:
    return {label: (old.text, new.text) for label, (old, new) in columns.items()}


def test_choices_days_truths_and_texts_are_said_as_people_read_them(admin):
    customer = make_customer(name="Ann", is_tax_exempt=False, billing_day=1)
    said = changed(
        customer,
        admin,
        name="Ann Lee",
        status=Customer.Status.CLOSED,
        closed_on=date(2026, 3, 1),
        is_tax_exempt=True,
        billing_day=15,
    )
    assert texts(said) == {
        "Name": ("Ann", "Ann Lee"),
        "Status": ("Active", "Closed"),
        "Closed on": ("", "2026-03-01"),
        "Tax exempt": ("No", "Yes"),
        "Billing day": ("1", "15"),
    }


def test_money_has_its_decimals_and_its_currency_and_a_position_all_its_digits(admin):
    unit = make_equipment(cost=Decimal("1089.00"))
    assert texts(changed(unit, admin, cost=Decimal("1234.50"))) == {"Cost": ("1,089.00 USD", "1,234.50 USD")}
    location = make_location(latitude=None)
    assert texts(changed(location, admin, latitude=Decimal("48.208174"))) == {"Latitude": ("", "48.208174")}


def test_a_moment_is_said_in_the_operators_time(admin):
    make_ticket(at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    ticket_added = Change.objects.filter(kind="tickets.ticket").latest("pk")
    with timezone.override("America/New_York"):
        (told,) = in_words([ticket_added], admin)
    assert {column.label: column.new.text for column in told.columns}["Opened at"] == "2026-03-02 04:30"


def test_a_record_that_a_field_points_at_is_named_and_linked(admin):
    old, new = make_plan(name="Copper"), make_plan(name="Fibre")
    service = make_service(plan=old)
    was, became = changed(service, admin, plan=new)["Plan"]
    assert (was.text, was.url) == ("Copper", old.get_absolute_url())
    assert (became.text, became.url) == ("Fibre", new.get_absolute_url())
    assert changed(service, admin, plan=None)["Plan"][1].text == ""


def test_a_record_that_a_field_pointed_at_keeps_its_name_when_it_is_removed(admin):
    location = make_location(label="Shop", address="1 High St")
    unit = make_equipment(location=location)
    said = changed(unit, admin, location=None, status="in_stock")
    assert said["Location"][0].url
    name = str(location)
    unit.installations.all().delete()
    location.delete()
    (told,) = in_words([Change.objects.filter(kind="customers.equipment").latest("pk")], admin)
    was = {column.label: column.old for column in told.columns}["Location"]
    assert (was.text, was.url, was.is_removed) == (name, "", True)


def test_a_removed_record_is_said_with_its_last_name_and_what_it_held(admin):
    customer = make_customer(number="77", name="Ann")
    customer.name = "Ann Lee"
    customer.save()
    customer.delete()
    created, renamed, removed = in_words(Change.objects.filter(kind="customers.customer").order_by("pk"), admin)
    assert {told.record.text for told in (created, renamed, removed)} == {"Ann Lee (77)"}
    assert all(told.record.is_removed and not told.record.url for told in (created, renamed, removed))
    assert {column.label: column.old.text for column in removed.columns}["Name"] == "Ann Lee"
    assert {column.label: column.new.text for column in created.columns}["Name"] == "Ann"
    assert "Note" not in {column.label for column in created.columns}


def test_a_removed_record_whose_name_is_made_of_others_is_said_by_its_number(admin):
    service = make_service()
    (price,) = service.price_changes.all()
    price_id = price.pk
    service.delete()
    told = in_words(Change.objects.filter(kind="customers.pricechange", action="delete"), admin)
    assert [each.record.text for each in told] == [f"#{price_id}"]


def test_names_of_what_a_person_may_not_see_are_no_links():
    invoice = make_invoice()
    technician = make_user("Technician")
    key = ("billing.invoice", invoice.pk)
    assert Names([key], technician).of(*key).url == ""
    assert Names([key], make_user("Billing")).of(*key).url == invoice.get_absolute_url()


def test_a_kind_and_a_column_that_the_software_has_no_more_are_said_as_they_were(admin):
    change_set = Change.objects.filter(record_id=make_customer().pk).latest("pk").change_set
    gone = Change(change_set=change_set, kind="radio.mast", record_id=5, action="create", after='{"height": 12.5}')
    strange = Change(
        change_set=change_set,
        kind="customers.customer",
        record_id=987,
        action="change",
        before='{"fax": "12", "closed_on": "soon"}',
        after='{"fax": null, "closed_on": null}',
    )
    mast, customer = in_words([gone, strange], admin)
    assert (mast.kind, mast.record.text) == ("Radio.mast", "#5")
    assert [(column.label, column.new.text) for column in mast.columns] == [("height", "12.5")]
    said = {column.label: (column.old.text, column.new.text) for column in customer.columns}
    assert said == {"fax": ("12", ""), "Closed on": ("soon", "")}
    assert customer.record.text == "#987"


def test_an_image_that_is_damaged_by_another_version_still_has_a_name(admin):
    change_set = Change.objects.filter(record_id=make_customer().pk).latest("pk").change_set
    damaged = Change.objects.create(
        change_set=change_set, kind="billing.payment", record_id=55, action="delete", before='{"amount": null}'
    )
    (told,) = in_words([damaged], admin)
    assert told.record.text.endswith("#55")


def test_records_of_a_kind_are_named_in_one_query_whatever_their_names_are_made_of(admin, django_assert_num_queries):
    make_one_of_each()
    make_user("Support").user_permissions.add(Permission.objects.first())
    for model in tracked_models():
        keys = [(model._meta.label_lower, key) for key in model._base_manager.values_list("pk", flat=True)]
        assert keys, model
        with django_assert_num_queries(1, info=model._meta.label):
            names = Names(keys, admin)
            assert all(names.of(*key).text and not names.of(*key).is_removed for key in keys), model


@settings(max_examples=50)
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=50))
def test_text_of_any_script_is_said_as_it_was_typed(text):
    customer = make_customer(note="")
    assert texts(changed(customer, make_user(is_superuser=True), note=text)) == {"Note": ("", text)}
