"""Refusing rows that are staged: by what they say, what they refer to, and what else is loaded with them."""

from customerflow.loads.conditions import Words
from customerflow.loads.rules import Rule
from customerflow.loads.staging import BY_RULE, REFUSAL, Stage, Stages, is_good, is_right, rows_and_records, staged_as


def refuse(
    stage: Stage, heading: str, value: str, reason: object, condition: str, told: str = "%s", *, is_rule: bool = False
) -> int:
    """
    Refuse the good rows, `new`, for which the SQL `condition` holds; return how many.

    Where that is a rule, rows that break another one are asked too, so that everything is said at once.
    `old` is their record, `m` how they match it, `value` SQL of what stands in the row, and `told` SQL that makes the
    sentence of the reason.
    """
    return stage.run(
        f"""
        INSERT INTO {stage.refusals} ({", ".join(REFUSAL)})
        SELECT new.row_number, new.line, %s, CAST({value} AS text), {told}, {BY_RULE if is_rule else 1}
        FROM {rows_and_records(stage)}
        WHERE {is_right(stage, "new", BY_RULE) if is_rule else is_good(stage, "new")} AND ({condition})
        """,
        [str(heading), str(reason)],
    )


def violations(stage: Stage, stages: Stages, rule: Rule) -> int:
    """Return how many good rows a rule is against."""
    condition = f"{is_good(stage, 'new')} AND ({Words(stage, stages).fill(rule_condition(rule))})"
    return stage.query(f"SELECT COUNT(*) FROM {rows_and_records(stage)} WHERE {condition}")[0][0]


def rule_condition(rule: Rule) -> str:
    """Return the SQL condition that a row is against a rule."""
    return f"m.is_changed = 1 AND ({rule.condition})" if rule.of_changes else rule.condition


def count_refused(stage: Stage) -> int:
    """Return how many rows are refused."""
    return stage.query(f"SELECT COUNT(DISTINCT row_number) FROM {stage.refusals}")[0][0]


def heading_of(stage: Stage, field: str) -> str:
    """Return the heading of the column of a staged field."""
    return stage.declaration.column(field).heading


def said_in(stage: Stage, field: str, alias: str = "new") -> str:
    """Return the SQL of what a row says in a column, as text."""
    column = stage.declaration.column(field)
    return f'CAST({alias}."{staged_as(column)}" AS text)'


def value_of(stage: Stage, rule: Rule) -> str:
    """Return the SQL of what a row says in the column that a rule is about."""
    named = [column for column in stage.declaration.columns if column.heading == rule.heading]
    return f'new."{staged_as(named[0])}"' if named else "''"
