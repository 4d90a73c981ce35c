"""What the tests of this app's screens share."""

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from billing.tests.factories import TODAY
from customerflow.staff.roles import BILLING
from customerflow.staff.tests.factories import make_user


@pytest.fixture
def today(monkeypatch) -> date:
    """Make it the day on which the factories' payments come in, wherever the clock is read."""
    monkeypatch.setattr(timezone, "localdate", lambda *_: TODAY)
    return TODAY


@pytest.fixture
def clerk(db, client) -> Client:
    """Return a client logged in as someone of the group Billing."""
    client.force_login(make_user(BILLING), backend="django.contrib.auth.backends.ModelBackend")
    return client
