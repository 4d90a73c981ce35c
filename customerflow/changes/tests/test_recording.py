"""Every change is on record: who, when, through what, why, and what it was before and after."""

import ast
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.test import Client

from billing import immutable
from billing.periods import triggers
from customerflow.changes.images import values_of
from customerflow.changes.models import Change, ChangeSet
from customerflow.changes.recording import recorded, recording
from customerflow.changes.tracked import tracked_fields, tracked_models
from customerflow.changes.triggers import install, missing_triggers
from customerflow.staff.roles import SUPPORT
from customerflow.staff.tests.factories import make_user
from customerflow.tests.pages import make_one_of_each
from customers.models import Customer
from customers.registration import register_customer
from customers.tests.factories import make_customer, make_location, make_service

pytestmark = pytest.mark.django_db
KEPT = {model.__name__ for model in tracked_models()}


def newest() -> ChangeSet:
    return ChangeSet.objects.latest("pk")


def changes_of(change_set: ChangeSet) -> list[tuple[str, str]]:
    return list(change_set.changes.values_list("kind", "action"))


def test_every_kind_of_record_that_staff_keep_is_on_record():
    assert {"Customer", "Location", "Service", "PriceChange", "Equipment", "Invoice", "Payment", "Ticket"} <= KEPT
    assert not KEPT & {"Change", "ChangeSet", "ChangeCount", "CurrentRecording", "NumberSeries"}


def test_plain_sql_is_written_down_for_every_kind_of_record():
    make_one_of_each()
    make_user(SUPPORT).user_permissions.add(Permission.objects.first())
    # Nothing is deleted from the books; if it were, it would be on record.
    immutable.drop(connection)
    triggers.drop(connection)
    wrong = {}
    for model in tracked_models():
        record = model._base_manager.latest("pk")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'DELETE FROM "{model._meta.db_table}" WHERE id = %s', [record.pk])
            change = Change.objects.of(record).latest("pk")
            transaction.set_rollback(True)
        kept = (change.action, values_of(model, change.old))
        if kept != (Change.Action.DELETE, values_in(record)):
            wrong[model._meta.label] = kept
    assert wrong == {}


def test_what_is_written_down_is_exactly_what_was_stored():
    # What an installation begins with is no act.
    from_the_beginning = {model: set(model._base_manager.values_list("pk", flat=True)) for model in tracked_models()}
    make_one_of_each()
    make_user(SUPPORT).user_permissions.add(Permission.objects.first())
    wrong = {}
    for model, known in from_the_beginning.items():
        records = model._base_manager.exclude(pk__in=known)
        assert records, model
        for record in records:
            stored: dict[str, object] = {}
            for change in Change.objects.of(record).order_by("pk"):
                stored |= values_of(model, change.new)
            if stored != values_in(record):
                wrong[record._meta.label, record.pk] = stored
    assert wrong == {}


def values_in(record: models.Model) -> dict[str, object]:
    """Return what the database holds of a record, as far as its changes are kept."""
    return {field.attname: getattr(record, field.attname) for field in tracked_fields(type(record))}


def test_a_bulk_insert_an_update_and_a_cascade_are_on_record():
    with recording("Three ways") as record:
        Customer.objects.bulk_create([Customer(number=f"B-{n}", name="Ann") for n in range(3)])
        Customer.objects.filter(number="B-1").update(note="x")
        make_location(customer=Customer.objects.get(number="B-2"))
        Customer.objects.filter(number="B-2").delete()
    counts = {(each.kind, each.action): each.number for each in record.change_set.counts.all()}
    assert counts == {
        ("customers.customer", "create"): 3,
        ("customers.customer", "change"): 1,
        ("customers.customer", "delete"): 1,
        ("customers.location", "create"): 1,
        ("customers.location", "delete"): 1,
    }


def test_of_a_change_only_what_changed_is_kept():
    customer = make_customer(name="Ann", note="")
    customer.name = '安妮 O\'Neil "quoted" \\ \U0001f600'
    customer.version += 1
    customer.save()
    change = Change.objects.of(customer).latest("pk")
    assert (change.old, change.new, change.version) == ({"name": "Ann"}, {"name": customer.name}, 2)


def test_saving_without_a_change_keeps_nothing():
    customer = make_customer()
    count = ChangeSet.objects.count()
    with recording("Saved again") as record:
        customer.version += 1
        customer.save()
    assert (record.change_set, ChangeSet.objects.count()) == (None, count)


