"""E-mails to customers with what was said on their tickets."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import text_fits
from customerflow.mail.outgoing import OutgoingEmail
from tickets.models.message import Message

# Of a Message-ID, with its angle brackets.
LONGEST_ID = 250


class TicketEmail(OutgoingEmail):
    """A public reply on its way to the customer, or there. Its `mail_id` is what answers to it name."""

    message = models.OneToOneField(Message, models.PROTECT, related_name="email", verbose_name=_("message"))
    mail_id = models.CharField(_("Message-ID"), max_length=LONGEST_ID, unique=True)

    class Meta(OutgoingEmail.Meta):
        default_permissions = ("view",)
        verbose_name = _("e-mail of a ticket")
        verbose_name_plural = _("e-mails of tickets")
        indexes = [
            models.Index(
                fields=["state", "try_at", "id"],
                condition=Q(state__in=["waiting", "sending"]),
                name="ticket_email_to_be_sent",
            ),
        ]
        constraints = [
            *OutgoingEmail.Meta.constraints,
            text_fits("mail_id", LONGEST_ID, shortest=1),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
                name="tickets_email_sent_iff_it_has_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.to}: {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return self.message.ticket.get_absolute_url()
