"""What tickets have to do with each other."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import one_of
from tickets.models.ticket import Ticket


class TicketLink(models.Model):
    """Two tickets that have to do with each other; `ticket` is the duplicate where one is, and the newer otherwise."""

    class Kind(models.TextChoices):
        RELATED = "related", _("Related")
        DUPLICATE = "duplicate", _("Duplicate of")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="links", db_index=False, verbose_name=_("ticket"))
    other = models.ForeignKey(Ticket, models.CASCADE, related_name="linked_from", verbose_name=_("other ticket"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)

    part_of = "ticket"

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        verbose_name = _("link between tickets")
        verbose_name_plural = _("links between tickets")
        constraints = [
            one_of("kind", ["related", "duplicate"]),
            models.UniqueConstraint(fields=["ticket", "other"], name="tickets_ticketlink_once"),
            models.CheckConstraint(condition=~Q(ticket=F("other")), name="tickets_ticketlink_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket} · {self.get_kind_display()} · {self.other}"


class TicketMerge(models.Model):
    """
    A ticket that was merged into another of its customer, which goes on for both.

    Its messages stay its own: the page of the survivor shows them, and taking the merge back leaves nothing behind.
    `status` is how it stood before.
    """

    merged = models.OneToOneField(Ticket, models.CASCADE, related_name="merge", verbose_name=_("merged ticket"))
    survivor = models.ForeignKey(Ticket, models.PROTECT, related_name="merges", verbose_name=_("goes on as"))
    status = models.CharField(_("status before"), max_length=10, choices=Ticket.Status)
    at = models.DateTimeField(_("merged at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("by")
    )

    part_of = "merged"

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        verbose_name = _("merge of tickets")
        verbose_name_plural = _("merges of tickets")
        constraints = [
            one_of("status", ["new", "open", "waiting", "on_hold", "resolved", "closed"]),
            models.CheckConstraint(condition=~Q(merged=F("survivor")), name="tickets_ticketmerge_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.merged} → {self.survivor}"
