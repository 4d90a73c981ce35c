"""
Truths about one row, written once and enforced by the database.

SQLite enforces neither `max_length` nor the choices of a field, and bulk inserts run no validators: a CHECK constraint
is what holds everywhere. Each has the words that a person reads when a form meets it.
"""

from django.db.models import CheckConstraint, F, Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


def text_fits(field: str, longest: int, *, shortest: int = 0) -> CheckConstraint:
    """Return the constraint that `field` has `shortest` to `longest` characters; both are allowed."""
    condition = LessThanOrEqual(Length(field), longest)
    if shortest:
        condition = Q(condition) & Q(GreaterThanOrEqual(Length(field), shortest))
    return CheckConstraint(
        condition=condition,
        name=f"%(app_label)s_%(class)s_{field}_length",
        violation_error_message=format_lazy(
            _("{field} must have {shortest} to {longest} characters."),
            field=field.replace("_", " ").capitalize(),
            shortest=shortest,
            longest=longest,
        ),
    )


def one_of(field: str, choices: list) -> CheckConstraint:
    """Return the constraint that `field` holds one of `choices`."""
    return CheckConstraint(
        condition=Q(**{f"{field}__in": choices}),
        name=f"%(app_label)s_%(class)s_{field}_known",
        violation_error_message=format_lazy(
            _("{field} must be one of: {choices}."),
            field=field.replace("_", " ").capitalize(),
            choices=", ".join(map(str, choices)),
        ),
    )


def between(field: str, least: object, most: object) -> CheckConstraint:
    """Return the constraint that `field` is empty, or from `least` to `most`; both are allowed."""
    return CheckConstraint(
        condition=Q(**{f"{field}__gte": least, f"{field}__lte": most}),
        name=f"%(app_label)s_%(class)s_{field}_range",
        violation_error_message=format_lazy(
            _("{field} must be from {least} to {most}."),
            field=field.replace("_", " ").capitalize(),
            least=least,
            most=most,
        ),
    )


def at_least(field: str, least: object) -> CheckConstraint:
    """Return the constraint that `field` is empty, or `least` or more."""
    return CheckConstraint(
        condition=Q(**{f"{field}__gte": least}),
        name=f"%(app_label)s_%(class)s_{field}_minimum",
        violation_error_message=format_lazy(
            _("{field} must be {least} or more."), field=field.replace("_", " ").capitalize(), least=least
        ),
    )


def in_order(first: str, last: str) -> CheckConstraint:
    """Return the constraint that the day `last` is empty, or not before the day `first`."""
    return CheckConstraint(
        condition=Q(**{f"{last}__isnull": True}) | Q(**{f"{last}__gte": F(first)}),
        name=f"%(app_label)s_%(class)s_{last}_order",
        violation_error_message=format_lazy(
            _("{last} must not be before {first}."),
            last=last.replace("_", " ").capitalize(),
            first=first.replace("_", " "),
        ),
    )
