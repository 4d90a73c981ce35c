"""Which record each row is about, by the keys of its kind; and what no two records may have."""

from django.db import models
from django.utils.translation import gettext as _

from customerflow.loads.declaration import FormerKeys, Reference
from customerflow.loads.models import OnExisting
from customerflow.loads.refusing import heading_of, refuse, said_in
from customerflow.loads.staging import REFUSAL, Stage, is_good, is_new, staged_as


def usable_keys(stage: Stage) -> list[tuple[str, ...]]:
    """Return the keys of which the file has all columns."""
    there = {*stage.filled, *(column.field for column in stage.declaration.references())}
    return [key for key in stage.declaration.keys if there.issuperset(key)]


def _is_given(alias: str, key: tuple[str, ...]) -> str:
    return " AND ".join(f'{alias}."{field}" IS NOT NULL' for field in key)


def _goes_by(alias: str, keys: list[tuple[str, ...]], nth: int) -> str:
    """Return the SQL condition that a row finds its record by the `nth` of the keys: the first that it gives."""
    earlier = "".join(f" AND NOT ({_is_given(alias, key)})" for key in keys[:nth])
    return f"{_is_given(alias, keys[nth])}{earlier}"


def refuse_doubled(stage: Stage, keys: list[tuple[str, ...]], nth: int) -> None:
    """Refuse all rows of the file that have one key, each naming the line of another. Rows refused for more count."""
    names = ", ".join(f's."{field}"' for field in keys[nth])
    stage.run(
        f"""
        INSERT INTO {stage.refusals} ({", ".join(REFUSAL)})
        SELECT row_number, line, %s, key, REPLACE(%s, '#', CAST(other AS text)), 1
        FROM (
            SELECT s.row_number, s.line, {said_in(stage, keys[nth][0], "s")} AS key,
                   COALESCE(LAG(s.line) OVER w, LEAD(s.line) OVER w) AS other
            FROM {stage.rows} AS s
            JOIN (
                SELECT {names} FROM {stage.rows} AS s WHERE {_goes_by("s", keys, nth)}
                GROUP BY {names} HAVING COUNT(*) > 1
            ) AS d ON {" AND ".join(f'd."{field}" = s."{field}"' for field in keys[nth])}
            WHERE {_goes_by("s", keys, nth)}
            WINDOW w AS (PARTITION BY {names} ORDER BY s.row_number)
        ) AS doubled
        """,
        [heading_of(stage, keys[nth][0]), _("It is there twice: also on line #.")],
    )


def match(stage: Stage, keys: list[tuple[str, ...]], nth: int, on_existing: OnExisting) -> None:
    """Find the records of the rows that give the `nth` key; refuse where there are several, or not the one named."""
    key = keys[nth]
    rows = f"FROM {stage.rows} AS new JOIN {stage.target} AS old ON {_same(stage, key)}"
    open_rows = f"{is_good(stage, 'new')} AND {_goes_by('new', keys, nth)}"
    if not _is_unique(stage.declaration.model, key):
        stage.run(
            f"""
            INSERT INTO {stage.refusals} ({", ".join(REFUSAL)})
            SELECT new.row_number, new.line, %s, MIN({said_in(stage, key[0])}),
                   REPLACE(REPLACE(%s, '#', CAST(COUNT(*) AS text)), '@', MIN(old.id) || ', ' || MAX(old.id)), 1
            {rows} WHERE {open_rows} GROUP BY new.row_number, new.line HAVING COUNT(*) > 1
            """,
            [heading_of(stage, key[0]), _("# records fit, among them those with our numbers @: say which it is.")],
        )
    differs = " OR ".join(differing(stage, field) for field in compared(stage)) or "1 = 0"
    changed = f"CASE WHEN {differs} THEN 1 ELSE 0 END" if on_existing is OnExisting.UPDATE else "0"
    version = "old.version" if _has_version(stage) else "1"
    stage.run(
        f"""
        INSERT INTO {stage.matches} (row_number, target, target_version, is_changed)
        SELECT new.row_number, old.id, {version}, {changed} {rows} WHERE {open_rows}
        """
    )
    if key == ("id",):
        reason = _("There is no record with this number.")
        condition = f"m.target IS NULL AND {_goes_by('new', keys, nth)}"
        refuse(stage, heading_of(stage, "id"), 'new."id"', reason, condition)


def have_appeared(stage: Stage) -> bool:
    """
    Return whether there is a record of a row that had none when it was compared.

    Only of keys that no constraint of the database keeps apart: of the others it tells by itself.
    """
    keys = usable_keys(stage)
    for nth, key in enumerate(keys):
        if _is_unique(stage.declaration.model, key):
            continue
        rows = f"{stage.rows} AS new JOIN {stage.target} AS old ON {_same(stage, key)}"
        condition = f"{is_new(stage, 'new')} AND {_goes_by('new', keys, nth)}"
        if stage.query(f"SELECT 1 FROM {rows} WHERE {condition} LIMIT 1"):
            return True
    return False


