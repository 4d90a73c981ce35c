"""
The triggers that write every change down, whoever makes it and however: a form, a bulk insert, a cascade, plain SQL.

A change goes to the change set that its transaction records (see `recording`); one outside of any gets a set of its
own. SQLite forgets triggers whenever a migration remakes their table, and cannot remake a table that a trigger
names; on PostgreSQL they would name columns that a migration has renamed. So they are removed before a migration and
installed after every one.
"""

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.migration import Migration

from customerflow.changes.models import Change, ChangeCount, ChangeSet, CurrentRecording
from customerflow.changes.tracked import has_version, tracked_fields, tracked_models

EVENTS = {"create": "INSERT", "change": "UPDATE", "delete": "DELETE"}
SETS, COUNTS, CHANGES = (model._meta.db_table for model in (ChangeSet, ChangeCount, Change))
# How a session of PostgreSQL knows the change set that its transaction records.
SETTING = "customerflow.change_set"


def install(sender, using: str, plan: list | None = None, **_kwargs) -> None:
    """
    Make the triggers of all tables that are there; connected to `post_migrate`.

    A `flush` says the same but has no plan, and takes none away.
    """
    if sender.name != "customerflow.changes" or plan is None:
        return
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    if CHANGES not in tables:
        return
    statements = _sqlite if connection.vendor == "sqlite" else _postgresql
    with connection.cursor() as cursor:
        for model in tracked_models():
            if model._meta.db_table in tables:
                for statement in statements(model):
                    cursor.execute(statement)


def remove(sender, using: str, plan: list[tuple[Migration, bool]], **_kwargs) -> None:
    """Take the triggers away where a migration is to follow; connected to `pre_migrate`."""
    connection = connections[using]
    if sender.name != "customerflow.changes" or not plan:
        return
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for model in tracked_models():
            if model._meta.db_table not in tables:
                continue
            of_table = "" if connection.vendor == "sqlite" else f' ON "{model._meta.db_table}"'
            for name in trigger_names(model):
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{of_table}')


def trigger_names(model: type[models.Model]) -> list[str]:
    """Return the names of the triggers on a model's table."""
    return [f"{model._meta.db_table}_on_record_{action}" for action in EVENTS]


def missing_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the triggers that should be there and are not, or are disabled."""
    found = triggers_in_force(connection)
    return [name for model in tracked_models() for name in trigger_names(model) if name not in found]


# What looks for missing triggers; an app with triggers of its own adds its own function when it is ready.
FINDERS = [missing_triggers]


def all_missing_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the triggers of all apps that should be there and are not, or are disabled."""
    return [name for find in FINDERS for name in find(connection)]


def triggers_in_force(connection: BaseDatabaseWrapper) -> set[str]:
    """Return the names of all triggers of the database, those that are disabled left out."""
    if connection.vendor == "sqlite":
        catalogue = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        catalogue = "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')"
    with connection.cursor() as cursor:
        cursor.execute(catalogue)
        return {name for (name,) in cursor.fetchall()}


def recorded_set(vendor: str) -> str:
    """Return the SQL of the key of the change set that is being recorded; NULL outside of any."""
    if vendor == "sqlite":
        return f"(SELECT change_set_id FROM {CurrentRecording._meta.db_table})"
    return f"NULLIF(current_setting('{SETTING}', true), '')::bigint"


def _columns(model: type[models.Model]) -> list[str]:
    return [field.column for field in tracked_fields(model)]


def _sqlite(model: type[models.Model]) -> list[str]:
    table, kind, columns = model._meta.db_table, model._meta.label_lower, _columns(model)
    recording = recorded_set("sqlite")
    newest = f"(SELECT MAX(id) FROM {SETS})"

    images = _sqlite_images(columns)
    statements = []
    for (action, event), name in zip(EVENTS.items(), trigger_names(model), strict=True):
        row = "OLD" if action == "delete" else "NEW"
        version = f"{row}.version" if has_version(model) else "NULL"
        before, after = images[action]
        condition = f"WHEN {' OR '.join(map(_differs, columns))}" if action == "change" else ""
        statements += [
            f'DROP TRIGGER IF EXISTS "{name}"',
            f"""
            CREATE TRIGGER "{name}" AFTER {event} ON "{table}" {condition} BEGIN
                INSERT INTO {SETS} (at, through, act, why, request_id)
                SELECT strftime('%Y-%m-%d %H:%M:%f', 'now'), '{ChangeSet.Through.DIRECT}', '', '', ''
                WHERE {recording} IS NULL;
                INSERT INTO {COUNTS} (change_set_id, kind, action, number)
                SELECT {newest}, '{kind}', '{action}', 1 WHERE {recording} IS NULL;
                INSERT INTO {CHANGES} (change_set_id, kind, record_id, action, version, before, after)
                VALUES (COALESCE({recording}, {newest}), '{kind}', {row}.id, '{action}', {version}, {before}, {after});
            END
            """,
        ]
    return statements


