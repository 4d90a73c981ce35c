"""Being away: on leave, or ill."""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customerflow.changes.recording import recorded
from customerflow.staff.models import User


@recorded(_("Away"))
def be_away(*, user: User, until: date | None, on: date) -> None:
    """
    Let `user` be away up to and including the day `until`, or be there again (None); `on` is today.

    Raises `ValidationError`, keyed by field, for a day that is over.
    """
    if until is not None and until < on:
        message = _("%(until)s is over. Give today or a later day, or none at all.")
        raise ValidationError({"until": ValidationError(message, params={"until": until})})
    user.away_until = until
    user.save(update_fields=["away_until"])
