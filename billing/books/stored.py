"""Whether the database keeps what it is to keep: text that fits, whole cents, and the triggers that guard it."""

from collections.abc import Iterator
from datetime import date

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from billing.books.check import Check, Violation
from customerflow.changes.triggers import all_missing_triggers
from customerflow.money import MoneyField


def stored_as_declared(model: type[models.Model]) -> Iterator[Check]:
    """
    Yield the checks that the texts of a model fit their fields, and that its money is whole cents.

    PostgreSQL refuses everything else by itself.
    """
    table, kind = model._meta.db_table, model._meta.label_lower
    fields = model._meta.local_concrete_fields
    texts = [(each.column, f'LENGTH("{each.column}")', each.max_length) for each in fields if _has_length(each)]
    if texts:
        wrong = [(column, f"{length} > {most}", length) for column, length, most in texts]
        yield Check(
            f"text-{kind}",
            _("A stored text is not longer than its field."),
            _("Shorten it, and find out what wrote it: no form and no load does."),
            kind,
            _("“%(first)s” has %(second)s characters."),
            sql={"sqlite": _first_wrong(table, wrong)},
        )
    amounts = [each.column for each in fields if isinstance(each, MoneyField)]
    if amounts:
        wrong = [(each, f"TYPEOF(\"{each}\") NOT IN ('integer', 'null')", f'TYPEOF("{each}")') for each in amounts]
        yield Check(
            f"cents-{kind}",
            _("Money is stored as whole cents."),
            _("Write the whole number of cents in its place: sums over it are wrong until then."),
            kind,
            _("“%(first)s” is stored as %(second)s."),
            sql={"sqlite": _first_wrong(table, wrong)},
        )


def _has_length(field: models.Field) -> bool:
    return isinstance(field, models.CharField) and field.max_length is not None


def _first_wrong(table: str, wrong: list[tuple[str, str, str]]) -> str:
    """Return the query for rows with a wrong column: the key, the first such column, and what it is like."""
    names = " ".join(f"WHEN {condition} THEN '{column}'" for column, condition, _like in wrong)
    likes = " ".join(f"WHEN {condition} THEN {like}" for _column, condition, like in wrong)
    conditions = " OR ".join(condition for _column, condition, _like in wrong)
    return f'SELECT id, CASE {names} END, CASE {likes} END FROM "{table}" WHERE {conditions}'


def _missing_triggers(_on: date) -> Iterator[Violation]:
    for name in all_missing_triggers(connection):
        yield None, name, None


CHECKS = (
    Check(
        "triggers",
        _("The triggers that write down changes and keep issued documents as they are, are there."),
        _("Run manage.py migrate: it installs them. Until then changes go unrecorded or unrefused."),
        told=_("Missing: %(first)s."),
        find=_missing_triggers,
    ),
)
