"""The SQL of declarations, with what stands for records elsewhere: stored ones, or ones that the same load brings."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from customerflow.loads.declaration import Reference
from customerflow.loads.staging import PROVISIONAL, Stage, Stages


class Words:
    """
    What stands in braces in the SQL of a declaration, for a row of `stage` at the moment `now`.

    `{today}` is the operator's day, `{now}` the moment, `{by}` the key of who loads; `{customer_id.status}` is the
    column of the record that a row refers to. Of a record that another file of the load makes, it is what that file
    says: NULL where it says nothing.
    """

    def __init__(
        self, stage: Stage, stages: Stages, now: datetime | None = None, by: AbstractBaseUser | None = None
    ) -> None:
        self.stage, self.stages, self.now, self.by = stage, stages, now or timezone.now(), by

    def fill(self, sql: str) -> str:
        """Return `sql` with everything in braces replaced."""
        return sql.format_map(self)

    def __getitem__(self, name: str) -> "str | Referred":
        if name == "today":
            return f"'{timezone.localdate(self.now).isoformat()}'"
        if name == "now":
            return f"'{self.stage.connection.ops.adapt_datetimefield_value(self.now)}'"
        if name == "by":
            return str(self.by.pk) if self.by else "NULL"
        return Referred(self.stage, self.stages, self.stage.declaration.column(name))


class Referred:
    """The record that a row refers to; its attributes are the SQL of its columns."""

    def __init__(self, stage: Stage, stages: Stages, reference: Reference) -> None:
        self._key = f'new."{reference.field}"'
        self._stored = reference.referent.relation_in(stage.connection)
        self._staged = [other for other in stages.of(reference.referent.kind) if other is not stage]

    def __getattr__(self, column: str) -> str:
        cases = [f"WHEN {self._key} > 0 THEN (SELECT r.{column} FROM {self._stored} AS r WHERE r.id = {self._key})"]
        for other in self._staged:
            if column in other.columns():
                base = other.number * PROVISIONAL
                row = f"SELECT r.{column} FROM {other.rows} AS r WHERE r.row_number = -{self._key} - {base}"
                cases.append(f"WHEN {self._key} < {-base} AND {self._key} > {-base - PROVISIONAL} THEN ({row})")
        return f"(CASE {' '.join(cases)} END)"
