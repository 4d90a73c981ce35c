"""What is closed: asked by every act that posts something. The database refuses it all the same, whoever asks."""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.models import PeriodClosing


def check_open(on: date) -> None:
    """Raise `ValidationError`, keyed `on`, where the books of the day `on` are closed; one query."""
    closed = PeriodClosing.objects.closed_to()
    if closed is not None and on <= closed:
        message = _("The books are closed up to %(day)s: nothing is posted on or before that day any more.")
        raise ValidationError({"on": ValidationError(message, code="closed", params={"day": closed})})
