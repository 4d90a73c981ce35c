"""What is said on a ticket."""

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import one_of, text_fits
from customerflow.records import page_of_record
from tickets.models.ticket import Ticket


class Message(models.Model):
    """What was said on a ticket: to the customer, or among staff."""

    class Kind(models.TextChoices):
        PUBLIC = "public", _("Public reply")
        INTERNAL = "internal", _("Internal note")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="messages", verbose_name=_("ticket"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    # A text field checks the length that it is given in forms only.
    body = models.TextField(_("text"), max_length=20_000, validators=[MaxLengthValidator(20_000)])
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("written at"), editable=False)

    part_of = "ticket"
    personal_fields = ("body",)

    class Meta:
        ordering = ["pk"]
        constraints = [one_of("kind", ["public", "internal"]), text_fits("body", 20_000, shortest=1)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.body[:40]}"

    def get_absolute_url(self) -> str:
        return page_of_record("tickets:ticket_detail", self.ticket_id)
