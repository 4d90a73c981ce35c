"""What is said on a ticket."""

from django.conf import settings
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import between, one_of, text_fits
from customerflow.records import page_of_record
from tickets.models.ticket import Ticket

# A day's work and night's, on one message.
MOST_MINUTES = 1_440


class Message(models.Model):
    """What was said on a ticket: to the customer, or among staff; and, where its author says so, how long that took."""

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
    minutes = models.PositiveSmallIntegerField(
        _("minutes spent"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_MINUTES)],
        help_text=_("The time that it took altogether, in whole minutes. It is not sent to the customer."),
    )
    # What a form carries, so that sending it twice says it once.
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)

    part_of = "ticket"
    personal_fields = ("body",)
    unrecorded_fields = ("idempotency_key",)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["created_at", "id"], name="message_by_moment")]
        constraints = [
            one_of("kind", ["public", "internal"]),
            text_fits("body", 20_000, shortest=1),
            between("minutes", 1, MOST_MINUTES),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.body[:40]}"

    def get_absolute_url(self) -> str:
        return page_of_record("tickets:ticket_detail", self.ticket_id)
