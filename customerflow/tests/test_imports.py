"""Imports point one way, and none hides in a function."""

import tomllib
from pathlib import Path

import pytest
from django.conf import settings

from customerflow.tests.imports import MAY_IMPORT, PRODUCT, offences

APPS = ["customers", "billing", "dunning", "suspensions", "bank", "reports", "shadow", "tickets", "visits", "incidents"]


def test_imports_point_one_way():
    assert offences(settings.BASE_DIR) == []


@pytest.mark.parametrize(
    ("name", "source", "offence"),
    [
        ("billing/views.py", "from tickets.models import Ticket", "billing may not import tickets.models"),
        ("tickets/views.py", "import billing.models", "tickets may not import billing.models"),
        ("customers/views.py", "from billing import views", "customers may not import billing.views"),
        ("customers/views.py", "from customerflow.hub.views import Home", "customers may not import customerflow.hub"),
        ("customers/views.py", "from customerflow import hub", "customers may not import customerflow.hub"),
        ("customers/views.py", "from customerflow.settings import DEBUG", "may not import customerflow.settings"),
        ("customerflow/money.py", "from customerflow.crud import crud", "may not import customerflow.crud"),
        ("customerflow/money.py", "from .staff import models", "may not import customerflow.staff"),
        ("customerflow/loads/models.py", "from customers.models import Customer", "may not import customers.models"),
        ("customerflow/staff/views.py", "from ...customers import models", "may not import customers"),
        ("customerflow/staff/views.py", "from ..hub import views", "may not import customerflow.hub"),
        ("billing/tests/test_views.py", "def test():\n    import json", "import inside of test()"),
        ("billing/views.py", "def view():\n    import json", "import inside of view()"),
        ("billing/views.py", "class View:\n    async def get(self):\n        import json", "import inside of get()"),
        ("billing/views.py", "if True:\n    from tickets.models import Ticket", "may not import tickets.models"),
        ("customerflow/new.py", "", "no part of the product"),
        ("new/views.py", "", "no part of the product"),
    ],
)
def test_a_planted_offence_is_found(tmp_path: Path, name: str, source: str, offence: str):
    write(tmp_path / name, source)
    (found,) = offences(tmp_path)
    assert offence in found


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("billing/views.py", "from customers.models import Customer\nfrom customerflow.money import round_money"),
        ("billing/models/payment.py", "from .invoice import Invoice\nfrom ..acts import issue"),
        ("customerflow/hub/views.py", "import billing.models, tickets.models, customers.models"),
        ("billing/tests/test_views.py", "from tickets.tests.factories import make_ticket"),
        ("customers/apps.py", "def ready():\n    from customers import checks"),
        (".venv/lib/django.py", "def hidden():\n    import json"),
    ],
)
def test_what_is_allowed_is_not_an_offence(tmp_path: Path, name: str, source: str):
    write(tmp_path / name, source)
    assert offences(tmp_path) == []


def test_no_two_apps_import_each_other():
    pairs = [(one, other) for one in APPS for other in APPS if one in MAY_IMPORT[other] and other in MAY_IMPORT[one]]
    assert pairs == []


def write(path: Path, source: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)


def test_the_tests_of_every_part_are_run():
    said = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert set(said["testpaths"]) == PRODUCT | {"benchmarks"}
