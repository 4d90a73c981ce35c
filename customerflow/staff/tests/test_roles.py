"""The table of roles, as people read it and as the software has it."""

import re

from django.conf import settings

from customerflow.staff.roles import ACTIONS, ADMINISTRATOR, GROUPS, TABLE, USE_ADMINISTRATION, permissions_of

ROW = re.compile(r"^\| `([a-z.]+)` \|(.*)\|$", re.MULTILINE)
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
