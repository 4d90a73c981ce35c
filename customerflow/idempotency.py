"""What is sent twice is recorded once: a form carries a key, and the record that it made keeps it."""

from collections.abc import Iterable
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

# A kind of record with an `idempotency_key`.
Keyed = TypeVar("Keyed", bound=models.Model)
SAID_OTHERWISE = _("This form was already sent once, and with another value here.")


def made_before(record: Keyed, *, said: Iterable[str]) -> Keyed | None:
    """
    Return the stored record with the key of `record`, or None where there is none.

    Raises `ValidationError`, keyed by field, where one of the fields `said` is another there.
    """
    if not record.idempotency_key:
        return None
    first = type(record).objects.filter(idempotency_key=record.idempotency_key).first()
    for field in said if first else ():
        if getattr(first, field) != getattr(record, field):
            raise ValidationError({field: SAID_OTHERWISE})
    return first


def save_once(record: Keyed, *, said: Iterable[str]) -> Keyed | None:
    """Save `record`, unless there is one with its key already: then return that one, as `made_before` does."""
    try:
        with transaction.atomic():
            record.save(force_insert=True)
    except IntegrityError:
        if first := made_before(record, said=said):
            return first
        raise
    return None
