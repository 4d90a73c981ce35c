"""The last step of a load: everything that was staged and compared comes into force, atomic to the eye of others."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from customerflow.loads.conditions import Words
from customerflow.loads.deriving import derive_made
from customerflow.loads.matching import compared, have_appeared
from customerflow.loads.outcomes import count_matched
from customerflow.loads.refusing import count_refused, violations
from customerflow.loads.staging import NEW_ID, PROVISIONAL, Stage, Stages, is_good, is_new, rows_and_records


class ChangedMeanwhileError(Exception):
    """A record is no longer what the rows were compared with."""


@dataclass(frozen=True)
class Application:
    """The last step of one file, for what its declaration writes itself: `stage` of all `stages`, at `now`."""

    stage: Stage
    stages: Stages
    now: datetime
    by: AbstractBaseUser | None = None
    origin: str = ""

    @property
    def moment(self) -> object:
        """`now`, as the database takes it in SQL."""
        return self.stage.connection.ops.adapt_datetimefield_value(self.now)

    @property
    def written(self) -> str:
        """
        SQL of the good rows, new and changed, with the keys of their records as `record_id`; `is_new` is 1 or 0.

        It can be asked only in `Declaration.finish`, of a kind that other files refer to or that `needs_keys`.
        """
        stage = self.stage
        return f"""(
            SELECT s.*, COALESCE(m.target, s.{NEW_ID}) AS record_id, COALESCE(m.is_changed, 1) AS is_written,
                   CASE WHEN m.target IS NULL THEN 1 ELSE 0 END AS is_new
            FROM {stage.rows} AS s LEFT JOIN {stage.matches} AS m ON m.row_number = s.row_number
            WHERE {is_good(stage)}
        )"""


def lock(stages: Stages) -> None:
    """
    Let one load at a time change a table; the lock ends with the transaction.

    Two loads that write the same records in another order would each wait for the other. Staff are not held up. On
    SQLite the transaction itself is the lock.
    """
    for stage in sorted(stages, key=lambda stage: stage.table):
        if not stage.is_sqlite:
            stage.run("SELECT pg_advisory_xact_lock(hashtext(%s))", [stage.table])


def apply(stages: Stages, row_counts: list[int], now: datetime, by: AbstractBaseUser | None, origin: str) -> None:
    """
    Write the good rows of all files, in a transaction of the caller's.

    Raises `ChangedMeanwhileError` when a record was changed or removed since the comparison, `IntegrityError` when one
    was added.
    """
    for stage in stages:
        _check_again(stage, stages)
    for stage, row_count in zip(stages, row_counts, strict=True):
        _use_real_keys(stage, stages)
        words = Words(stage, stages, now, by)
        made = {field: _typed(stage, field, words.fill(sql)) for field, sql in stage.declaration.made_in(stage).items()}
        matched, changed = count_matched(stage)
        if changed and _change(stage, made, now) != changed:
            raise ChangedMeanwhileError
        created = row_count - count_refused(stage) - matched
        if created or (changed and stage.declaration.ended_by):
            if stage.is_referred:
                _give_keys(stage)
            derive_made(stage, made)
            _insert(stage, made, now)
    for stage in stages:
        stage.declaration.finish(Application(stage, stages, now, by, origin))


def _change(stage: Stage, made: dict[str, str], now: datetime) -> int:
    """Change the records of changed rows, or end them; return how many."""
    if stage.declaration.ended_by:
        return _end(stage, now)
    _let_go(stage)
    return _update(stage, made, now)


def _typed(stage: Stage, field: str, sql: str) -> str:
    """Return `sql` as a value of the model's `field`; SQLite takes texts for days and moments as they are."""
    return sql if stage.is_sqlite else f"CAST({sql} AS {stage.declaration.field(field).db_type(stage.connection)})"


def _check_again(stage: Stage, stages: Stages) -> None:
    """Look once more for what is to be new, and ask the rules about other records, now that those stay as they are."""
    if have_appeared(stage):
        raise ChangedMeanwhileError
    for reference in stage.declaration.references():
        if reference.is_locked and not stage.is_sqlite:
            table = stage.connection.ops.quote_name(reference.referent.records_model._meta.db_table)
            keys = f'SELECT "{reference.field}" FROM {stage.rows} AS s WHERE {is_good(stage)}'
            stage.run(f"SELECT 1 FROM {table} WHERE id IN ({keys}) ORDER BY id FOR NO KEY UPDATE")
    for rule in stage.declaration.rules:
        if rule.is_last and violations(stage, stages, rule):
            raise ChangedMeanwhileError


def _use_real_keys(stage: Stage, stages: Stages) -> None:
    """Put the keys of records that this load has just made in place of the provisional ones."""
    rows = stage.rows.partition(".")[2]
    for reference in stage.declaration.references():
        for other in stages.of(reference.referent.kind):
            field, base = f'"{reference.field}"', other.number * PROVISIONAL
            stage.run(
                f"""
                UPDATE {stage.rows} SET {field} = other.{NEW_ID} FROM {other.rows} AS other
                WHERE {rows}.{field} < {-base} AND {rows}.{field} > {-base - PROVISIONAL}
                AND other.row_number = -{rows}.{field} - {base}
                """
            )


def _is_written_new(stage: Stage, alias: str) -> str:
    """Return the SQL condition that a row becomes a new record, be it in the place of one that it ends."""
    if not stage.declaration.ended_by:
        return is_new(stage, alias)
    matched = (
        f"SELECT 1 FROM {stage.matches} AS ends WHERE ends.row_number = {alias}.row_number AND ends.is_changed = 1"
    )
    return f"({is_new(stage, alias)} OR ({is_good(stage, alias)} AND EXISTS ({matched})))"


