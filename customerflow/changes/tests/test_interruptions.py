"""A change set is all there or not there at all, wherever the program that writes it is killed."""

import os
import random
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Count

from customerflow.changes.models import Change, ChangeCount, ChangeSet
from customers.models import Customer, Location

KILLS = 6


def address_of_database() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    parts = connection.settings_dict
    return f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT']}/{name}"


@pytest.mark.django_db(transaction=True)
def test_a_change_set_is_whole_or_absent_after_kill_minus_nine():
    program = [sys.executable, "-m", "customerflow.changes.tests.acting"]
    environment = os.environ | {"DATABASE_URL": address_of_database()}
    chance = random.Random(9)
    finished = 0
    for run in range(KILLS):
        process = subprocess.Popen(  # noqa: S603
            [*program, str(run)], env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True
        )
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        finished += len(process.communicate()[0].split()) + 1
    sets = ChangeSet.objects.filter(act="Act")
    # The last act of each run may have been committed without a word.
    assert finished <= sets.count() <= finished + KILLS
    assert not ChangeSet.objects.exclude(act="Act").exists()
    assert set(sets.annotate(number=Count("changes")).values_list("number", flat=True)) == {41}
    assert not Change.objects.exclude(change_set__in=sets).exists()
    assert ChangeCount.objects.count() == 3 * sets.count()
    assert (Customer.objects.count(), Location.objects.count()) == (20 * sets.count(), 20 * sets.count())
