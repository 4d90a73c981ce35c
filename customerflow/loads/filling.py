"""The first half of a load: the rows of a file are cleaned and staged, in pieces, with everything that is wrong."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations
from types import SimpleNamespace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from customerflow.loads.declaration import Column
from customerflow.loads.refusals import FileRefusedError
from customerflow.loads.sources import Row, Source
from customerflow.loads.staging import Stage, refusal, writable

ROWS_A_PIECE = 2_000
# Two columns count as swapped when each would be right in the other in this share of the rows, and in more than one.
SWAPPED_SHARE = 0.5


class Filler:
    """Stages the rows of one source. `keep_written` keeps rows as they were written, for a rejects file."""

    def __init__(self, stage: Stage, source: Source, *, keep_written: bool) -> None:
        self.stage = stage
        self.source = source
        self.keep_written = keep_written
        self.places = [(place, column) for place, column in enumerate(source.columns) if column]
        self.fields = [column.field for _place, column in self.places]
        self.key_at = self.fields.index(stage.declaration.key)
        self.swapped: Counter[tuple[str, str]] = Counter()
        self.row_count = 0

    def fill(self, progress: Callable[[int], None]) -> None:
        """
        Stage every row; `progress` is called with the number of rows after each piece.

        Raises `FileRefusedError` where reading cannot go on, and where two columns are swapped.
        """
        rows, refused = [], []
        for row in self._clean(refused):
            rows.append(row)
            if len(rows) >= ROWS_A_PIECE:
                self.stage.add(rows, refused)
                rows.clear()
                refused.clear()
                progress(self.row_count)
        self.stage.add(rows, refused)
        progress(self.row_count)
        self._refuse_swapped()

    def _clean(self, refused: list[tuple]) -> Iterator[tuple]:
        """Yield the rows as the stage takes them; what is wrong with them goes to `refused`."""
        fields, derived = self.fields, [(field.derive, field.max_length) for field in self.stage.derived]
        cleaners = [(place, column.clean) for place, column in self.places]
        nothing = (None,) * len(derived)
        for row_number, row in enumerate(self.source, 1):
            self.row_count = row_number
            line, cells, as_written, problem = row
            written = writable(json.dumps(as_written, ensure_ascii=False)) if self.keep_written else None
            try:
                if problem:
                    raise ValidationError(problem)
                values = [clean(cells[place]) for place, clean in cleaners]
            except ValidationError:
                values, problems = self._explain(row_number, row)
                refused.extend(problems)
                yield (row_number, line, written, *values, *nothing)
                continue
            record = SimpleNamespace(**dict(zip(fields, values, strict=True)))
            keys = [derive(record)[:longest] for derive, longest in derived]
            yield (row_number, line, written, *values, *keys)

    def _explain(self, row_number: int, row: Row) -> tuple[list[object], list[tuple]]:
        """
        Return the values of a row that is refused, and everything that is wrong with it.

        Of the values only the key is kept, so that another row with the same one is found.
        """
        values: list[object] = [None] * len(self.places)
        if row.problem:
            return values, [refusal(row_number, row.line, "", "", ValidationError(row.problem))]
        problems, wrong = [], []
        for index, (place, column) in enumerate(self.places):
            try:
                value = column.clean(row.cells[place])
            except ValidationError as error:
                problems.append(refusal(row_number, row.line, column.heading, row.cells[place], error))
                wrong.append((place, column))
            else:
                values[index] = value if index == self.key_at else None
        for (place, column), (other_place, other) in combinations(wrong, 2):
            if _fits(column, row.cells[other_place]) and _fits(other, row.cells[place]):
                self.swapped[column.heading, other.heading] += 1
        return values, problems

    def _refuse_swapped(self) -> None:
        for (first, second), times in self.swapped.items():
            if times > max(1, self.row_count * SWAPPED_SHARE):
                reason = _("the columns %(first)s and %(second)s are swapped: exchange their headings.")
                raise FileRefusedError(reason % {"first": first, "second": second}, line=self.source.header_line)


def _fits(column: Column, cell: str) -> bool:
    """Return whether `cell` says something that would be right in `column`."""
    try:
        return bool(column.clean(cell))
    except ValidationError:
        return False
