"""
What programs do to a table before it is loaded, above all spreadsheets: noticed and said once, with an example.

Whole pieces of rows are looked at, a column at a time; what costs more is looked for in the first piece, and in cells
that are refused.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from customerflow.loads.cleaning import ISO_DATE, PARTED_DATE, Day, date_orders
from customerflow.loads.declaration import Column
from customerflow.loads.noticed import WORDS, Noticed, in_words
from customerflow.loads.refusals import shorten

SCIENTIFIC = re.compile(r"\d([.,]\d+)?[eE]\+\d{1,3}", re.ASCII)
MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
# What Excel makes of 3-5 and of 5/3; and a date as programs export what was none.
TURNED = re.compile(rf"\d{{1,2}}-({MONTHS})|({MONTHS})-\d\d|\d{{4}}-\d\d-\d\d 00:00:00")
# The bytes of UTF-8 beyond ASCII, read as Windows-1252: a first one, and one that only ever follows another.
FOLLOWING = "".join(bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xC0))
MISREAD = re.compile(f"[\xc2-\xc6\xd0\xd1][\x80-\x9f{re.escape(FOLLOWING)}]|\xe2\u20ac|\ufffd")
PLACEHOLDERS = frozenset(
    spelt
    for word in ("null", "n/a", "#n/a", "none", "nan", "undefined", "-", "#ref!", "#value!", "#name?")
    for spelt in (word, word.upper(), word.capitalize())
) | {"NaN"}
TOTALS = frozenset({"total", "totals", "grand total", "subtotal", "sum", "summe", "gesamt", "gesamtsumme", "итого"})
# Some programs keep no more characters of a cell: old ones, and a cell of Excel.
CUT_AT = (255, 32_767)
# In this share of the cells, or less, codes that are one digit shorter than the others have lost a zero.
SHORT_SHARE = 0.3
EXAMPLES_LENGTH = 3
# Numbers of which Excel kept 15 digits; one alone may be so by chance.
ROUNDED = re.compile(r"[1-9]\d{14}0+", re.ASCII)
KEPT_DIGITS, LEAST_ROUNDED = 15, 2
# So many digits without a sign between them are a phone number.
LEAST_DIGITS = 6
# From so many refused dates of a column it is told in which order they are written.
MOST_DATES = 2_000


class Damage:
    """What was noticed in the columns of one file."""

    def __init__(self, columns: Sequence[Column], names: set[int]) -> None:
        """Look at `columns`; those at the places `names` hold names or numbers of records."""
        self.columns, self.names = columns, names
        self.noticed: dict[tuple[int, str], Noticed] = {}
        self.longest = [0] * len(columns)
        self.cut: list[Noticed | None] = [None] * len(columns)
        self.codes: dict[int, list[tuple[int, str]]] = {
            index: [] for index, column in enumerate(columns) if column.field == "postcode"
        }
        self.phones: dict[int, list[tuple[int, str]]] = {
            index: [] for index, column in enumerate(columns) if column.field == "phone"
        }
        self.days = [index for index, column in enumerate(columns) if isinstance(column.clean, Day)]
        self.written: dict[tuple[int, bool], Noticed] = {}
        # Dates that were refused because nobody said in which order they are written.
        self.unordered: dict[int, list[str]] = {}
        # Columns with long numbers that are whole.
        self.exact: set[int] = set()
        self.last: tuple[int, Sequence[str]] = (0, ())

    def notice(self, index: int, kind: str, line: int, value: str) -> None:
        """Count a cell that is damaged."""
        self.noticed.setdefault((index, kind), Noticed(line, value)).count += 1

    def see_first(self, line: int, cells: Sequence[str]) -> None:
        """Look closely at the cells of one row, as they are in the file, one for each column."""
        for index in self.days:
            day = cells[index].strip().partition(" ")[0]
            if (is_iso := bool(ISO_DATE.fullmatch(day))) or PARTED_DATE.fullmatch(day):
                self.written.setdefault((index, is_iso), Noticed(line, cells[index])).count += 1
        for index, codes in [*self.codes.items(), *self.phones.items()]:
            if code := cells[index].strip():
                codes.append((line, code))
        for index, cell in enumerate(cells):
            if index not in self.days and TURNED.fullmatch(cell):
                self.notice(index, "turned", line, cell)

    def see_refused(
        self, index: int, line: int, cell: str, error: ValidationError, *, is_first: bool
    ) -> ValidationError:
        """Look at a cell that is refused, and return why it is: what a program did to it, or `error`."""
        cell = cell.strip()
        if SCIENTIFIC.fullmatch(cell):
            self.notice(index, "scientific", line, cell)
            return ValidationError(str(WORDS["scientific"]))
        if TURNED.fullmatch(cell) and not is_first and index not in self.days:
            self.notice(index, "turned", line, cell)
        if len(cell) in CUT_AT:
            self.notice(index, "cut", line, cell)
        if cell in PLACEHOLDERS:
            self.notice(index, "refused placeholder", line, cell)
        if index in self.days:
            self._see_refused_day(index, line, cell)
        return error

    def _see_refused_day(self, index: int, line: int, cell: str) -> None:
        order, day = self.columns[index].clean.order, cell.partition(" ")[0]
        if ISO_DATE.fullmatch(day) or not PARTED_DATE.fullmatch(day):
            return
        if not order:
            self.notice(index, "unordered", line, cell)
            dates = self.unordered.setdefault(index, [])
            if len(dates) < MOST_DATES:
                dates.append(day)
        elif date_orders([day]) - {order}:
            self.notice(index, "order", line, cell)

    def order_of(self, index: int) -> str:
        """Return what the refused dates of a column say of their order, one of `WORDS`."""
        found = date_orders(self.unordered[index])
        if len(found) > 1:
            return "orders"
        return found.pop() if found else "unordered"

    def see_values(self, index: int, lines: Sequence[int], values: Sequence[object]) -> list[int]:
        """Look at the values of one column in a piece of rows; return at which of `lines` a number was shortened."""
        texts = [value for value in values if value.__class__ is str]
        if not texts:
            return []
        whole = "\n".join(texts)
        if not PLACEHOLDERS.isdisjoint(texts):
            self._each(index, "placeholder", lines, values, PLACEHOLDERS.__contains__)
        if not whole.isascii() and MISREAD.search(whole):
            self._each(index, "misread", lines, values, MISREAD.search)
        self._see_lengths(index, lines, values, texts)
        if self.longest[index] > KEPT_DIGITS:
            self._see_rounded(index, lines, values)
        if index in self.names and "e+" in whole.casefold():
            return self._each(index, "scientific", lines, values, SCIENTIFIC.fullmatch)
        return []

    def _each(self, index: int, kind: str, lines: Sequence[int], values: Sequence[object], is_so: object) -> list[int]:
        """Count the values that are so, and return at which places they are."""
        found = [place for place, value in enumerate(values) if value.__class__ is str and is_so(value)]
        for place in found:
            self.notice(index, kind, lines[place], values[place])
        return found

    def _see_rounded(self, index: int, lines: Sequence[int], values: Sequence[object]) -> None:
        """Notice long numbers that end with zeros, as long as there is no other in the column."""
        for line, value in zip(lines, values, strict=True):
            if value.__class__ is str and len(value) > KEPT_DIGITS and value.isdecimal() and index not in self.exact:
                if ROUNDED.fullmatch(value):
                    self.notice(index, "rounded", line, value)
                else:
                    self.exact.add(index)

    def _see_lengths(self, index: int, lines: Sequence[int], values: Sequence[object], texts: Iterable[str]) -> None:
        longest = max(map(len, texts))
        if longest in CUT_AT and longest >= self.longest[index]:
            ends = [place for place, value in enumerate(values) if value.__class__ is str and len(value) == longest]
            if longest > self.longest[index] or self.cut[index] is None:
                self.cut[index] = Noticed(lines[ends[0]], values[ends[0]])
            self.cut[index].count += len(ends)
        self.longest[index] = max(self.longest[index], longest)

    def warnings(self) -> Iterator[str]:
        """Yield what was noticed, in words."""
        for index, cut in enumerate(self.cut):
            if cut and len(cut.value) == self.longest[index]:
                self.noticed[index, "cut"] = cut
        for index in self.days:
            if {(index, True), (index, False)} <= self.written.keys():
                self.noticed[index, "mixed"] = min(
                    (self.written[index, is_iso] for is_iso in (True, False)), key=lambda each: each.count
                )
        for index in range(len(self.columns)):
            rounded = self.noticed.get((index, "rounded"))
            if rounded and (index in self.exact or rounded.count < LEAST_ROUNDED):
                del self.noticed[index, "rounded"]
        for index in self.unordered:
            self.noticed[index, self.order_of(index)] = self.noticed.pop((index, "unordered"))
        for index, codes in self.codes.items():
            self._compare_codes(index, codes)
        for index, phones in self.phones.items():
            self._compare_phones(index, phones)
        for (index, kind), found in self.noticed.items():
            yield in_words(self.columns[index].heading, kind, found)
        yield from self._of_total()

    def _compare_codes(self, index: int, codes: list[tuple[int, str]]) -> None:
        """Notice codes one digit shorter than nearly all others, where none begins with a zero."""
        if not codes or not all(code.isdecimal() and code[0] != "0" for _line, code in codes):
            return
        length = max(len(code) for _line, code in codes)
        short = [(line, code) for line, code in codes if len(code) == length - 1]
        others = sum(len(code) == length for _line, code in codes)
        if (
            short
            and length > EXAMPLES_LENGTH
            and others + len(short) == len(codes)
            and (len(short) <= len(codes) * SHORT_SHARE)
        ):
            for line, code in short:
                self.notice(index, "zeros", line, code)

    def _compare_phones(self, index: int, phones: list[tuple[int, str]]) -> None:
        """Notice numbers of digits alone, of which none begins with the zero that all others written at home have."""
        bare = [(line, phone) for line, phone in phones if phone.isdecimal() and len(phone) >= LEAST_DIGITS]
        others = {phone[0] for _line, phone in phones if not phone.isdecimal() and phone[0] not in "+("}
        if others == {"0"} and not any(phone[0] == "0" for _line, phone in bare):
            for line, phone in bare:
                self.notice(index, "phone zeros", line, phone)

    def _of_total(self) -> Iterator[str]:
        """Yield a warning where the last row is a sum of the others."""
        line, cells = self.last
        said = [cell.strip() for cell in cells if cell.strip()]
        if said and said[0].rstrip(":").casefold() in TOTALS:
            yield _("The last row, line %(line)d, seems to be a total and no record: “%(value)s”.") % {
                "line": line,
                "value": shorten(", ".join(said)),
            }
