"""What the tests of this app share."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from billing import immutable
from billing.tests.factories import TODAY
from customerflow.loads.declaration import KINDS
from customerflow.loads.pipeline import load_files
from customerflow.loads.reports import Report
from customerflow.loads.terms import LoadFile, Policy
from customerflow.staff.roles import BILLING
from customerflow.staff.tests.factories import make_user


@pytest.fixture
def today(monkeypatch) -> date:
    """Make it the day on which the factories' payments come in, wherever the clock is read."""
    monkeypatch.setattr(timezone, "localdate", lambda *_: TODAY)
    return TODAY


@pytest.fixture
def unguarded(db) -> None:
    """Let a test plant on the books what the database's triggers refuse: see `billing.immutable`."""
    immutable.drop(connection)


@pytest.fixture
def clerk(db, client) -> Client:
    """Return a client logged in as someone of the group Billing."""
    client.force_login(make_user(BILLING), backend="customerflow.staff.backends.GroupsBackend")
    return client


@pytest.fixture
def load(db, tmp_path: Path) -> Callable[..., Report]:
    """Load texts, each as the kind that it is named by; with a number behind it there may be several of one."""

    def load(origin: str = "Old", skip: bool = False, **texts: str) -> Report:
        files = []
        for kind, text in texts.items():
            path = tmp_path / f"{kind}.csv"
            path.write_text(text)
            files.append(LoadFile(path, KINDS[kind.rstrip("0123456789").replace("_", " ")]))
        return load_files(files, Policy(skip_refused=skip), origin=origin)

    return load
