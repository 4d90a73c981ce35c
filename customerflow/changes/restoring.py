"""What changed records of one kind are to hold again, computed beforehand and written by one statement."""

from collections.abc import Callable

from django.db import connection, models

from customerflow.changes.images import derive, value_of
from customerflow.changes.models import Change, loads
from customerflow.changes.scratch import Scratch, query, run
from customerflow.changes.tracked import has_version, is_ruled, tracked_fields
from customerflow.text import KeyField

PAGE = 900


class Restored:
    """
    The values before the changes of a change set, in a temporary table with a row for each changed record.

    A record has no row where undo has to look at it by itself: it is gone, has the values already, or a rule of its
    model is about what goes back. `is_moved` says that a link to another record goes back.
    """

    def __init__(self, model: type[models.Model], columns: set[str]) -> None:
        self.model = model
        self.columns = {field.column: field for field in tracked_fields(model) if field.column in columns}
        self.links = [field for field in self.columns.values() if field.is_relation]
        self.keys = [field for field in model._meta.local_concrete_fields if isinstance(field, KeyField)]
        # What is derived is written only where it differs anywhere: its indexes are the dearest.
        self.rederived: set[str] = set()
        self.fields = [*self.columns.values(), *self.keys]
        types = {field.column: field.db_type(connection) for field in self.fields}
        self.table = Scratch(f"undo_values_{model._meta.db_table}", {"record_id": "", "is_moved": "integer"} | types)

    def fill(self, marks: Scratch, tell: Callable[[int], object]) -> None:
        """Compute the rows of the records that were changed, page by page, and `tell` how many there are so far."""
        self.table.create()
        page = f"SELECT record_id, change_id FROM {marks.name} WHERE state = 0 AND action = 'change' AND record_id > %s"
        last = number = 0
        while chosen := dict(query(f"{page} ORDER BY record_id LIMIT {PAGE}", [last])):
            last = max(chosen)
            images = dict(Change.objects.filter(pk__in=chosen.values()).values_list("record_id", "before"))
            records = self.model._base_manager.filter(pk__in=chosen)
            rows = [row for record in records if (row := self._row(record, loads(images[record.pk])))]
            if rows:
                self.table.add(rows)
            tell(number := number + len(chosen))
        self.table.analyze()

    def _row(self, record: models.Model, old: dict[str, object]) -> tuple | None:
        if is_ruled(self.model, old.keys()):
            return None
        is_different = is_moved = False
        for column, field in self.columns.items():
            if column in old:
                value = value_of(field, old[column])
                is_different |= getattr(record, field.attname) != value
                is_moved |= field.is_relation
                setattr(record, field.attname, value)
        if not is_different:
            return None
        known = {field: getattr(record, field.attname) for field in self.keys}
        derive(record)
        self.rederived |= {field.column for field, key in known.items() if getattr(record, field.attname) != key}
        values = [field.get_db_prep_save(getattr(record, field.attname), connection) for field in self.fields]
        return record.pk, int(is_moved), *values

    def write(self, marks: Scratch, now: object) -> None:
        """Give the records that are still good their values again, as a change at the moment `now`."""
        meta, parameters = self.model._meta, []
        assignments = [f'"{column}" = v."{column}"' for column in [*self.columns, *sorted(self.rederived)]]
        if has_version(self.model):
            assignments.append("version = t.version + 1")
        if any(field.name == "updated_at" for field in meta.local_concrete_fields):
            assignments.append("updated_at = %s")
            parameters.append(connection.ops.adapt_datetimefield_value(now))
        run(
            f"""
            UPDATE "{meta.db_table}" AS t SET {", ".join(assignments)}
            FROM {self.table.name} AS v JOIN {marks.name} AS m ON m.record_id = v.record_id
            WHERE t.id = v.record_id AND m.state = 0 AND m.action = 'change'
            """,
            parameters,
        )
