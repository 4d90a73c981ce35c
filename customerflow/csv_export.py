"""Rows as CSV, streamed, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from django.http import StreamingHttpResponse

from customerflow.formulas import guard


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def cell(value: object) -> object:
    """Return a value as it stands in a CSV file; text that a spreadsheet would run gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, Decimal | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return guard(str(value))


def stream(rows: Iterable[list[object]]) -> Iterator[bytes]:
    """Yield the lines of a CSV file in UTF-8, with the mark that makes spreadsheets read it as such."""
    writer = csv.writer(_Echo())
    yield b"\xef\xbb\xbf"
    for row in rows:
        yield writer.writerow([cell(value) for value in row]).encode()


def csv_response(rows: Iterable[list[object]], name: str) -> StreamingHttpResponse:
    """Return an answer that downloads `rows` as the file `name`."""
    response = StreamingHttpResponse(stream(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
