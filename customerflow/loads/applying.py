"""The last step of a load: everything that was staged and compared comes into force, atomic to the eye of others."""

from datetime import datetime

from django.db import models

from customerflow.loads.comparing import count_matched, count_refused
from customerflow.loads.staging import Stage, is_good


class ChangedMeanwhileError(Exception):
    """A record is no longer what the rows were compared with."""


def lock(stage: Stage) -> None:
    """
    Let one load at a time change a table; the lock ends with the transaction.

    Two loads that write the same records in another order would each wait for the other. Staff are not held up. On
    SQLite the transaction itself is the lock.
    """
    if not stage.is_sqlite:
        stage.run("SELECT pg_advisory_xact_lock(hashtext(%s))", [stage.target])


def apply(stage: Stage, row_count: int, now: datetime) -> None:
    """
    Write the good rows, in a transaction of the caller's.

    Raises `ChangedMeanwhileError` when a record was changed or removed since the comparison, `IntegrityError` when one
    was added.
    """
    matched, changed = count_matched(stage)
    if changed and _update(stage, now) != changed:
        raise ChangedMeanwhileError
    if row_count - count_refused(stage) > matched:
        _insert(stage, now)


def _insert(stage: Stage, now: datetime) -> None:
    defaults = _defaults(stage, now)
    columns, values, parameters = [], [], []
    for field in stage.declaration.model._meta.local_concrete_fields:
        if field.primary_key or field.generated:
            continue
        columns.append(f'"{field.column}"')
        if field.attname not in stage.fields:
            values.append("%s")
            parameters.append(defaults[field.attname])
        elif field.attname == stage.declaration.key:
            values.append(f's."{field.attname}"')
        else:
            values.append(f'COALESCE(s."{field.attname}", %s)')
            parameters.append(defaults[field.attname])
    stage.run(
        f"""
        INSERT INTO {stage.target} ({", ".join(columns)})
        SELECT {", ".join(values)}
        FROM {stage.rows} AS s
        WHERE {is_good(stage)}
        AND NOT EXISTS (SELECT 1 FROM {stage.matches} AS m WHERE m.row_number = s.row_number)
        ORDER BY s.row_number
        """,
        parameters,
    )


def _update(stage: Stage, now: datetime) -> int:
    assignments = [
        f'"{field}" = COALESCE(new."{field}", {stage.target}."{field}")'
        for field in stage.fields
        if field != stage.declaration.key
    ]
    return stage.run(
        f"""
        UPDATE {stage.target}
        SET {", ".join(assignments)}, version = {stage.target}.version + 1, updated_at = %s
        FROM {stage.matches} AS s JOIN {stage.rows} AS new ON new.row_number = s.row_number
        WHERE {stage.target}.id = s.target AND {stage.target}.version = s.target_version
        AND s.is_changed = 1 AND {is_good(stage)}
        """,
        [stage.connection.ops.adapt_datetimefield_value(now)],
    )


def _defaults(stage: Stage, now: datetime) -> dict[str, object]:
    """Return what a new record has where the file says nothing, as the database stores it."""
    return {
        field.attname: field.get_db_prep_save(_default(field, now), stage.connection)
        for field in stage.declaration.model._meta.local_concrete_fields
    }


def _default(field: models.Field, now: datetime) -> object:
    is_clock = isinstance(field, models.DateTimeField) and (field.auto_now or field.auto_now_add)
    return now if is_clock else field.get_default()
