"""
The records of one kind in a change set, each with a mark: 0 as long as one statement may put it back with others.

The marks lie in a temporary table; a greater one says in which round it was found that undo has to look at the record
by itself. Every condition is about a row `m` of that table. Of a record with several changes, `action` is empty and
`change_id` is the first of them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db import connection, models

from customerflow.changes.models import Change, ChangeSet
from customerflow.changes.restoring import Restored
from customerflow.changes.scratch import Scratch, query, run
from customerflow.changes.tracked import tracked_fields

CHANGES = Change._meta.db_table
COLUMNS = {"record_id": "", "change_id": "bigint", "action": "varchar(6)", "state": "integer"}
# A record with several changes goes back step by step, and what was removed comes back so.
MARKS = """MIN(id), CASE COUNT(*) WHEN 1 THEN MAX(action) ELSE '' END,
    CASE WHEN COUNT(*) = 1 AND MAX(action) IN ('create', 'change') THEN 0 ELSE 1 END"""


@dataclass(frozen=True)
class Unique:
    """
    A rule that values are unique: its first column, and all that it is about; None where that is any column.

    Two rows that agree in all columns agree in the first, so whoever shares only that one is looked at too.
    """

    first: models.Field
    columns: frozenset[str] | None


class Marked:
    """The marks of the records of one kind, and what else is known of them."""

    def __init__(self, change_set: ChangeSet, model: type[models.Model]) -> None:
        self.change_set, self.model = change_set, model
        self.kind, self.stored = model._meta.label_lower, f'"{model._meta.db_table}"'
        self.marks = Scratch(f"undo_{model._meta.db_table}", COLUMNS)
        self.links = [field for field in tracked_fields(model) if field.is_relation]
        self.uniques = list(_uniques(model))
        self.restored = Restored(model, set())
        # The changes by which records were created.
        self.first = self.last = 0

    def open(self, tell: Callable[[int], object]) -> None:
        """
        Mark the records by the change set alone, and compute what changed ones are to hold; nothing is locked.

        `tell` is called with the number of records that are computed so far.
        """
        self.marks.create()
        # Joined to the text, so that SQLite reads the changes of the set and not all of this kind.
        run(
            f"""
            INSERT INTO {self.marks.name}
            SELECT record_id, {MARKS} FROM {CHANGES}
            WHERE change_set_id = %s AND kind || '' = %s GROUP BY record_id
            """,
            [self.change_set.pk, self.kind],
        )
        condition = "WHERE state > 0"
        name = f"{self.marks.bare}_marked"
        if self.marks.is_sqlite:
            run(f"CREATE INDEX temp.{name} ON {self.marks.bare} (state) {condition}")
        else:
            run(f"CREATE INDEX {name} ON {self.marks.name} (state) {condition}")
        self.marks.analyze()
        self.restored = Restored(self.model, self.changed_columns("= 0"))
        self.restored.fill(self.marks, tell)
        span = "COALESCE(MIN(change_id), 0), COALESCE(MAX(change_id), 0)"
        self.first, self.last = query(f"SELECT {span} FROM {self.marks.name} AS m WHERE {is_going('m')}")[0]

    def points_at(self, other: "Marked") -> bool:
        """Return whether records of this kind have a link to records of the other."""
        return any(link.related_model is other.model for link in self.links)

    def close(self) -> None:
        """Remove the temporary tables."""
        self.marks.drop()
        self.restored.table.drop()

    def changed_columns(self, state: str) -> set[str]:
        """Return the columns of which the act changed any in the records, touched once, with such a mark."""
        each = "json_each(c.before) AS j" if self.marks.is_sqlite else "json_each(c.before::json) AS j"
        found = query(
            f"""
            SELECT DISTINCT j.key FROM {self.marks.name} AS m JOIN {CHANGES} AS c ON c.id = m.change_id, {each}
            WHERE m.state {state} AND m.action = 'change'
            """
        )
        return {column for (column,) in found}

    def mark(self, state: int, condition: str, parameters: Iterable[object] = ()) -> int:
        """Mark the good records for which `condition` holds, and return how many there were."""
        sql = f"UPDATE {self.marks.name} AS m SET state = {state} WHERE m.state = 0 AND ({condition})"
        return run(sql, parameters)

    def is_marked(self, state: int | None = None) -> bool:
        """Return whether a record is marked, in the round `state` if it is given."""
        round_of = f"AND state = {state}" if state else ""
        return bool(query(f"SELECT 1 FROM {self.marks.name} WHERE state > 0 {round_of} LIMIT 1"))

    def is_returning(self) -> bool:
        """Return whether a marked record comes back that was removed, or was touched several times."""
        return bool(query(f"SELECT 1 FROM {self.marks.name} WHERE state > 0 AND action IN ('delete', '') LIMIT 1"))

    def mentioned(self, field: models.Field, state: int, *, is_stored_too: bool) -> str:
        """Return the query of the values of a column that the records marked so have, had or were given on the way."""
        marked = f"(SELECT record_id FROM {self.marks.name} WHERE state > 0 AND state = {state})"
        images = " UNION ALL ".join(
            f"""
            SELECT {in_image(f"c.{image}", field)} FROM {marked} AS f
            JOIN {CHANGES} AS c ON c.kind = '{self.kind}' AND c.record_id = f.record_id
            WHERE c.change_set_id = {self.change_set.pk}
            """
            for image in ("before", "after")
        )
        stored = (
            f' UNION ALL SELECT s."{field.column}" FROM {marked} AS f JOIN {self.stored} AS s ON s.id = f.record_id'
        )
        return images + stored * is_stored_too

    def count(self) -> dict[str, int]:
        """Return how many records can be put back with others, by what was done to them."""
        return dict(query(f"SELECT action, COUNT(*) FROM {self.marks.name} WHERE state = 0 GROUP BY action"))


def is_going(alias: str) -> str:
    """Return the condition that a marked record was created and can be removed with others."""
    return f"{alias}.state = 0 AND {alias}.action = 'create'"


def in_image(image: str, field: models.Field) -> str:
    """Return the value of a column in an image, as the database compares it with stored ones; NULL where it is not."""
    if connection.vendor == "sqlite":
        return f"json_extract({image}, '$.\"{field.column}\"')"
    return f"({image}::json ->> '{field.column}')::{field.db_type(connection)}"


def _uniques(model: type[models.Model]) -> Iterator[Unique]:
    meta = model._meta
    for field in meta.local_concrete_fields:
        if field.unique and not field.primary_key:
            yield Unique(field, frozenset({field.column}))
    for names in meta.unique_together:
        yield _unique(model, names, is_conditional=False)
    for rule in meta.constraints:
        # One of expressions is met when the values are written.
        if isinstance(rule, models.UniqueConstraint) and rule.fields:
            yield _unique(model, rule.fields, is_conditional=rule.condition is not None)


def _unique(model: type[models.Model], names: Iterable[str], *, is_conditional: bool) -> Unique:
    fields = [model._meta.get_field(name) for name in names]
    return Unique(fields[0], None if is_conditional else frozenset(field.column for field in fields))