def _give_keys(stage: Stage) -> None:
    """Choose the keys of the new records, so that other files of the load can refer to them."""
    if stage.is_sqlite:
        name = stage.declaration.model._meta.db_table
        last = stage.query("SELECT seq FROM sqlite_sequence WHERE name = %s", [name])
        value, parameters = "%s + row_number", [last[0][0] if last else 0]
    else:
        value, parameters = "nextval(pg_get_serial_sequence(%s, 'id'))", [stage.table]
    in_order = f"SELECT s.row_number FROM {stage.rows} AS s WHERE {_is_written_new(stage, 's')} ORDER BY s.row_number"
    stage.run(
        f"""
        UPDATE {stage.rows} SET {NEW_ID} = keys.id
        FROM (SELECT row_number, {value} AS id FROM ({in_order}) AS ordered) AS keys
        WHERE keys.row_number = {stage.rows.partition(".")[2]}.row_number
        """,
        parameters,
    )


def _insert(stage: Stage, made: dict[str, str], now: datetime) -> None:
    defaults = _defaults(stage, now)
    columns, values, parameters = [], [], []
    staged = {*stage.filled, *(column.field for column in stage.declaration.references())}
    for field in stage.declaration.model._meta.local_concrete_fields:
        if field.generated or (field.primary_key and not stage.is_referred):
            continue
        columns.append(f'"{field.column}"')
        if field.primary_key:
            values.append(f"new.{NEW_ID}")
        elif field.attname in made:
            values.append(made[field.attname])
        elif field.attname in staged and defaults[field.attname] is None:
            values.append(f'new."{field.attname}"')
        elif field.attname in staged:
            values.append(f'COALESCE(new."{field.attname}", %s)')
            parameters.append(defaults[field.attname])
        else:
            values.append("%s")
            parameters.append(defaults[field.attname])
    stage.run(
        f"""
        INSERT INTO {stage.table} ({", ".join(columns)})
        SELECT {", ".join(values)}
        FROM {rows_and_records(stage) if made else f"{stage.rows} AS new"}
        WHERE {_is_written_new(stage, "new")}
        ORDER BY new.row_number
        """,
        parameters,
    )


def _let_go(stage: Stage) -> None:
    """Take from changed records the values that others of the load are to have, so that values can be swapped."""
    for field in stage.declaration.model._meta.local_concrete_fields:
        if not (field.unique and field.attname in compared(stage)):
            continue
        name = f'"{field.attname}"'
        # Nobody sees it: the record gets its own value before the transaction ends.
        nothing = "NULL" if field.null else "'\t' || id"
        stage.run(
            f"""
            UPDATE {stage.table} SET {name} = {nothing} WHERE id IN (
                SELECT m.target FROM {stage.matches} AS m
                JOIN {stage.rows} AS new ON new.row_number = m.row_number
                JOIN {stage.table} AS old ON old.id = m.target
                WHERE m.is_changed = 1 AND {is_good(stage, "m")} AND new.{name} <> old.{name}
                AND EXISTS (SELECT 1 FROM {stage.rows} AS s WHERE s.{name} = old.{name} AND {is_good(stage)})
            )
            """
        )


def _end(stage: Stage, now: datetime) -> int:
    """End the records of changed rows, which are not changed themselves; return how many went on until now."""
    return stage.run(
        f"""
        UPDATE {stage.table} SET {stage.declaration.ended_by} = %s
        WHERE {stage.declaration.ended_by} IS NULL
        AND id IN (SELECT s.target FROM {stage.matches} AS s WHERE s.is_changed = 1 AND {is_good(stage)})
        """,
        [stage.connection.ops.adapt_datetimefield_value(now)],
    )


def _update(stage: Stage, made: dict[str, str], now: datetime) -> int:
    given = [*compared(stage), *(field.attname for field in stage.derived)]
    assignments = [
        f'"{field}" = COALESCE(new."{field}", {stage.table}."{field}")' for field in given if field not in made
    ]
    assignments += [f'"{field}" = {sql}' for field, sql in made.items()]
    records = f"JOIN {stage.table} AS old ON old.id = s.target" if made else ""
    assignments += [f"version = {stage.table}.version + 1"] if stage.declaration.is_of_model("version") else []
    clock = ", updated_at = %s" if stage.declaration.is_of_model("updated_at") else ""
    parameters = [stage.connection.ops.adapt_datetimefield_value(now)] if clock else []
    same = f"AND {stage.table}.version = s.target_version" if stage.declaration.is_of_model("version") else ""
    return stage.run(
        f"""
        UPDATE {stage.table}
        SET {", ".join(assignments)}{clock}
        FROM {stage.matches} AS s JOIN {stage.rows} AS new ON new.row_number = s.row_number {records}
        WHERE {stage.table}.id = s.target {same}
        AND s.is_changed = 1 AND {is_good(stage)}
        """,
        parameters,
    )


def _defaults(stage: Stage, now: datetime) -> dict[str, object]:
    """Return what a new record has where the file says nothing, as the database stores it."""
    return {
        field.attname: field.get_db_prep_save(_default(field, now), stage.connection)
        for field in stage.declaration.model._meta.local_concrete_fields
        if not field.primary_key
    }


def _default(field: models.Field, now: datetime) -> object:
    is_clock = isinstance(field, models.DateTimeField) and (field.auto_now or field.auto_now_add)
    return now if is_clock else field.get_default()
