"""Opening balances are loaded as everything else is."""

from decimal import Decimal
from pathlib import Path

import pytest

from customerflow.loads.declaration import KINDS
from customerflow.loads.pipeline import load_files
from customerflow.loads.terms import LoadFile, Policy
from customers.tests.factories import make_customer
from shadow.models import OpeningBalance

pytestmark = pytest.mark.django_db


def load(tmp_path: Path, text: str):
    path = tmp_path / "balances.csv"
    path.write_text(text)
    return load_files([LoadFile(path, KINDS["opening balances"])], Policy(), origin="Old")


def test_balances_are_loaded_and_loading_them_again_changes_what_is_different(tmp_path):
    make_customer(number="7")
    make_customer(number="8")
    assert load(tmp_path, "Customer,Balance\n7,30.00\n8,-5.00\n").is_accepted
    assert load(tmp_path, "Customer,Balance\n7,31.00\n8,-5.00\n").is_accepted
    rows = OpeningBalance.objects.order_by("customer__number").values_list("origin", "balance")
    assert list(rows) == [("Old", Decimal(31)), ("Old", Decimal(-5))]


def test_a_customer_whom_nobody_knows_is_refused(tmp_path):
    assert not load(tmp_path, "Customer,Balance\n7,30.00\n").is_accepted
    assert not OpeningBalance.objects.exists()
