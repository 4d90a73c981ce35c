"""The temporary tables, and what a load leaves of them."""

import pytest
from django.db import connection

from customerflow.changes.scratch import roomy_cache
from customerflow.loads.staging import Stage
from customers.loads import CustomerLoad

pytestmark = pytest.mark.django_db


def test_the_tables_go_even_when_a_load_fails():
    stage = Stage(connection, CustomerLoad, 1)

    def fail():
        with stage.open(["number"]):
            stage.add([(1, 2, None, "A-1", *[""] * len(stage.derived))], [])
            assert stage.query(f"SELECT line, number FROM {stage.rows}") == [(2, "A-1")]
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    catalogue = "SELECT name FROM sqlite_temp_master" if stage.is_sqlite else "SELECT relname FROM pg_class"
    assert not [name for (name,) in stage.query(catalogue) if name.startswith("load_1_")]


def test_the_cache_is_as_it_was_after_a_load():
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has a cache of the connection")
    with connection.cursor() as cursor:
        before = cursor.execute("PRAGMA cache_size").fetchone()
        with roomy_cache():
            assert cursor.execute("PRAGMA cache_size").fetchone() != before
        assert cursor.execute("PRAGMA cache_size").fetchone() == before
