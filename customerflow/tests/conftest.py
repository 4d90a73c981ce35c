"""What several tests of the whole product stand on."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from customerflow.tests.pages import make_one_of_each


@pytest.fixture(scope="class")
def one_of_each(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """A record of every kind, made once for all tests of a class; each takes back what it does to them."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_one_of_each()
        yield
        transaction.set_rollback(True)
