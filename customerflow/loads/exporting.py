"""
Rows as CSV, XLSX or JSON, in the form in which they are loaded: what is written is read back as it was.

The first row holds the headings. Nothing that is written runs as a formula: in CSV an apostrophe goes before text that
would; the cells of a workbook and the values of JSON know that they are text. There only an apostrophe that loading
would take away is written twice.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import xlsxwriter
from django.utils.translation import gettext as _

from customerflow.formulas import guard, unguard
from customerflow.loads.csv_text import csv_line
from customerflow.loads.refusals import CannotRunError

BLOCK = 1 << 16
# To so many digits a workbook keeps a number; what has more is written as text.
MOST_DIGITS = 15
ISO_DAY = "yyyy-mm-dd"

Rows = Iterable[Sequence[object]]


def pieces(name: str, rows: Rows) -> Iterator[str | bytes]:
    """
    Yield the content of a file of `rows`, in the format that its name ends with; CSV where it says nothing.

    `.gz` after it is nothing to this: see `write_whole`. Raises `CannotRunError` for what a workbook cannot hold.
    """
    ending = Path(name.casefold().removesuffix(".gz")).suffix
    return FORMATS.get(ending, as_csv)(rows)


def as_csv(rows: Rows) -> Iterator[str]:
    """Yield `rows` as lines of CSV."""
    for row in rows:
        yield csv_line(guard(text_of(value)) for value in row)


def as_json(rows: Rows) -> Iterator[str]:
    """Yield `rows` as a list of JSON objects, one on each line. Whole numbers are numbers, all else is text."""
    remaining = iter(rows)
    headings = [text_of(heading) for heading in next(remaining)]
    joint = "[\n"
    for row in remaining:
        values = [value if type(value) is int else escaped(text_of(value)) for value in row]
        yield joint + json.dumps(dict(zip(headings, values, strict=True)), ensure_ascii=False)
        joint = ",\n"
    yield "[]\n" if joint == "[\n" else "\n]\n"


def as_xlsx(rows: Rows) -> Iterator[bytes]:
    """Yield a workbook with one sheet of `rows`; text stays text, numbers and days are such."""
    with tempfile.TemporaryFile(prefix="workbook-") as file:
        # Rows go to the disk as they come.
        with xlsxwriter.Workbook(file, {"constant_memory": True}) as workbook:
            sheet = workbook.add_worksheet()
            day = workbook.add_format({"num_format": ISO_DAY})
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if _write(sheet, number, column, value, day):
                        raise CannotRunError(_("This does not go into a workbook (XLSX): write it as CSV."))
        file.seek(0)
        while block := file.read(BLOCK):
            yield block


FORMATS: dict[str, Callable[[Rows], Iterator[str | bytes]]] = {".csv": as_csv, ".json": as_json, ".xlsx": as_xlsx}


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, value: object, day: object) -> int:
    """Write one cell. Return 0 if it is there as it was, and no cell of another value."""
    if isinstance(value, bool):
        return sheet.write_boolean(row, column, value)
    if isinstance(value, int | Decimal) and _is_exact(value):
        return sheet.write_number(row, column, value)
    if isinstance(value, date) and not isinstance(value, datetime) and value.year > 1900:
        return sheet.write_datetime(row, column, value, day)
    text = text_of(value)
    # An empty cell is none, but the sheet has an end.
    return sheet.write_string(row, column, escaped(text)) if text else -(row >= sheet.xls_rowmax)


def _is_exact(number: int | Decimal) -> bool:
    number = Decimal(number)
    return number.is_finite() and len(number.as_tuple().digits) <= MOST_DIGITS and abs(number.adjusted()) <= MOST_DIGITS


def text_of(value: object) -> str:
    """Return how a value stands in a file: days and times as ISO 8601, yes and no, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return str(value)


def escaped(text: str) -> str:
    """Return `text` with an apostrophe before it where loading takes one away."""
    return text if unguard(text) == text else f"'{text}"
