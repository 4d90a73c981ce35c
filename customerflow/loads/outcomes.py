"""What a comparison found: how many rows, and the first of them in words."""

from collections.abc import Iterator

from django.db import models
from django.utils.translation import gettext as _

from customerflow.loads.matching import compared
from customerflow.loads.refusals import Change, Refusal, shorten
from customerflow.loads.refusing import heading_of, said_in
from customerflow.loads.staging import Stage, is_good
from customerflow.money import MoneyField, from_minor

MOST_KEPT = 1_000


def count_matched(stage: Stage) -> tuple[int, int]:
    """Return how many good rows have a record, and how many of them change it."""
    sql = f"SELECT COUNT(*), COALESCE(SUM(is_changed), 0) FROM {stage.matches} AS s WHERE {is_good(stage)}"
    matched, changed = stage.query(sql)[0]
    return matched, int(changed)


def count_records(stage: Stage) -> int:
    """Return how many records of the kind there are."""
    return stage.query(f"SELECT COUNT(*) FROM {stage.table}")[0][0]


def refusals(stage: Stage, file: str) -> tuple[list[Refusal], int]:
    """Return the first refusals in the order of the file, and how many more there are."""
    found = stage.query(
        f"""
        SELECT line, heading, value, reason FROM {stage.refusals}
        ORDER BY row_number, heading LIMIT {MOST_KEPT}
        """
    )
    total = stage.query(f"SELECT COUNT(*) FROM {stage.refusals}")[0][0]
    return [
        Refusal(file, line, heading, shorten(value), reason) for line, heading, value, reason in found
    ], total - len(found)


def title(stage: Stage) -> str:
    """Return the SQL that tells people which record a row, `new`, is about."""
    return stage.declaration.title or said_in(stage, stage.declaration.keys[0][0])


def changes(stage: Stage, file: str) -> Iterator[Change]:
    """Yield what the first changed rows would replace, value by value."""
    fields = compared(stage)
    pairs = ", ".join(f'old."{field}", new."{field}"' for field in fields)
    found = stage.query(
        f"""
        SELECT new.line, {title(stage)}, {pairs}
        FROM {stage.matches} AS s
        JOIN {stage.rows} AS new ON new.row_number = s.row_number
        JOIN {stage.target} AS old ON old.id = s.target
        WHERE s.is_changed = 1 AND {is_good(stage)}
        ORDER BY new.row_number LIMIT {MOST_KEPT}
        """
    )
    for line, key, *values in found:
        for field, old, new in zip(fields, values[::2], values[1::2], strict=True):
            if new is not None and old != new:
                yield Change(
                    file, line, key, heading_of(stage, field), shown(stage, field, old), shown(stage, field, new)
                )


def shown(stage: Stage, field: str, value: object) -> str:
    """Return a stored value for a person: amounts with their decimals, yes and no, other records by number."""
    model_field = stage.declaration.field(field)
    if value is None:
        return ""
    if isinstance(model_field, MoneyField):
        return str(from_minor(value))
    if isinstance(model_field, models.BooleanField):
        return _("yes") if value else _("no")
    if model_field.is_relation:
        return f"#{value}" if value > 0 else _("new")
    return shorten(value)
