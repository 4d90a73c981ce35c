"""What can be noticed in a column of a file, and how it is said: once, with an example."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

from customerflow.loads.refusals import shorten

WORDS: dict[str, str | Promise] = {
    "scientific": gettext_lazy(
        "Excel wrote long numbers in short, and their digits are lost. Make the column a column of text where the file "
        "comes from, and export it again."
    ),
    "zeros": gettext_lazy("codes seem to have lost a zero at the beginning, as Excel takes them for numbers."),
    "stored zeros": gettext_lazy(
        "there are records with this number and zeros before it. Spreadsheets leave them out; these rows would be new "
        "records."
    ),
    "referred zeros": gettext_lazy(
        "there are records with this number and zeros before it. Spreadsheets leave them out: make it a column of text."
    ),
    "rounded": gettext_lazy(
        "numbers of more than 15 digits end with zeros. Spreadsheets keep no more than 15 digits of a number, and the "
        "others are lost. Make the column a column of text where the file comes from, and export it again."
    ),
    "phone zeros": gettext_lazy(
        "phone numbers seem to have lost the zero that others begin with, as Excel takes digits for amounts."
    ),
    "turned": gettext_lazy("a spreadsheet may have made dates of what were none."),
    "order": gettext_lazy("dates are written in another order of day and month than the others. Which is meant?"),
    "dmy": gettext_lazy(
        "the day stands before the month. Say so, with --date-order dmy or where it is asked how the file is read."
    ),
    "mdy": gettext_lazy(
        "the month stands before the day. Say so, with --date-order mdy or where it is asked how the file is read."
    ),
    "ymd": gettext_lazy(
        "the year stands first. Say so, with --date-order ymd or where it is asked how the file is read."
    ),
    "unordered": gettext_lazy(
        "it cannot be told from them which is the day and which the month. Say it, with --date-order dmy or mdy, or "
        "where it is asked how the file is read."
    ),
    "orders": gettext_lazy(
        "in some the day stands before the month and in some behind it, so that nobody can tell which is meant. Export "
        "the file again with dates like 2026-01-31."
    ),
    "mixed": gettext_lazy(
        "dates are written in two ways. Spreadsheets do so to those that they understood, and may have exchanged day "
        "and month in them."
    ),
    "cut": gettext_lazy("texts end at the same length, and none is longer: a program may have cut them off."),
    "misread": gettext_lazy(
        "texts have signs of a wrong encoding. Look whether they are right; if not, say in which encoding the file is, "
        "or export it again."
    ),
    "refused placeholder": gettext_lazy(
        "texts stand for an empty cell in other programs. Empty them, or say in a profile what such a text stands for."
    ),
    "placeholder": gettext_lazy("texts stand for an empty cell in other programs; here they are kept as they are."),
}


@dataclass
class Noticed:
    """One kind of damage in one column: how often, and an example."""

    line: int
    value: str
    count: int = 0


def in_words(heading: str, kind: str, found: Noticed) -> str:
    """Return what was noticed in a column."""
    return ngettext(
        "%(column)s: %(count)d cell, “%(value)s” in line %(line)d: %(words)s",
        "%(column)s: %(count)d cells, such as “%(value)s” in line %(line)d: %(words)s",
        found.count,
    ) % {
        "column": heading,
        "count": found.count,
        "value": shorten(found.value),
        "line": found.line,
        "words": WORDS[kind],
    }
