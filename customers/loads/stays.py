"""Where loaded equipment is, and since when: its stays follow from what the units hold when all rows are written."""

from datetime import date, timedelta

from customerflow.loads.applying import Application
from customerflow.loads.staging import Stage
from customers.models import Equipment, Installation

STAYS = Installation._meta.db_table
UNITS = Equipment._meta.db_table
RENT = "(CASE WHEN unit.terms = 'rented' THEN unit.monthly_rent ELSE 0 END)"
# A unit that is installed and has no open stay at all.
ARRIVED = f"""
    SELECT unit.id FROM {UNITS} AS unit WHERE unit.location_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM {STAYS} AS running WHERE running.unit_id = unit.id AND running.last_day IS NULL)
"""
# An open stay of which the unit says something else by now.
IS_ANOTHER = f"""
    FROM {UNITS} AS unit WHERE unit.id = {STAYS}.unit_id AND {STAYS}.last_day IS NULL
    AND (unit.location_id <> {STAYS}.location_id OR {RENT} <> {STAYS}.monthly_rent)
"""


def move_stays(application: Application, today: date) -> None:
    """
    End and begin the stays of the units of a file, as `customers.stays` does for one.

    A unit that has left was there until `today`. One that is elsewhere, or costs something else, is so from `today` on.
    """
    stage = application.stage
    stage.run(f"DELETE FROM {stage.found}")
    stage.run(f"INSERT INTO {stage.found} (target) SELECT record_id FROM {application.written} AS w")
    _end(stage, today)
    _replace(stage, today)
    _begin(stage, today)


def _of_file(stage: Stage) -> str:
    return f"{STAYS}.unit_id IN (SELECT target FROM {stage.found})"


def _end(stage: Stage, today: date) -> None:
    """End the stays of units that are installed no more."""
    latest = _later(stage, f"{STAYS}.first_day", _day(stage))
    stage.run(
        f"""
        UPDATE {STAYS} SET last_day = {latest} FROM {UNITS} AS unit
        WHERE unit.id = {STAYS}.unit_id AND unit.location_id IS NULL AND {STAYS}.last_day IS NULL AND {_of_file(stage)}
        """,
        [today.isoformat()],
    )


def _replace(stage: Stage, today: date) -> None:
    """Let stays that have become others end yesterday; those that began today are simply others."""
    stage.run(
        f"""
        UPDATE {STAYS} SET location_id = unit.location_id, monthly_rent = {RENT}
        {IS_ANOTHER} AND {STAYS}.first_day >= {_day(stage)} AND {_of_file(stage)}
        """,
        [today.isoformat()],
    )
    stage.run(
        f"UPDATE {STAYS} SET last_day = {_day(stage)} {IS_ANOTHER} AND {_of_file(stage)}",
        [(today - timedelta(days=1)).isoformat()],
    )


def _begin(stage: Stage, today: date) -> None:
    """Begin the stays of units that have none; a day belongs to the place where a unit is at its end."""
    day = _day(stage)
    arrived = f"{STAYS}.last_day = {day} AND {STAYS}.unit_id IN ({ARRIVED}) AND {_of_file(stage)}"
    stage.run(f"DELETE FROM {STAYS} WHERE {STAYS}.first_day >= {day} AND {arrived}", [today.isoformat()] * 2)
    yesterday = today - timedelta(days=1)
    stage.run(f"UPDATE {STAYS} SET last_day = {day} WHERE {arrived}", [yesterday.isoformat(), today.isoformat()])
    stage.run(
        f"""
        INSERT INTO {STAYS} (unit_id, location_id, first_day, monthly_rent)
        SELECT unit.id, unit.location_id, {day}, {RENT} FROM {UNITS} AS unit
        WHERE unit.id IN (SELECT target FROM {stage.found}) AND unit.id IN ({ARRIVED})
        ORDER BY unit.id
        """,
        [today.isoformat()],
    )


def _day(stage: Stage) -> str:
    """Return the SQL of a day that is a parameter; SQLite takes texts for days."""
    return "%s" if stage.is_sqlite else "CAST(%s AS date)"


def _later(stage: Stage, one: str, other: str) -> str:
    return f"MAX({one}, {other})" if stage.is_sqlite else f"GREATEST({one}, {other})"
