"""Files as rows: what every reader gives to the load."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from customerflow.loads.declaration import Column


class Row(NamedTuple):
    """
    A row of a file: the line it begins on, and its cells, read and as they were written.

    `problem` says why the cells cannot be used at all.
    """

    line: int
    cells: list[str]
    written: list[str]
    problem: str = ""


class Source(Protocol):
    """A file that is read once, row by row."""

    # The columns of the file in its order; None for one that is not wanted.
    columns: list[Column | None]
    # The line that the headings stand on.
    header_line: int

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows; raises `FileRefusedError` where reading cannot go on."""

    def rejects(self, rows: Iterator[tuple[list[str], str]]) -> Iterator[str]:
        """Yield the text of a file that holds `rows`, as they were written, each with what is wrong with it."""
