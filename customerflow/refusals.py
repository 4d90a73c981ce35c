"""Acts and their refusals: what a colleague did meanwhile is a refusal like any other, shown where it belongs."""

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import IntegrityError, OperationalError
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from customerflow.changes.recording import Recording, recording

# What PostgreSQL says to one of two that wait for each other.
DEADLOCK = "40P01"


@contextmanager
def acting(act: str = "") -> Iterator[Recording]:
    """
    Run an act in a transaction of its own, on record; `act` is what the history calls it.

    Raises `ValidationError` for what the act refuses, and for what a colleague added, removed or put to use while the
    person was looking. `ProtectedError` passes: removing says what stands in the way.
    """
    try:
        with recording(act) as record:
            yield record
    except ProtectedError:
        raise
    except IntegrityError as error:
        message = _("A colleague has just changed something that this depends on. Look again, then try again.")
        raise ValidationError(message, code="meanwhile") from error
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != DEADLOCK:
            raise
        message = _("A colleague was changing the same at this moment. Nothing was saved. Try again.")
        raise ValidationError(message, code="meanwhile") from error
    except ObjectDoesNotExist as error:
        message = _("A colleague has just removed this. Nothing was saved.")
        raise ValidationError(message, code="removed") from error


def show_refusal(form: forms.BaseForm, refusal: ValidationError) -> None:
    """Show a refusal at the fields it names; above the form, where it names one that the form does not have."""
    unknown = set(getattr(refusal, "error_dict", {})) - set(form.fields)
    form.add_error(None, ValidationError(refusal.messages) if unknown else refusal)
