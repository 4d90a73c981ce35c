"""What the database itself refuses, whoever writes."""

import pytest
from django.db import DatabaseError, transaction

from tickets.models import TicketType

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("fields", [{"code": ""}, {"name": "x" * 101}, {"default_priority": "5_someday"}])
def test_a_ticket_type_that_cannot_be(fields):
    with pytest.raises(DatabaseError), transaction.atomic():
        TicketType.objects.bulk_create([TicketType(**{"code": "1", "name": "Good", **fields})])
