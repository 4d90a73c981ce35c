"""What is to be done on visits of a kind."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import text_fits
from customerflow.records import Record, page_of_record
from tickets.models import TicketType

LONGEST_ITEM = 200
LONGEST_LIST = 10_000
MOST_ITEMS = 50


def items_of(text: str) -> list[str]:
    """
    Return the items of a text, one in a line, in their order. Raises `ValidationError` for too many, or too long ones.

    >>> items_of(" Measure the signal \\n\\nLabel the socket")
    ['Measure the signal', 'Label the socket']
    """
    items = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    if len(items) > MOST_ITEMS:
        raise ValidationError(_t("A checklist has at most %(most)d items.") % {"most": MOST_ITEMS})
    if too_long := [item for item in items if len(item) > LONGEST_ITEM]:
        message = _t("An item has at most %(longest)d characters: %(item)s…")
        raise ValidationError(message % {"longest": LONGEST_ITEM, "item": too_long[0][:50]})
    return items


def check_items(text: str) -> None:
    """Raise `ValidationError` for a text that is no checklist."""
    if not items_of(text):
        raise ValidationError(_t("Write at least one item."))


class ChecklistQuerySet(models.QuerySet):
    """Checklists, chosen. There are few."""

    def search(self, text: str) -> "ChecklistQuerySet":
        """Return the checklists in whose name every word of `text` occurs."""
        found = self
        for word in text.split():
            found = found.filter(name__icontains=word)
        return found

    def for_type(self, ticket_type_id: int) -> "Checklist | None":
        """Return the checklist of visits on tickets of a type; None where it has none."""
        return self.filter(type=ticket_type_id).first()


class Checklist(Record):
    """
    What is to be done on visits of a kind, in order. A visit gets a copy of the items, so that a changed list changes
    nothing about visits that are planned already.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    type = models.OneToOneField(
        TicketType,
        models.SET_NULL,
        related_name="checklist",
        null=True,
        blank=True,
        verbose_name=_("ticket type"),
        help_text=_("Visits on tickets of this type get it unless another one is chosen."),
    )
    items = models.TextField(
        _("items"),
        max_length=LONGEST_LIST,
        validators=[MaxLengthValidator(LONGEST_LIST), check_items],
        help_text=_("One in a line, in the order in which they are done."),
    )

    objects = ChecklistQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("checklist")
        verbose_name_plural = _("checklists")
        constraints = [text_fits("name", 100, shortest=1), text_fits("items", LONGEST_LIST, shortest=1)]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("visits:checklist_detail", self.pk)

    @property
    def lines(self) -> list[str]:
        """The items, in their order."""
        return items_of(self.items)
