"""What the rows of a load may not say: part of what an app declares of a kind of record."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Rule:
    """
    What a row may not say.

    `condition` is SQL over the row, `new`, and its record, `old`, whose columns are NULL for a new one. A rule
    `of_changes` is about rows only that change a record. `unless` names a confirmation with which it does not count. A
    rule that `is_last` looks at other records: it is asked again when the row is written.
    """

    heading: str
    condition: str
    reason: str | Promise
    of_changes: bool = False
    unless: str = ""
    is_last: bool = False


def needed(heading: str, field: str) -> Rule:
    """Return the rule that a new record has a value in `field`, which its column need not be there for."""
    return Rule(heading, f'old.id IS NULL AND new."{field}" IS NULL', _("A new record needs it."))


def stays(heading: str, field: str) -> Rule:
    """Return the rule that a record keeps what it has in `field`."""
    reason = _("It stays where it is: this is not changed by a load.")
    return Rule(heading, f'new."{field}" <> old."{field}"', reason)
