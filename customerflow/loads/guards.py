"""
What is noticed in a file besides its single cells: columns that hold something else, and what programs did to them.

A column that holds something else is said once, as the refusal of the file, and not for each of its cells.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.loads.damage import PLACEHOLDERS, Damage
from customerflow.loads.declaration import Column, Reference
from customerflow.loads.noticed import WORDS
from customerflow.loads.refusals import FileRefusedError, shorten
from customerflow.loads.staging import OWN, Stage, refusal

# Two columns count as swapped when each would be right in the other in this share of the rows, and in more than one.
SWAPPED_SHARE = 0.5
# A column holds something else when more than this share of its cells, and at least so many, are refused ...
WRONG_SHARE, LEAST_WRONG = 0.5, 5
# ... and so many of those are of one form.
SAME_SHARE = 0.8
# What cells may hold: how it is told, an example by which columns are known that take it, and what it is called.
FORMS: dict[str, tuple[re.Pattern, str, str | Promise]] = {
    "email": (re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"), "ann@example.com", gettext_lazy("e-mail addresses")),
    "mac": (re.compile(r"([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}"), "00:1b:63:84:45:e6", gettext_lazy("MAC addresses")),
    "ip": (re.compile(r"(\d{1,3}\.){3}\d{1,3}"), "192.0.2.1", gettext_lazy("IP addresses")),
    "date": (re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}([T ].*)?"), "2026-01-31", gettext_lazy("dates")),
    "number": (re.compile(r"[+-]?\d{1,6}([.,]\d+)?"), "12", gettext_lazy("numbers")),
    "phone": (re.compile(r"[+(]?\d[\d ()/.-]{5,}\d"), "+43 660 1234567", gettext_lazy("phone numbers")),
    "words": (re.compile(r"[^\W\d_][^\d@]*"), "Ann Smith", gettext_lazy("words")),
}
# Where the values of a row begin, as it is staged.
VALUES_AT = len(OWN)


class Guards:
    """Watches the rows of one file go by. `keys_at` are the places of columns by which rows find their records."""

    def __init__(self, columns: Sequence[Column], keys_at: set[int]) -> None:
        self.columns = columns
        references = {index for index, column in enumerate(columns) if isinstance(column, Reference)}
        self.damage = Damage(columns, keys_at | references)
        self.swapped: Counter[tuple[str, str]] = Counter()
        self.taken: Counter[int] = Counter()
        self.wrong: dict[int, Counter[str]] = {}
        self.example: dict[int, str] = {}

    def see_taken(self, index: int, cell: str) -> None:
        """Count a cell that is right in a row that is not."""
        self.taken[index] += bool(cell.strip())

    def see_refused(
        self, index: int, line: int, cell: str, error: ValidationError, *, is_first: bool
    ) -> ValidationError:
        """Count a cell that is refused, and return why it is, in better words than those of `error` if there are."""
        if cell.strip() and (form := form_of(cell)):
            self.wrong.setdefault(index, Counter())[form] += 1
            self.example.setdefault(index, cell)
        return self.damage.see_refused(index, line, cell, error, is_first=is_first)

    def see_wrong(self, cells: Sequence[str], wrong: Sequence[int]) -> None:
        """Count the pairs of refused cells of a row of which each would be right in the place of the other."""
        for one, other in combinations(wrong, 2):
            if fits(self.columns[one], cells[other]) and fits(self.columns[other], cells[one]):
                self.swapped[self.columns[one].heading, self.columns[other].heading] += 1

    def see_piece(self, rows: Sequence[tuple]) -> Iterator[tuple]:
        """Look at rows as they are staged, and yield what is refused of them besides."""
        lines = [row[1] for row in rows]
        for index, column in enumerate(self.columns):
            values = [row[VALUES_AT + index] for row in rows]
            for place in self.damage.see_values(index, lines, values):
                reason = ValidationError(str(WORDS["scientific"]))
                yield refusal(rows[place][0], lines[place], column.heading, values[place], reason)

    def check(self, stage: Stage, row_count: int, header_line: int) -> None:
        """Raise `FileRefusedError` where columns of the staged rows hold something else than their headings say."""
        for (first, second), times in self.swapped.items():
            if times > max(1, row_count * SWAPPED_SHARE):
                reason = _("the columns %(first)s and %(second)s are swapped: exchange their headings.")
                raise FileRefusedError(reason % {"first": first, "second": second}, line=header_line)
        for index, forms in self.wrong.items():
            count = forms.total()
            form, same = forms.most_common(1)[0]
            if count < LEAST_WRONG or same < count * SAME_SHARE:
                continue
            if not (self._is_unordered(index, count) or is_foreign(form, self.columns[index])):
                continue
            field = stage.filled[index]
            right = stage.query(f"SELECT COUNT(*) FROM {stage.rows} WHERE CAST(\"{field}\" AS text) <> ''")[0][0]
            if count > (count + right + self.taken[index]) * WRONG_SHARE:
                self._refuse(index, form, count, header_line)

    def _is_unordered(self, index: int, count: int) -> bool:
        """Return whether the refused cells of a column are dates of which nobody said the order."""
        found = self.damage.noticed.get((index, "unordered"))
        return found is not None and found.count >= count * SAME_SHARE

    def _refuse(self, index: int, form: str, count: int, header_line: int) -> None:
        if self._is_unordered(index, count):
            reason = _("%(count)d dates are refused: %(words)s")
            words = {"count": count, "words": WORDS[self.damage.order_of(index)]}
        else:
            reason = _(
                "this column seems to hold %(form)s: %(count)d of its cells are refused. Give every column the heading "
                "of what it holds, or choose another one for this."
            )
            words = {"form": FORMS[form][2], "count": count}
        value = shorten(self.example[index])
        raise FileRefusedError(reason % words, line=header_line, heading=self.columns[index].heading, value=value)


def fits(column: Column, cell: str) -> bool:
    """Return whether `cell` says something that would be right in `column`."""
    try:
        return bool(column.clean(cell))
    except ValidationError:
        return False


def form_of(cell: str) -> str:
    """Return what a cell seems to hold, one of `FORMS`; empty for nothing of them."""
    cell = cell.strip()
    if cell in PLACEHOLDERS:
        return ""
    return next((form for form, (sign, _example, _words) in FORMS.items() if sign.fullmatch(cell)), "")


def is_foreign(form: str, column: Column) -> bool:
    """Return whether what a cell seems to hold is none of what the column takes, and it is told what that is."""
    takes = {name for name, (_sign, example, _words) in FORMS.items() if fits(column, example)}
    return bool(takes) and form not in takes
