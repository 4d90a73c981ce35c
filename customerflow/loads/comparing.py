"""The second half of a load, up to the last step: what the staged rows would do to the records that are there."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from customerflow.loads.conditions import Words
from customerflow.loads.deriving import derive_changed
from customerflow.loads.matching import (
    compared,
    differing,
    match,
    refuse_doubled,
    refuse_doubled_targets,
    refuse_former,
    refuse_keyless,
    refuse_taken,
    unique_fields,
    usable_keys,
)
from customerflow.loads.models import OnExisting
from customerflow.loads.refusing import count_refused, heading_of, refuse, rule_condition, said_in, value_of
from customerflow.loads.resolving import resolve
from customerflow.loads.staging import PROVISIONAL, Stage, Stages, is_good, staged_as

# Refusals of rows by what belongs to them, and of what belongs to those, are followed so many times.
MOST_ROUNDS = 10


def merge_repeated(stage: Stage) -> int:
    """Keep of the rows that say the same the first only, and return how many others there were."""
    names = ", ".join(f'"{name}"' for name in stage.filled)
    return stage.run(
        f"""
        DELETE FROM {stage.rows} WHERE row_number IN (
            SELECT row_number FROM (
                SELECT row_number, ROW_NUMBER() OVER (PARTITION BY {names} ORDER BY row_number) AS nth
                FROM {stage.rows} AS s WHERE {is_good(stage)}
            ) AS repeated WHERE nth > 1
        )
        """
    )


def compare_all(stages: Stages, on_existing: OnExisting, confirmed: Collection[str]) -> None:
    """
    Find the record of each good row, and whether the row changes it, file after file.

    It can be repeated when records have changed meanwhile. `confirmed` names the confirmations that were given.
    """
    for stage in stages:
        _compare(stage, stages, on_existing, confirmed)
    before = -1
    for _round in range(MOST_ROUNDS if len(stages) > 1 else 1):
        for stage in stages:
            stage.declaration.check_together(stage, stages)
            _refuse_without_target(stage, stages)
        refused = sum(count_refused(stage) for stage in stages)
        if refused == before:
            break
        before = refused


def _compare(stage: Stage, stages: Stages, on_existing: OnExisting, confirmed: Collection[str]) -> None:
    stage.run(f"DELETE FROM {stage.refusals} WHERE is_found > 0")
    stage.run(f"DELETE FROM {stage.matches}")
    if stage.is_referred and not stage.is_sqlite:
        stage.index(stage.rows, "row_number")
    stage.analyze()
    resolve(stage, stages)
    stage.declaration.prepare(stage, stages)
    # Until then nothing was known of what the rows refer to.
    stage.analyze(stage.rows)
    keys = usable_keys(stage)
    for nth in range(len(keys)):
        refuse_doubled(stage, keys, nth)
        match(stage, keys, nth, on_existing)
    refuse_keyless(stage, keys)
    refuse_doubled_targets(stage)
    for field in unique_fields(stage):
        refuse_taken(stage, field)
    if stage.declaration.former_keys:
        refuse_former(stage, stage.declaration.former_keys)
    if on_existing is OnExisting.REFUSE:
        reason = _("It is there already, and existing records are refused here.")
        refuse(stage, heading_of(stage, keys[0][0]), said_in(stage, keys[0][0]), reason, "m.target IS NOT NULL")
    if on_existing is OnExisting.UPDATE and stage.declaration.fixed:
        _refuse_changes(stage)
    words = Words(stage, stages)
    for rule in stage.declaration.rules:
        if rule.unless not in confirmed and (on_existing is OnExisting.UPDATE or not rule.of_changes):
            condition = words.fill(rule_condition(rule))
            refuse(stage, rule.heading, value_of(stage, rule), rule.reason, condition, is_rule=True)
    stage.analyze()
    derive_changed(stage)


def _refuse_changes(stage: Stage) -> None:
    """Refuse rows that would change a record which is never changed, column by column."""
    for field in compared(stage):
        is_changed = f"m.is_changed = 1 AND ({differing(stage, field)})"
        refuse(stage, heading_of(stage, field), said_in(stage, field), stage.declaration.fixed, is_changed)


def _refuse_without_target(stage: Stage, stages: Stages) -> None:
    """Refuse rows that refer to a row of the load which is refused."""
    for reference in stage.declaration.references():
        for other in stages.of(reference.referent.kind):
            if other is stage:
                continue
            least, most = -(other.number + 1) * PROVISIONAL, -other.number * PROVISIONAL
            refused = f"SELECT {other.provisional('r')} FROM {other.refusals} AS r"
            key = f'new."{reference.field}"'
            refuse(
                stage,
                reference.heading,
                f'new."{staged_as(reference)}"',
                _("This is refused in the same load."),
                f"{key} > {least} AND {key} < {most} AND {key} IN ({refused})",
            )
