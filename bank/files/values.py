"""Days and amounts as bank files write them."""

import re
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bank.files.content import refused
from customerflow.money import from_minor, to_minor

AMOUNT = re.compile(r"[+-]?(?:\d{1,13}(?:[.,]\d{0,5})?|[.,]\d{1,5})", re.ASCII)
DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)", re.ASCII)
# No bank books in other centuries, and no column of a database is meant for them.
FIRST_YEAR, LAST_YEAR = 1970, 2200


def amount_of(text: str, *, line: int, what: str) -> Decimal:
    """Return an amount that a program wrote, such as 1234.50; raises `FileRefusedError` for any other text."""
    text = text.strip()
    if not AMOUNT.fullmatch(text):
        raise refused(_("%(what)s: “%(text)s” is not an amount.") % {"what": what, "text": text[:40]}, line=line)
    try:
        # Zeros behind what the currency has say nothing: some banks write 10.00000.
        return from_minor(to_minor(Decimal(text.replace(",", ".")).normalize()))
    except ValidationError as error:
        raise refused(f"{what}: {' '.join(error.messages)}", line=line) from error


def day_of(text: str, *, line: int, what: str) -> date:
    """Return the day that a date or moment such as 2026-01-31T10:00:00 or 20260131100000 begins with."""
    found = DAY.match(text.strip())
    try:
        day = date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise refused(_("%(what)s: “%(text)s” is not a day.") % {"what": what, "text": text[:40]}, line=line)
    return day
