"""Who has a ticket open."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.models.ticket import Ticket


class TicketPresence(models.Model):
    """Somebody has the page of a ticket open, as of a moment; the page says it again while it is open."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_index=False, verbose_name=_("ticket"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user"))
    seen_at = models.DateTimeField(_("seen at"), db_index=True)
    is_typing = models.BooleanField(_("typing"), default=False)

    # It is forgotten within a minute.
    is_on_record = False

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="tickets_ticketpresence_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.ticket}"
