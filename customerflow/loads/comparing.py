"""The second half of a load, up to the last step: what the staged rows would do to the records that are there."""

from collections.abc import Collection, Iterator
from enum import StrEnum

from django.utils.translation import gettext as _

from customerflow.loads.declaration import FormerKeys
from customerflow.loads.refusals import Change, Refusal, shorten
from customerflow.loads.staging import REFUSAL, Stage, is_good

MOST_KEPT = 1_000


class OnExisting(StrEnum):
    """What becomes of a row whose record is there already."""

    UPDATE = "update"
    SKIP = "skip"
    REFUSE = "refuse"


def refuse_doubled(stage: Stage) -> None:
    """Refuse all rows of the file that have one key, each naming the line of another. Rows refused for more count."""
    key = f'"{stage.declaration.key}"'
    stage.analyze()
    stage.run(
        f"""
        INSERT INTO {stage.refusals} ({", ".join(REFUSAL)})
        SELECT row_number, line, %s, key, REPLACE(%s, '#', CAST(other AS text))
        FROM (
            SELECT row_number, line, {key} AS key, COALESCE(LAG(line) OVER w, LEAD(line) OVER w) AS other
            FROM {stage.rows}
            WHERE {key} IN (SELECT {key} FROM {stage.rows} GROUP BY {key} HAVING COUNT(*) > 1)
            WINDOW w AS (PARTITION BY {key} ORDER BY row_number)
        ) AS doubled
        """,
        [stage.declaration.key_column().heading, _("It is there twice: also on line #.")],
    )


def compare(stage: Stage, on_existing: OnExisting, confirmed: Collection[str]) -> None:
    """
    Find the record of each good row, and whether the row changes it.

    It can be repeated when records have changed meanwhile. `confirmed` names the confirmations that were given.
    """
    stage.run(f"DELETE FROM {stage.refusals} WHERE row_number IN (SELECT row_number FROM {stage.matches})")
    stage.run(f"DELETE FROM {stage.matches}")
    differs = " OR ".join(f'new."{field}" <> old."{field}"' for field in compared(stage)) or "1 = 0"
    key = f'"{stage.declaration.key}"'
    changed = f"CASE WHEN {differs} THEN 1 ELSE 0 END" if on_existing is OnExisting.UPDATE else "0"
    stage.run(
        f"""
        INSERT INTO {stage.matches} (row_number, target, target_version, is_changed)
        SELECT new.row_number, old.id, old.version, {changed}
        FROM {stage.rows} AS new JOIN {stage.target} AS old ON old.{key} = new.{key}
        WHERE NOT EXISTS (SELECT 1 FROM {stage.refusals} AS r WHERE r.row_number = new.row_number)
        """
    )
    if stage.declaration.former_keys:
        _refuse_former(stage, stage.declaration.former_keys)
    if on_existing is OnExisting.REFUSE:
        heading = stage.declaration.key_column().heading
        _refuse(
            stage,
            key,
            heading,
            _("It is there already, and existing records are refused here."),
            f"old.{key} = new.{key}",
        )
    if on_existing is OnExisting.UPDATE:
        for rule in stage.declaration.change_rules:
            if rule.unless not in confirmed:
                field = next(column.field for column in stage.declaration.columns if column.heading == rule.heading)
                _refuse(stage, f'"{field}"', rule.heading, rule.reason, f"is_changed = 1 AND ({rule.condition})")
    stage.analyze()


def _refuse_former(stage: Stage, former: FormerKeys) -> None:
    """Refuse the rows whose key is that of no record any more, naming the record that it leads to now."""
    key, table = f'"{stage.declaration.key}"', former.model._meta.db_table
    kept, record = (former.model._meta.get_field(name).column for name in (former.key, former.record))
    stage.run(
        f"""
        INSERT INTO {stage.matches} (row_number, target, target_version, is_changed)
        SELECT new.row_number, old.id, old.version, 0
        FROM {table} AS former
        JOIN {stage.rows} AS new ON new.{key} = former."{kept}"
        JOIN {stage.target} AS old ON old.id = former."{record}"
        WHERE NOT EXISTS (SELECT 1 FROM {stage.refusals} AS r WHERE r.row_number = new.row_number)
        AND NOT EXISTS (SELECT 1 FROM {stage.matches} AS m WHERE m.row_number = new.row_number)
        """
    )
    heading = stage.declaration.key_column().heading
    named = f"REPLACE(%s, '#', {former.named})"
    _refuse(stage, key, heading, former.reason, f"old.{key} <> new.{key}", named)


def _refuse(stage: Stage, value: str, heading: str, reason: str, condition: str, told: str = "%s") -> None:
    """Refuse the matched rows for which `condition` holds; `told` is SQL that makes the sentence of the reason."""
    stage.run(
        f"""
        INSERT INTO {stage.refusals} ({", ".join(REFUSAL)})
        SELECT new.row_number, new.line, %s, new.{value}, {told}
        FROM {stage.matches} AS m
        JOIN {stage.rows} AS new ON new.row_number = m.row_number
        JOIN {stage.target} AS old ON old.id = m.target
        WHERE {condition}
        """,
        [heading, str(reason)],
    )


def compared(stage: Stage) -> list[str]:
    """Return the fields whose values make a row a change: what the file holds, without what is derived from it."""
    derived = {field.attname for field in stage.derived}
    return [field for field in stage.fields if field not in derived and field != stage.declaration.key]


def count_matched(stage: Stage) -> tuple[int, int]:
    """Return how many good rows have a record, and how many of them change it."""
    sql = f"SELECT COUNT(*), COALESCE(SUM(is_changed), 0) FROM {stage.matches} AS s WHERE {is_good(stage)}"
    matched, changed = stage.query(sql)[0]
    return matched, int(changed)


def count_refused(stage: Stage) -> int:
    """Return how many rows are refused."""
    return stage.query(f"SELECT COUNT(DISTINCT row_number) FROM {stage.refusals}")[0][0]


def refusals(stage: Stage, file: str) -> tuple[list[Refusal], int]:
    """Return the first refusals in the order of the file, and how many more there are."""
    found = stage.query(
        f"""
        SELECT line, heading, value, reason FROM {stage.refusals}
        ORDER BY row_number, heading LIMIT {MOST_KEPT}
        """
    )
    total = stage.query(f"SELECT COUNT(*) FROM {stage.refusals}")[0][0]
    return [Refusal(file, line, heading, value, reason) for line, heading, value, reason in found], total - len(found)


def changes(stage: Stage, file: str) -> Iterator[Change]:
    """Yield what the first changed rows would replace, value by value."""
    fields = compared(stage)
    headings = {column.field: column.heading for column in stage.declaration.columns}
    pairs = ", ".join(f'old."{field}", new."{field}"' for field in fields)
    found = stage.query(
        f"""
        SELECT new.line, new."{stage.declaration.key}", {pairs}
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
                yield Change(file, line, key, headings[field], shorten(old), shorten(new))
