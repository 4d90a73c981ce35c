"""What was found in the rows of a file, kept: for people to see, and for the last step to do just that."""

from collections.abc import Collection, Iterator

from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from customerflow.loads.matching import compared, differing
from customerflow.loads.models import Finding, LoadedFile
from customerflow.loads.outcomes import title
from customerflow.loads.staging import Stage, is_good, is_new, is_refused, rows_and_records
from customerflow.money import PLACES, MoneyField

Outcome = Finding.Outcome
ROWS_A_PIECE = 20_000
NAMED = 20
TABLE = Finding._meta.db_table
COLUMNS = 'file_id, row_number, line, outcome, "key", "column", old, new, reason, target, target_version, written'


def keep_findings(stage: Stage, file: LoadedFile, outcomes: Collection[str]) -> None:
    """
    Keep what was found in the rows of a file, those of `outcomes`, in the surrounding transaction.

    Without one it is done in pieces, so that nobody waits for long.
    """
    last = stage.query(f"SELECT COALESCE(MAX(row_number), 0) FROM {stage.rows}")[0][0]
    step = last if connection.in_atomic_block else ROWS_A_PIECE
    for first in range(0, last, max(step, 1)):
        with transaction.atomic():
            for outcome in outcomes:
                for query, parameters in _found(stage, outcome):
                    within = f"new.row_number > {first} AND new.row_number <= {first + step}"
                    stage.run(
                        f"INSERT INTO {TABLE} ({COLUMNS}) {query} AND {within} ORDER BY new.row_number",
                        [file.pk, outcome, *parameters],
                    )


def _found(stage: Stage, outcome: str) -> Iterator[tuple[str, list[object]]]:
    """Yield the queries of the findings of one outcome, for the columns in `COLUMNS`; `new` is the row."""
    row = f"SELECT %s, new.row_number, new.line, %s, COALESCE(SUBSTR({title(stage)}, 1, 200), '')"
    rows = f"FROM {rows_and_records(stage)}"
    if outcome == Outcome.CREATED:
        yield f"{row}, '', '', '', '', NULL, NULL, '' {rows} WHERE {is_new(stage, 'new')}", []
    elif outcome == Outcome.UNCHANGED:
        where = f"WHERE m.is_changed = 0 AND {is_good(stage, 'new')}"
        yield f"{row}, '', '', '', '', m.target, m.target_version, '' {rows} {where}", []
    elif outcome == Outcome.CHANGED:
        for field in compared(stage):
            heading = stage.declaration.column(field).heading
            old, new = (in_words(stage, field, f'{alias}."{field}"') for alias in ("old", "new"))
            where = f"WHERE m.is_changed = 1 AND {is_good(stage, 'new')} AND {differing(stage, field)}"
            yield f"{row}, %s, {old}, {new}, '', m.target, m.target_version, '' {rows} {where}", [heading]
    else:
        first = f"SELECT MIN(heading || reason) FROM {stage.refusals} AS f WHERE f.row_number = new.row_number"
        written = f"CASE WHEN r.heading || r.reason = ({first}) THEN COALESCE(new.written, '') ELSE '' END"
        refused = f"{rows} JOIN {stage.refusals} AS r ON r.row_number = new.row_number"
        yield (
            f"{row}, r.heading, '', r.value, r.reason, m.target, m.target_version, {written} {refused} WHERE 1 = 1",
            [],
        )


def in_words(stage: Stage, field: str, value: str) -> str:
    """Return the SQL of a stored value for a person: as `outcomes.shown` does, but never shortened."""
    model_field = stage.declaration.field(field)
    if isinstance(model_field, MoneyField):
        one = f"1{'0' * PLACES}"
        decimal = f"{value} * 1.0 / {one}"
        text = f"printf('%%.{PLACES}f', {decimal})" if stage.is_sqlite else f"ROUND({decimal}, {PLACES})"
    elif isinstance(model_field, models.BooleanField):
        text = f"CASE WHEN {value} THEN {_literal(_('yes'))} ELSE {_literal(_('no'))} END"
    elif model_field.is_relation:
        text = f"CASE WHEN {value} > 0 THEN '#' || {value} ELSE {_literal(_('new'))} END"
    else:
        text = value
    return f"COALESCE(CAST({text} AS text), '')"


def _literal(text: str) -> str:
    quoted = text.replace("'", "''").replace("%", "%%")
    return f"'{quoted}'"


def differences(stage: Stage, file: LoadedFile) -> list[str]:
    """
    Return in words where the rows would do another thing now than what was found in `file`, the first ones.

    A record that was to be changed must be as it was; one that was to be left alone may have been changed elsewhere.
    """
    now = f"""
        SELECT new.row_number, new.line, {title(stage)} AS title, m.target, m.target_version,
               CASE WHEN {is_refused(stage, "new")} THEN '{Outcome.REFUSED}'
                    WHEN m.target IS NULL THEN '{Outcome.CREATED}'
                    WHEN m.is_changed = 1 THEN '{Outcome.CHANGED}' ELSE '{Outcome.UNCHANGED}' END AS outcome
        FROM {rows_and_records(stage)}
    """
    differing_rows = f"""
        FROM ({now}) AS now WHERE NOT EXISTS (
            SELECT 1 FROM {TABLE} AS f
            WHERE f.file_id = %s AND f.row_number = now.row_number AND f.outcome = now.outcome
            AND (
                now.outcome <> '{Outcome.CHANGED}'
                OR (f.target = now.target AND f.target_version = now.target_version)
            )
        )
    """
    count = stage.query(f"SELECT COUNT(*) {differing_rows}", [file.pk])[0][0]
    if not count:
        return []
    found = stage.query(f"SELECT line, title, outcome {differing_rows} ORDER BY row_number LIMIT {NAMED}", [file.pk])
    words = [
        _("%(file)s, line %(line)d: %(record)s would now be %(outcome)s, or is not what it was any more.")
        % {"file": file.name, "line": line, "record": title, "outcome": Outcome(outcome).label.lower()}
        for line, title, outcome in found
    ]
    return words + ([_("... and %(count)d more.") % {"count": count - NAMED}] if count > NAMED else [])