def test_an_act_inside_another_belongs_to_it():
    @recorded("Inner")
    def inner() -> None:
        make_customer()

    with recording("Outer") as record:
        inner()
        inner()
    assert record.change_set.act == "Outer"
    assert changes_of(record.change_set) == [("customers.customer", "create")] * 2


def test_nothing_is_kept_of_an_act_that_fails():
    count = ChangeSet.objects.count()

    @recorded("Fails")
    def fail() -> None:
        make_customer()
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert (ChangeSet.objects.count(), Change.objects.count()) == (count, 0)
    make_customer()
    assert newest().through == ChangeSet.Through.DIRECT


def test_what_fails_inside_an_act_and_is_caught_leaves_no_trace():
    with recording("Half") as record:
        make_customer(number="1")
        with suppress(IntegrityError), transaction.atomic():
            make_customer(number="2")
            make_customer(number="1")
    assert [change.new["number"] for change in record.change_set.changes.all()] == ["1"]


def test_a_write_past_the_product_is_on_record_as_such():
    with connection.cursor() as cursor:
        make_customer(number="7")
        cursor.execute("UPDATE customers_customer SET note = 'by hand' WHERE number = '7'")
    change_set = newest()
    assert (change_set.through, change_set.by) == (ChangeSet.Through.DIRECT, None)
    assert change_set.changes.get().new == {"note": "by hand"}


def test_a_form_says_who_through_what_in_which_request_and_why(client: Client):
    agent = make_user(SUPPORT)
    client.force_login(agent)
    customer = make_customer(name="Ann")
    page = f"/customers/{customer.pk}/edit/"
    fields = {"name": "Bob", "number": customer.number, "billing_day": 1, "payment_terms": 14, "version": 1}
    response = client.post(page, fields | {"why": " misspelt\x00 "}, headers={"X-Request-ID": "abc-1"})
    change_set = newest()
    assert (change_set.by, change_set.through, change_set.why) == (agent, ChangeSet.Through.SCREEN, "misspelt")
    assert (change_set.request_id, response.headers["X-Request-ID"]) == ("abc-1", "abc-1")
    assert change_set.act == "Customer changed"


def test_a_request_that_gives_itself_a_strange_number_gets_another(client: Client):
    number = client.get("/healthz", headers={"X-Request-ID": "a b\tc"}).headers["X-Request-ID"]
    assert len(number) == 32


def test_commands_are_on_record_under_their_names():
    call_command("import_ids", verbosity=0)
    load = newest()
    assert (load.through, load.act) == (ChangeSet.Through.LOAD, "Load")
    service = make_service(cost=Decimal("10.00"))
    service.price_changes.create(cost=Decimal("12.00"), effective_on=date(2026, 12, 1))
    call_command("daily", on="2026-12-01", verbosity=0)
    daily = ChangeSet.objects.filter(through=ChangeSet.Through.COMMAND).latest("pk")
    assert ("customers.service", "change") in changes_of(daily)


def test_an_act_called_twice_makes_two_change_sets():
    register_customer(customer=Customer(name="Ann"))
    register_customer(customer=Customer(name="Bob"))
    assert [len(changes_of(change_set)) for change_set in ChangeSet.objects.all()] == [1, 1]


def test_a_missing_trigger_is_noticed_and_put_back():
    name = "customers_customer_on_record_delete"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{name}"' + ("" if connection.vendor == "sqlite" else " ON customers_customer"))
    assert missing_triggers(connection) == [name]
    install(sender=type("App", (), {"name": "customerflow.changes"}), using="default", plan=[])
    assert missing_triggers(connection) == []


def decorators(path: Path) -> list[str]:
    return [
        f"{path.name}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if ast.unparse(decorator) == "transaction.atomic"
    ]


def test_every_act_is_a_change_set_of_its_own_not_only_a_transaction(tmp_path: Path):
    apps = [settings.BASE_DIR / app for app in ("customers", "billing", "tickets")]
    assert [found for app in apps for path in app.rglob("*.py") for found in decorators(path)] == []
    planted = tmp_path / "acts.py"
    planted.write_text("@transaction.atomic\ndef act(): ...\n")
    assert decorators(planted) == ["acts.py:2"]