def _same(stage: Stage, key: tuple[str, ...]) -> str:
    """Return the SQL condition that a row and a record have the same key."""
    has_indexes = stage.is_sqlite and stage.target == stage.table
    return " AND ".join(
        # SQLite knows nothing of these rows, and may take the index with the fewest values; a sign keeps it from that.
        f'{"+" if has_indexes and place else ""}old."{field}" = new."{field}"'
        for place, field in enumerate(key)
    )


def refuse_keyless(stage: Stage, keys: list[tuple[str, ...]]) -> None:
    """Refuse rows by which a record could not be found again, when they are loaded a second time."""
    required = {column.field for column in stage.declaration.columns if column.is_required}
    if any(required.issuperset(set(key) - set(stage.declaration.staged)) for key in keys):
        return
    names = _(" or ").join(" + ".join(heading_of(stage, field) for field in key) for key in stage.declaration.keys)
    condition = " AND ".join(f"NOT ({_is_given('new', key)})" for key in keys) or "1 = 1"
    reason = _("Nothing tells which record this is. Give %(names)s.") % {"names": names}
    refuse(stage, "", "''", reason, condition)


def refuse_doubled_targets(stage: Stage) -> None:
    """Refuse rows that lead to one record in different ways."""
    if len(stage.declaration.keys) == 1:
        return
    doubled = f"SELECT target FROM {stage.matches} GROUP BY target HAVING COUNT(*) > 1"
    reason = _("Another row of the file is about the same record.")
    refuse(stage, "", "''", reason, f"m.target IN ({doubled})")


def unique_fields(stage: Stage) -> list[models.Field]:
    """Return the fields that no two records may share, besides the only key."""
    keys = stage.declaration.keys
    return [
        field
        for field in stage.declaration.model._meta.local_concrete_fields
        if field.unique and not field.primary_key and field.attname in stage.filled and keys != ((field.attname,),)
    ]


def refuse_taken(stage: Stage, field: models.Field) -> None:
    """Refuse rows with a value that another row has, or a record that does not give it up in the same load."""
    name, heading = field.attname, heading_of(stage, field.attname)
    value = f'new."{name}"'
    twice = f'SELECT "{name}" FROM {stage.rows} AS s WHERE {is_good(stage)} GROUP BY "{name}" HAVING COUNT(*) > 1'
    refuse(stage, heading, value, _("It is there twice, and no two records may have it."), f"{value} IN ({twice})")
    given_up = f"""
        SELECT 1 FROM {stage.matches} AS mine JOIN {stage.rows} AS theirs ON theirs.row_number = mine.row_number
        WHERE mine.target = holder.id AND mine.is_changed = 1 AND theirs."{name}" <> holder."{name}"
        AND {is_good(stage, "theirs")}
    """
    held = f"""
        EXISTS (
            SELECT 1 FROM {stage.table} AS holder
            WHERE holder."{name}" = {value} AND holder.id <> COALESCE(m.target, 0) AND NOT EXISTS ({given_up})
        )
    """
    refuse(stage, heading, value, _("Another record has it already."), held)


def refuse_former(stage: Stage, former: FormerKeys) -> None:
    """Refuse the rows whose key is that of no record any more, naming the record that it leads to now."""
    field = stage.declaration.keys[0][0]
    key, table = f'"{field}"', former.model._meta.db_table
    kept, record = (former.model._meta.get_field(name).column for name in (former.key, former.record))
    stage.run(
        f"""
        INSERT INTO {stage.refusals} ({", ".join(REFUSAL)})
        SELECT new.row_number, new.line, %s, new.{key}, REPLACE(%s, '#', {former.named}), 1
        FROM {table} AS former
        JOIN {stage.rows} AS new ON new.{key} = former."{kept}"
        JOIN {stage.table} AS old ON old.id = former."{record}"
        WHERE {is_good(stage, "new")}
        AND NOT EXISTS (SELECT 1 FROM {stage.matches} AS m WHERE m.row_number = new.row_number)
        """,
        [heading_of(stage, field), str(former.reason)],
    )


def _is_unique(model: type[models.Model], key: tuple[str, ...]) -> bool:
    """Return whether no two records can have one key."""
    fields = {field.attname: field for field in model._meta.local_concrete_fields}
    return len(key) == 1 and key[0] in fields and fields[key[0]].unique


def _has_version(stage: Stage) -> bool:
    return stage.declaration.is_of_model("version")


def compared(stage: Stage) -> list[str]:
    """Return the fields whose values make a row a change: what the file fills, without keys and what is derived."""
    derived = {field.attname for field in stage.derived}
    there = {*stage.filled, *(column.field for column in stage.declaration.references())}
    only_key = stage.declaration.keys[0] if len(stage.declaration.keys) == 1 else ()
    return [
        column.field
        for column in stage.declaration.columns
        if column.field in there
        and column.field != "id"
        and column.field not in derived
        and column.field not in only_key
        and not column.is_new_only
        and not (isinstance(column, Reference) and staged_as(column) not in stage.filled)
        and stage.declaration.is_of_model(column.field)
    ]


def differing(stage: Stage, field: str) -> str:
    """Return the SQL condition that a row gives another value than its record has."""
    if not stage.declaration.field(field).null:
        return f'new."{field}" <> old."{field}"'
    return f'(new."{field}" IS NOT NULL AND (old."{field}" IS NULL OR new."{field}" <> old."{field}"))'
