"""Answers that are given often."""

from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import text_fits
from customerflow.records import Record, page_of_record
from customerflow.variables import check_variables
from tickets.models.ticket_type import TicketType

LONGEST_TEXT = 5_000
VARIABLES = {
    "customer": _("the customer's name"),
    "customer_number": _("the customer number"),
    "number": _("the number of the ticket"),
    "subject": _("the subject of the ticket"),
    "service": _("the service that the ticket is about"),
    "location": _("the address where it is"),
    "agent": _("the name of who answers"),
    "operator": _("our name"),
    "contact": _("our phone and e-mail address"),
}


def check_text(text: str) -> None:
    """Raise `ValidationError` for a variable that there is none of, and for a brace without its other."""
    check_variables(text, VARIABLES)


class CannedReplyQuerySet(models.QuerySet):
    """Canned replies, chosen. There are few."""

    def search(self, text: str) -> "CannedReplyQuerySet":
        """Return those in whose name every word of `text` occurs."""
        found = self
        for word in text.split():
            found = found.filter(name__icontains=word)
        return found

    def for_type(self, ticket_type_id: int) -> "CannedReplyQuerySet":
        """Return those that are offered on tickets of a type: for it, or for all."""
        return self.filter(models.Q(type=None) | models.Q(type=ticket_type_id))


class CannedReply(Record):
    """An answer that is given often, with variables that are filled in before somebody reads it over and sends it."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    type = models.ForeignKey(
        TicketType,
        models.CASCADE,
        related_name="canned_replies",
        null=True,
        blank=True,
        verbose_name=_("type"),
        help_text=_("Offered on tickets of this type only."),
    )
    text = models.TextField(
        _("text"), max_length=LONGEST_TEXT, validators=[MaxLengthValidator(LONGEST_TEXT), check_text]
    )

    objects = CannedReplyQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")
        constraints = [text_fits("name", 100, shortest=1), text_fits("text", LONGEST_TEXT, shortest=1)]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("tickets:cannedreply_detail", self.pk)
