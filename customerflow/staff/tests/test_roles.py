"""The table of roles, as people read it and as the software has it."""

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission

from customerflow.staff.roles import ACTIONS, ADMINISTRATOR, GROUPS, TABLE, USE_ADMINISTRATION, permissions_of
from customerflow.staff.tests.factories import make_user_with

ROW = re.compile(r"^\| `([a-z_.]+)` \|(.*)\|$", re.MULTILINE)
BOOKS = ("billing.invoice", "billing.invoiceline", "billing.payment", "billing.allocation", "customers.pricechange")


def test_the_documents_show_the_table():
    text = (settings.BASE_DIR / "docs" / "domain.md").read_text()
    shown = {name: tuple(cell.strip(" –") for cell in cells.split("|")) for name, cells in ROW.findall(text)}
    assert shown == TABLE
    assert f"| | {' | '.join(GROUPS)} |" in text


def test_nobody_deletes_what_is_on_the_books():
    assert [(name, group) for name in BOOKS for group in TABLE[name] if "d" in group] == []


def test_only_administrators_manage_staff():
    for group in GROUPS:
        rights = {right for right in permissions_of(group) if right.startswith(("staff.", "auth."))}
        assert bool(rights) == (USE_ADMINISTRATION in rights) == (group == ADMINISTRATOR)


def test_who_may_do_something_to_a_record_may_see_it():
    assert [row for row in TABLE.values() for letters in row if letters and "v" not in letters] == []
    assert {letter for row in TABLE.values() for letters in row for letter in letters} <= ACTIONS.keys()


@pytest.mark.django_db
def test_what_staff_may_do_follows_from_their_groups_alone():
    user = make_user_with("view_customer")
    user.user_permissions.add(Permission.objects.get(codename="delete_customer"))
    assert user.get_all_permissions() == {"customers.view_customer"}
