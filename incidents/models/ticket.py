"""Which tickets are about an incident."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.incident import Incident
from tickets.models import Ticket


class JoinedTicketQuerySet(models.QuerySet):
    """Tickets of incidents, chosen."""

    def search(self, text: str) -> "JoinedTicketQuerySet":
        """Return those of the tickets that `text` finds."""
        return self.filter(ticket__in=Ticket.objects.search(text))


class JoinedTicket(models.Model):
    """A ticket that is about an incident, and about no other one."""

    incident = models.ForeignKey(
        Incident, models.PROTECT, related_name="joined", db_index=False, verbose_name=_("incident")
    )
    ticket = models.OneToOneField(Ticket, models.CASCADE, related_name="joined", verbose_name=_("ticket"))
    at = models.DateTimeField(_("joined at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    objects = JoinedTicketQuerySet.as_manager()

    part_of = "ticket"

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        verbose_name = _("ticket of an incident")
        verbose_name_plural = _("tickets of incidents")
        indexes = [models.Index(fields=["incident", "ticket"], name="joined_ticket_by_incident")]

    def __str__(self) -> str:
        return str(self.ticket)

    def get_absolute_url(self) -> str:
        return self.ticket.get_absolute_url()
