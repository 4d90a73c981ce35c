"""Which column of a file is which: headings matched without regard to case, spaces and underscores."""

import difflib
import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from customerflow.loads.declaration import Column
from customerflow.loads.refusals import FileRefusedError, shorten

IGNORED_SIGNS = re.compile(r"[\s_]+")
# The column of a rejects file that says what is wrong with a row; a corrected file may keep it.
WHY = "why"
MOST_UNKNOWN = 5


def plain(heading: str) -> str:
    """Return `heading` in the form by which headings are compared."""
    return IGNORED_SIGNS.sub("", heading).casefold()


def accepted(columns: Iterable[Column]) -> dict[str, Column]:
    """Return the columns by every heading they are accepted under, in plain form."""
    return {plain(name): column for column in columns for name in (column.heading, *column.aliases)}


def match(
    found: list[str], columns: tuple[Column, ...], ignore: Iterable[str], *, line: int, is_enough: bool = False
) -> list[Column | None]:
    """
    Return, for each heading of a file, the column that it names; None for one that is not wanted.

    Where nothing is recognised the line is no line of headings, unless what is known already `is_enough`. Raises
    `FileRefusedError` that names every unknown, missing and doubled column of `line`.
    """
    known = accepted(columns)
    unwanted = {plain(name) for name in ignore} | {WHY}
    matched = [None if plain(name) in unwanted else known.get(plain(name)) for name in found]
    if not any(matched) and not is_enough:
        names = ", ".join(column.heading for column in columns if column.is_required)
        reason = _("no known heading is in this line. Expected are %(names)s.") % {"names": names}
        raise FileRefusedError(reason, line=line, value=shorten(", ".join(found)))
    problems = [
        _unknown(name, position, known, columns)
        for position, (name, column) in enumerate(zip(found, matched, strict=True), 1)
        if column is None and plain(name) not in unwanted
    ]
    if len(problems) > MOST_UNKNOWN:
        count = len(problems) - MOST_UNKNOWN
        problems[MOST_UNKNOWN:] = [_("%(count)d more unknown columns") % {"count": count}]
    for column in columns:
        places = [str(position) for position, other in enumerate(matched, 1) if other is column]
        if len(places) > 1:
            problems.append(
                _("the column %(name)s is there twice: columns %(places)s")
                % {"name": column.heading, "places": ", ".join(places)}
            )
        elif not places and column.is_required:
            problems.append(_missing(column, unwanted))
    if problems:
        raise FileRefusedError(f"{'; '.join(problems)}.", line=line)
    return matched


def _unknown(name: str, position: int, known: dict[str, Column], columns: tuple[Column, ...]) -> str:
    if not name.strip():
        return _("column %(position)d has no heading (leave it out with --ignore '')") % {"position": position}
    nearest = difflib.get_close_matches(plain(name), known, n=1)
    if nearest:
        hint = _("did you mean %(nearest)s?") % {"nearest": known[nearest[0]].heading}
    else:
        hint = _("known are %(known)s") % {"known": ", ".join(column.heading for column in columns)}
    return _("unknown column “%(name)s”: %(hint)s (leave it out with --ignore “%(name)s”)") % {
        "name": shorten(name),
        "hint": hint,
    }


def _missing(column: Column, unwanted: set[str]) -> str:
    if plain(column.heading) in unwanted:
        return _("the column %(name)s is needed and cannot be ignored") % {"name": column.heading}
    return _("the column %(name)s is missing") % {"name": column.heading}
