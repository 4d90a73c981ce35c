"""Kinds of requests."""

from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import one_of, text_fits
from customerflow.records import Record, page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import KeyField, fold, natural_key
from tickets.models.priority import Priority


def code_key(ticket_type: "TicketType") -> str:
    """Return the key by which type 9 comes before type 10."""
    return natural_key(ticket_type.code)


def type_search_text(ticket_type: "TicketType") -> str:
    """Return what a search finds a ticket type by."""
    return fold(f"{ticket_type.code} {ticket_type.name}")


class TicketTypeQuerySet(SearchQuerySet):
    """Ticket types, chosen."""

    exact_fields = ("code",)


class TicketType(Record):
    """A kind of request. `code` is its id in ticket_types.json, kept exactly as given."""

    code = models.CharField(_("ID"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=100)
    default_priority = models.CharField(_("default priority"), max_length=10, choices=Priority, default=Priority.NORMAL)
    group = models.ForeignKey(
        Group,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("group"),
        help_text=_("Looks after tickets for which no assignment rule is."),
    )
    is_retired = models.BooleanField(_("retired"), default=False, help_text=_("Kept, but not offered any more."))

    code_key = KeyField(max_length=96, db_index=True, derive=code_key)
    search_text = SearchField(max_length=150, derive=type_search_text)

    objects = TicketTypeQuerySet.as_manager()

    reference_field = "code"

    class Meta:
        ordering = ["code_key", "pk"]
        constraints = [
            text_fits("code", 32, shortest=1),
            text_fits("name", 100, shortest=1),
            one_of("default_priority", ["1_urgent", "2_high", "3_normal", "4_low"]),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("tickets:tickettype_detail", self.pk)
