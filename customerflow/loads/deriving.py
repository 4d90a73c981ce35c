"""What is derived from the values of a row: the keys that records are sorted, compared and found by."""

from types import SimpleNamespace

from django.db import models

from customerflow.loads.staging import Stage, is_good, is_new, rows_and_records
from customerflow.money import MoneyField, from_minor

ROWS_A_PIECE = 2_000


class Sources:
    """Stands for a record, and remembers what is asked of it."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getattr__(self, name: str) -> str:
        self.asked.add(name)
        return ""


class Derivation:
    """Derives from the values of `names`, as they are staged; what they do not say has the field's default."""

    def __init__(self, stage: Stage, names: list[str]) -> None:
        fields = {field.attname: field for field in stage.declaration.model._meta.local_concrete_fields}
        self.derived = [(field.derive, field.max_length) for field in stage.derived]
        self.names = names
        self.defaults = {name: _default(field) for name, field in fields.items()}
        self.is_money = {name for name in names if isinstance(fields.get(name), MoneyField)}

    def __call__(self, values: list[object]) -> list[str]:
        """Return the derived values of one row."""
        given = {name: value for name, value in zip(self.names, values, strict=True) if value is not None}
        for name in self.is_money & given.keys():
            given[name] = from_minor(given[name])
        record = SimpleNamespace(**(self.defaults | given))
        return [derive(record)[:longest] for derive, longest in self.derived]


def _default(field: models.Field) -> object:
    return None if field.primary_key or field.is_relation else field.get_default()


def derive_changed(stage: Stage) -> None:
    """Derive anew what depends on values that the file does not give, of the records that it changes."""
    if not stage.derived or _says_all(stage):
        return
    names = _sources(stage)
    staged = set(stage.columns()) - {"id"}
    merged = ", ".join(f'COALESCE(new."{name}", old."{name}")' if name in staged else f'old."{name}"' for name in names)
    changed = f"""
        SELECT new.row_number, {merged}
        FROM {stage.matches} AS m
        JOIN {stage.rows} AS new ON new.row_number = m.row_number
        JOIN {stage.table} AS old ON old.id = m.target
        WHERE m.is_changed = 1 AND {is_good(stage, "m")}
    """
    _derive_rows(stage, names, changed)


def derive_made(stage: Stage, made: dict[str, str]) -> None:
    """Derive anew what depends on values that new records get though the file does not give them."""
    asked = _asked(stage) & made.keys()
    if not asked:
        return
    staged = [name for name in _sources(stage) if name in stage.columns() or name in made]
    values = ", ".join(made.get(name, f'new."{name}"') for name in staged)
    lacking = " OR ".join(f'new."{name}" IS NULL' if name in stage.columns() else "1 = 1" for name in asked)
    lacking_rows = f"""
        SELECT new.row_number, {values} FROM {rows_and_records(stage)}
        WHERE {is_new(stage, "new")} AND ({lacking})
    """
    _derive_rows(stage, staged, lacking_rows)


def _derive_rows(stage: Stage, names: list[str], rows: str) -> None:
    """Derive from the values of `names` in `rows`, the SQL of which ends with a condition on `new`."""
    derive, last = Derivation(stage, names), 0
    if not stage.is_sqlite:
        stage.index(stage.rows, "row_number")
    assignments = ", ".join(f'"{field.attname}" = %s' for field in stage.derived)
    while page := stage.query(f"{rows} AND new.row_number > %s ORDER BY new.row_number LIMIT {ROWS_A_PIECE}", [last]):
        last = page[-1][0]
        keys = [(*derive(list(values)), row_number) for row_number, *values in page]
        stage.run_many(f"UPDATE {stage.rows} SET {assignments} WHERE row_number = %s", keys)


def _sources(stage: Stage) -> list[str]:
    """Return the stored names of the fields that others may be derived from."""
    derived = {field.attname for field in stage.derived}
    fields = stage.declaration.model._meta.local_concrete_fields
    return [field.attname for field in fields if not field.generated and field.attname not in derived]


def _asked(stage: Stage) -> set[str]:
    """Return the names of the fields that are derived from."""
    sources = Sources()
    for field in stage.derived:
        field.derive(sources)
    return sources.asked


def _says_all(stage: Stage) -> bool:
    """Return whether the file gives everything that is derived from, in every row."""
    required = {column.field for column in stage.declaration.columns if column.is_required}
    return _asked(stage) <= required
