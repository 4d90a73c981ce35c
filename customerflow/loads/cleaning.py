"""
How the cells of a file become values of a record: the same checks as in the forms.

A cleaner takes the text of one cell and returns the value that the database stores. It raises `ValidationError` with
what would be accepted. None stands for "not given": a new record gets the default, a record that is there keeps what
it has.
"""

import re
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from customerflow.formulas import unguard
from customerflow.text import normalise, refuse_unfit

Cleaner = Callable[[str], object]

WHOLE = re.compile("[0-9]{1,9}")
YES = frozenset({"yes", "true", "1", "y"})
NO = frozenset({"no", "false", "0", "n"})


def clean_text(cell: str) -> str:
    """Return the text that a cell stands for: no guard against formulas, composed, trimmed."""
    value = normalise(unguard(cell.strip()))
    refuse_unfit(value)
    return value


def text(longest: int, *, required: bool = False, several_lines: bool = False) -> Cleaner:
    """Return the cleaner of a text of at most `longest` characters."""

    def clean(cell: str) -> str:
        value = clean_text(cell)
        if not value and required:
            raise ValidationError(_("It is missing."), code="required")
        if len(value) > longest:
            raise ValidationError(
                _("It has %(length)d characters; %(longest)d are allowed."),
                code="max_length",
                params={"length": len(value), "longest": longest},
            )
        refuse_unfit(value, several_lines=several_lines)
        return value

    return clean


def whole_number(least: int, most: int) -> Cleaner:
    """Return the cleaner of a whole number from `least` to `most`, written in the digits 0 to 9; blank is not given."""

    def clean(cell: str) -> int | None:
        value = clean_text(cell)
        if not value:
            return None
        if not WHOLE.fullmatch(value) or not least <= int(value) <= most:
            raise ValidationError(
                _("It must be a whole number from %(least)d to %(most)d."), params={"least": least, "most": most}
            )
        return int(value)

    return clean


def yes_or_no(cell: str) -> bool | None:
    """Return whether a cell says yes; blank is not given."""
    value = clean_text(cell).casefold()
    if value and value not in YES | NO:
        raise ValidationError(_("It must be yes or no."))
    return value in YES if value else None
