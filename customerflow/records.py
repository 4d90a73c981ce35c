"""What every record that staff edit has in common."""

from collections.abc import Collection
from functools import lru_cache

from django.db import models, router
from django.db.models import CheckConstraint, Q
from django.urls import get_script_prefix, reverse

# Stands for the key in an address that is made once and filled in many times.
STAND_IN = 9_007_199_254_740_993


def page_of_record(url_name: str, pk: int) -> str:
    """Return the address of a record's page: `reverse` would take a millisecond for the fifty rows of a list."""
    before, after = _pattern(url_name, get_script_prefix())
    return f"{before}{pk}{after}"


@lru_cache
def _pattern(url_name: str, _script_prefix: str) -> tuple[str, str]:
    before, _stand_in, after = reverse(url_name, args=[STAND_IN]).partition(str(STAND_IN))
    return before, after


class Record(models.Model):
    """
    A record that staff edit.

    `version` grows by one with each change; an edit that began on an older version is refused, so that nobody
    overwrites what a colleague has just saved.
    """

    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """
        Raise `ValidationError` for what the database would refuse.

        It is asked once whether all checks hold, and one by one only where they do not: Django asks for each of them.
        """
        self._do_checks_hold = self._checks_hold(frozenset(exclude or ()))
        try:
            super().validate_constraints(exclude)
        finally:
            del self._do_checks_hold

    def get_constraints(self) -> list[tuple[type[models.Model], list]]:
        """Return the constraints by model, without those that are known to hold."""
        constraints = super().get_constraints()
        if not getattr(self, "_do_checks_hold", False):
            return constraints
        return [
            (model, [constraint for constraint in of_model if not isinstance(constraint, CheckConstraint)])
            for model, of_model in constraints
        ]

    def _checks_hold(self, exclude: frozenset[str]) -> bool:
        against = self._get_field_expression_map(meta=self._meta, exclude=exclude)
        return _checks_without(type(self), exclude).check(against, using=router.db_for_write(type(self), instance=self))


@lru_cache
def _checks_without(model: type[models.Model], exclude: frozenset[str]) -> Q:
    """Return all checks of a model's table together, but for those that mention an excluded field."""
    together = Q()
    for constraint in model._meta.constraints:
        if isinstance(constraint, CheckConstraint):
            condition = Q(constraint.condition)
            if exclude.isdisjoint(condition.referenced_base_fields):
                together &= condition
    return together
