import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from customerflow import search
from customerflow.search import trigger_names
from customers.models import Customer
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db


def numbers(text):
    return sorted(Customer.objects.search(text).values_list("number", flat=True))


def check_index():
    """Let FTS5 compare its index with the table that it is the index of."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO customers_customer_search(customers_customer_search, rank) VALUES ('integrity-check', 1)"
            )


@pytest.fixture
def people():
    make_customer(number="00017", name="Luís Gonçalves", email="luis@example.com", phone="+1 212 555 0123")
    make_customer(number="A-9", name="Ana Łódź", phone="555-1234")
    make_customer(number="7", name="Wang Li")
    make_customer(number="8", name='O"Neil 100% _off_ (AND) OR *')


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("goncalves", ["00017"]),
        ("GONÇ", ["00017"]),
        ("calv luis", ["00017"]),
        ("luis wang", []),
        ("lis", []),
        ("example.com", ["00017"]),
        ("5550123", ["00017"]),
        ("555 0123", ["00017"]),
        ("+12125550123", ["00017"]),
        ("555-1234", ["A-9"]),
        ("5551234", ["A-9"]),
        ("łodz", ["A-9"]),
        ("0001", ["00017"]),
        ("wang li", ["7"]),
        ("li wang", ["7"]),
        ("7", ["7"]),
        ("wa", ["7"]),
        ("xy", []),
        ("   ", ["00017", "7", "8", "A-9"]),
    ],
)
def test_a_customer_is_found_by_any_part_of_what_is_known(text, found):
    assert numbers(text) == sorted(found)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('o"neil', ["8"]),
        ('"', []),
        ('""""', []),
        ('" OR *', []),
        ("100%", ["8"]),
        ("l%g", []),
        ("_off_", ["8"]),
        ("_____", []),
        ("(and)", ["8"]),
        ("luis AND goncalves", []),
        ("luis OR wang", []),
        ("NEAR(luis goncalves)", []),
        ("search_text:luis", []),
        ("luis*", []),
        ("^luis", []),
        ("-luis", []),
        ("'; DROP TABLE customers_customer; --", []),
        ("\\", []),
        ("\\\\\\", []),
        ("{{{", []),
        ("\x00", ["00017", "7", "8", "A-9"]),
        ("luis\x00goncalves", ["00017"]),
        ("ab\x00", []),
        ("😀😀😀", []),
        ("x" * 100_000, []),
        ("luis " * 50_000, ["00017"]),
        ("9" * 30, []),
        ("1 2 3", []),
    ],
)
def test_no_text_is_an_order_to_the_database(text, found):
    assert numbers(text) == sorted(found)


def test_the_index_follows_every_change():
    customer = make_customer(number="1", name="Before")
    customer.name = "After"
    customer.save()
    assert (numbers("before"), numbers("after")) == ([], ["1"])
    Customer.objects.filter(pk=customer.pk).update(search_text="by update")
    assert (numbers("after"), numbers("by update")) == ([], ["1"])
    Customer.objects.bulk_create([Customer(number=str(number), name="Bulk") for number in range(10, 13)])
    assert numbers("bulk") == ["10", "11", "12"]
    check_index()
    Customer.objects.filter(number__in=["1", "11"]).delete()
    assert (numbers("by update"), numbers("bulk")) == ([], ["10", "12"])
    check_index()


def test_a_search_looks_at_so_many_of_a_common_word_only(monkeypatch):
    monkeypatch.setattr(search, "MAX_MATCHES", 3)
    Customer.objects.bulk_create([Customer(number=str(number), name="Common") for number in range(5)])
    assert len(numbers("common")) == 3


def searchable_models():
    return [model for model in apps.get_models() if hasattr(model, search.COLUMN)]


def test_every_searchable_model_has_its_index():
    assert Customer in searchable_models()
    for model in searchable_models():
        table = model._meta.db_table
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
                assert trigger_names(table) <= {name for (name,) in cursor.fetchall()}
            else:
                cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [f"{table}_search"])
                assert "gin_trgm_ops" in cursor.fetchone()[0]


def test_a_search_reads_the_index_and_not_the_table():
    make_customer(name="Luís")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # So few rows are read whole, unless it is forbidden.
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Customer.objects.search("luis").order_by().explain()
    if connection.vendor == "sqlite":
        assert "customers_customer_search VIRTUAL TABLE INDEX" in plan
        assert "SCAN customers_customer\n" not in f"{plan}\n"
    else:
        assert "customers_customer_search" in plan
    plan = Customer.objects.search("lu").order_by().explain()
    assert "SCAN customers_customer\n" not in f"{plan}\n"
    assert "Seq Scan" not in plan


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps an index with its table")
@pytest.mark.django_db(transaction=True)
def test_lost_triggers_come_back_with_the_next_migrate():
    with connection.cursor() as cursor:
        for name in trigger_names("customers_customer"):
            cursor.execute(f'DROP TRIGGER "{name}"')
    make_customer(number="1", name="While it was lost")
    assert numbers("lost") == []
    call_command("migrate", verbosity=0)
    assert numbers("lost") == ["1"]
    make_customer(number="2", name="When it was back")
    assert numbers("back") == ["2"]
    check_index()
