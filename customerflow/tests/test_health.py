"""What a load balancer is told."""

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder


def test_the_process_is_alive_without_a_database(client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_it_is_ready_when_the_schema_is_whole(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        response = client.get("/readyz")
    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_it_is_not_ready_while_a_migration_is_missing(client):
    last = MigrationRecorder.Migration.objects.filter(app="staff").latest("pk")
    last.delete()
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"migrations are missing")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("customers_customer_on_record_change", "customers_customer"),
        ("billing_invoice_stays_there", "billing_invoice"),
        ("billing_invoiceline_comes_with_it", "billing_invoiceline"),
    ],
)
def test_it_is_not_ready_while_a_trigger_is_missing(client, name: str, table: str):
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{name}"' + ("" if connection.vendor == "sqlite" else f' ON "{table}"'))
    response = client.get("/readyz")
    assert (response.status_code, response.content.split(b":")[0]) == (503, b"triggers are missing")


def test_it_is_not_ready_without_a_database(client, monkeypatch):
    def fail(recorder):
        raise OperationalError("connection refused at 10.0.0.7")

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", fail)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"no database")