def _sqlite_images(columns: list[str]) -> dict[str, tuple[str, str]]:
    """Return what a trigger writes as before and after, for each thing that can become of a record."""

    def whole(row: str) -> str:
        cells = ", ".join(f"'{column}', {row}.\"{column}\"" for column in columns)
        return f"json_object({cells})"

    def changed(row: str) -> str:
        cells = " UNION ALL ".join(
            f"SELECT '{column}' AS name, {row}.\"{column}\" AS value WHERE {_differs(column)}" for column in columns
        )
        return f"(SELECT json_group_object(name, value) FROM ({cells}))"

    return {
        "create": ("NULL", whole("NEW")),
        "change": (changed("OLD"), changed("NEW")),
        "delete": (whole("OLD"), "NULL"),
    }


def _differs(column: str) -> str:
    return f'OLD."{column}" IS NOT NEW."{column}"'


def _postgresql(model: type[models.Model]) -> list[str]:
    """
    Return one function for the table, called once for each statement with all its rows.

    Without compiling it just in time: a session that has once written very many rows would compile it anew for every
    statement that follows, which takes longer than the statement.
    """
    table, function = model._meta.db_table, f"{model._meta.db_table}_on_record"
    names = {"create": "NEW TABLE AS new_rows", "delete": "OLD TABLE AS old_rows"}
    names["change"] = f"{names['create']} {names['delete']}"
    triggers = [
        f"""
        CREATE OR REPLACE TRIGGER "{name}" AFTER {event} ON "{table}"
        REFERENCING {names[action]} FOR EACH STATEMENT EXECUTE FUNCTION "{function}"()
        """
        for (action, event), name in zip(EVENTS.items(), trigger_names(model), strict=True)
    ]
    return [_postgresql_function(model, function), *triggers]


def _postgresql_function(model: type[models.Model], name: str) -> str:
    kind, columns = model._meta.label_lower, _columns(model)

    def written(action: str, row: str, before: str, after: str, rows: str) -> str:
        version = f"{row}.version" if has_version(model) else "NULL::integer"
        return f"""
            INSERT INTO {CHANGES} (change_set_id, kind, record_id, action, version, before, after)
            SELECT the_set, '{kind}', {row}.id, '{action}', {version}, {before}, {after} FROM {rows};
        """

    def whole(row: str) -> str:
        cells = ", ".join(f'{row}."{column}"' for column in columns)
        return f"(SELECT row_to_json(image)::text FROM (SELECT {cells}) AS image)"

    changed = _postgresql_changed(columns)
    return f"""
        CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql SET jit = off AS $$
        DECLARE
            recorded bigint := {recorded_set("postgresql")};
            the_set bigint := COALESCE(recorded, nextval(pg_get_serial_sequence('{SETS}', 'id')));
            written bigint;
        BEGIN
            IF TG_OP = 'INSERT' THEN {written("create", "n", "NULL", whole("n"), "new_rows AS n")}
            ELSIF TG_OP = 'DELETE' THEN {written("delete", "o", whole("o"), "NULL", "old_rows AS o")}
            ELSE {written("change", "n", "images.before", "images.after", changed)}
            END IF;
            GET DIAGNOSTICS written = ROW_COUNT;
            IF recorded IS NULL AND written > 0 THEN
                INSERT INTO {SETS} (id, at, through, act, why, request_id)
                VALUES (the_set, now(), '{ChangeSet.Through.DIRECT}', '', '', '');
                INSERT INTO {COUNTS} (change_set_id, kind, action, number) VALUES (
                    the_set, '{kind}',
                    CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'DELETE' THEN 'delete' ELSE 'change' END, written
                );
            END IF;
            RETURN NULL;
        END
        $$
    """


def _postgresql_changed(columns: list[str]) -> str:
    """Return the rows that a statement changed, each with what was before and after."""
    cells = ", ".join(f'(\'{column}\', to_json(o."{column}"), to_json(n."{column}"))' for column in columns)
    old, new = (", ".join(f'{row}."{column}"' for column in columns) for row in ("o", "n"))
    return f"""new_rows AS n JOIN old_rows AS o ON o.id = n.id CROSS JOIN LATERAL (
                SELECT json_object_agg(cell.name, cell.old)::text AS before,
                    json_object_agg(cell.name, cell.new)::text AS after
                FROM (VALUES {cells}) AS cell (name, old, new) WHERE cell.old::text IS DISTINCT FROM cell.new::text
            ) AS images WHERE ROW({old}) IS DISTINCT FROM ROW({new})"""
