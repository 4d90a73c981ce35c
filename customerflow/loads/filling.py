"""The first half of a load: the rows of a file are cleaned and staged, in pieces, with everything that is wrong."""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace

from django.core.exceptions import ValidationError

from customerflow.loads.declaration import Declaration
from customerflow.loads.deriving import Derivation
from customerflow.loads.guards import Guards
from customerflow.loads.mapping import Bound
from customerflow.loads.reconciling import ReadSums
from customerflow.loads.sources import Row, Table
from customerflow.loads.staging import Stage, refusal, staged_as, writable

ROWS_A_PIECE = 2_000


class Filler:
    """Stages the rows of one table. `keep_written` keeps rows as they were written, for a rejects file."""

    def __init__(self, stage: Stage, table: Table, bound: Bound, *, keep_written: bool) -> None:
        self.stage = stage
        self.table = table
        self.bound = bound
        self.keep_written = keep_written
        self.places = bound.columns
        self.fields = [staged_as(column) for _place, column in self.places]
        keys = {field for key in stage.declaration.keys for field in key}
        self.keys_at = {index for index, (_place, column) in enumerate(self.places) if column.field in keys}
        self.checks_rows = stage.declaration.check_row.__func__ is not Declaration.check_row.__func__
        self.sums = ReadSums([column for _place, column in self.places], stage.declaration)
        self.guards = Guards([column for _place, column in self.places], self.keys_at)
        self.row_count = 0

    def fill(self, progress: Callable[[int], None]) -> None:
        """
        Stage every row; `progress` is called with the number of rows after each piece.

        Raises `FileRefusedError` where reading cannot go on, and where columns hold something else.
        """
        rows, refused = [], []
        for row in self._clean(refused):
            rows.append(row)
            if len(rows) >= ROWS_A_PIECE:
                self._add(rows, refused)
                rows.clear()
                refused.clear()
                progress(self.row_count)
        self._add(rows, refused)
        progress(self.row_count)
        self.guards.check(self.stage, self.row_count, self.table.header_line)

    def _add(self, rows: list[tuple], refused: list[tuple]) -> None:
        refused.extend(self.guards.see_piece(rows))
        self.stage.add(rows, refused)

    def _clean(self, refused: list[tuple]) -> Iterator[tuple]:
        """Yield the rows as the stage takes them; what is wrong with them goes to `refused`."""
        derive = Derivation(self.stage, self.fields)
        cleaners = [(place, column.clean) for place, column in self.places]
        nothing = (None,) * len(self.stage.derived)
        for row_number, row in enumerate(self.table, 1):
            self.row_count = row_number
            line, cells, as_written, problem = row
            written = writable(json.dumps(as_written, ensure_ascii=False)) if self.keep_written else None
            try:
                if problem:
                    raise ValidationError(problem)
                cells = self.bound.cells(cells)
                if row_number <= ROWS_A_PIECE:
                    self.guards.damage.see_first(line, [cells[place] for place, _clean in cleaners])
                values = [clean(cells[place]) for place, clean in cleaners]
                if self.checks_rows:
                    self.stage.declaration.check_row(SimpleNamespace(**dict(zip(self.fields, values, strict=True))))
            except ValidationError as error:
                values, problems = self._explain(row_number, row, error)
                refused.extend(problems)
                yield (row_number, line, written, *values, *nothing)
                continue
            self.sums.add(values)
            yield (row_number, line, written, *values, *derive(values))
        if self.row_count:
            self.guards.damage.last = line, as_written

    def _explain(self, row_number: int, row: Row, error: ValidationError) -> tuple[list[object], list[tuple]]:
        """
        Return the values of a row that is refused, and everything that is wrong with it.

        Of the values only those of keys are kept, so that another row with the same ones is found.
        """
        values: list[object] = [None] * len(self.places)
        if row.problem:
            self.sums.miss(range(len(self.places)))
            return values, [refusal(row_number, row.line, "", "", error)]
        problems, wrong = [], []
        cells = self.bound.cells(row.cells)
        for index, (place, column) in enumerate(self.places):
            try:
                value = column.clean(cells[place])
            except ValidationError as found:
                is_first = row_number <= ROWS_A_PIECE
                why = self.guards.see_refused(index, row.line, cells[place], found, is_first=is_first)
                problems.append(refusal(row_number, row.line, column.heading, cells[place], why))
                wrong.append(index)
                self.sums.miss([index])
            else:
                self.sums.add_refused(index, value)
                self.guards.see_taken(index, "" if index in self.keys_at else cells[place])
                values[index] = value if index in self.keys_at else None
        self.guards.see_wrong([cells[place] for place, _column in self.places], wrong)
        return values, problems or self._explain_row(row_number, row, error)

    def _explain_row(self, row_number: int, row: Row, error: ValidationError) -> list[tuple]:
        """Return what is wrong with a row whose cells are right one by one."""
        by_heading = error.error_dict if hasattr(error, "error_dict") else {"": [error]}
        return [
            refusal(row_number, row.line, heading, "", ValidationError(errors))
            for heading, errors in by_heading.items()
        ]
