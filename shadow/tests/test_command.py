"""`manage.py shadow_billing`."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from shadow.models import ShadowRun
from shadow.tests.factories import make_opening_balance
from shadow.tests.test_running import subscriber

pytestmark = pytest.mark.django_db


def test_it_compares_again_and_again_and_says_what_it_found():
    make_opening_balance("30.00", customer=subscriber(there="30.00"))
    for _time in range(2):
        out = StringIO()
        call_command("shadow_billing", "Old", "2026-04-01", "--json", stdout=out)
        equal = {"customers": 1, "there": "30.00", "here": "30.00"}
        assert json.loads(out.getvalue()) == {"by_outcome": {"equal": equal}, "in_the_way": 0, "balances": 0}
    assert ShadowRun.objects.count() == 1


def test_it_fails_while_something_is_in_the_way_and_for_a_system_that_nobody_knows():
    subscriber("35.00", there="30.00")
    out = StringIO()
    with pytest.raises(CommandError, match="1 to be put right or accepted") as refusal:
        call_command("shadow_billing", "Old", "2026-04-01", stdout=out)
    assert refusal.value.returncode == 1
    assert out.getvalue() == "Differs: 1; there 30.00, here 35.00.\n"
    with pytest.raises(CommandError, match="Older is not one of the available choices") as refusal:
        call_command("shadow_billing", "Older", "2026-04-01")
    assert refusal.value.returncode == 2
