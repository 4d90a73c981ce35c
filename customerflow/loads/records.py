"""Records as the rows of a file: the form in which they are loaded."""

from collections.abc import Iterator

from customerflow.loads.declaration import Column, Declaration

ROWS_A_PIECE = 2_000


def rows_of(declaration: type[Declaration], columns: list[Column] | None = None) -> Iterator[list[object]]:
    """Yield the headings of a kind, and then what each record says under them; by default all that are exported."""
    columns = columns or declaration.exported()
    yield [column.heading for column in columns]
    records = declaration.records().values_list(*(column.path or column.field for column in columns))
    for record in records.iterator(chunk_size=ROWS_A_PIECE):
        yield list(record)
