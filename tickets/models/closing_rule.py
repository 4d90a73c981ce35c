"""Rules by which tickets are closed that wait for a customer who does not answer."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import between, text_fits
from customerflow.records import Record, page_of_record
from tickets.models.ticket_type import TicketType

MOST_DAYS = 365


class ClosingRuleQuerySet(models.QuerySet):
    """Rules, chosen. There are few."""

    def search(self, text: str) -> "ClosingRuleQuerySet":
        """Return those in whose name every word of `text` occurs."""
        found = self
        for word in text.split():
            found = found.filter(name__icontains=word)
        return found


class ClosingRule(Record):
    """
    Tickets that have waited for the customer for `days` times 24 hours are closed; of one type, or of all.

    A rule is switched off until somebody has seen which tickets it would close, and again when it is changed.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    days = models.PositiveSmallIntegerField(
        _("days of waiting"), validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)]
    )
    type = models.ForeignKey(
        TicketType,
        models.CASCADE,
        related_name="closing_rules",
        null=True,
        blank=True,
        verbose_name=_("type"),
        help_text=_("None: tickets of every type."),
    )
    is_on = models.BooleanField(_("switched on"), default=False, editable=False)

    objects = ClosingRuleQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("closing rule")
        verbose_name_plural = _("closing rules")
        constraints = [text_fits("name", 100, shortest=1), between("days", 1, MOST_DAYS)]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("tickets:closingrule_detail", self.pk)
