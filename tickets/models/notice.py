"""E-mails to staff about tickets that are theirs, or that they follow."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import text_fits
from customerflow.mail.outgoing import OutgoingEmail, OutgoingQuerySet
from tickets.models.email import LONGEST_ID
from tickets.models.ticket import Ticket


class StaffNoticeQuerySet(OutgoingQuerySet):
    """Notices, chosen."""

    def untried(self) -> "StaffNoticeQuerySet":
        """Return those that wait and were never begun: what happens meanwhile is told by them too."""
        return self.filter(state=OutgoingEmail.State.WAITING, attempts=0)


class StaffNotice(OutgoingEmail):
    """
    That a person is told of a ticket: what happened from the event with the key `first_event` on.

    It holds no word of it: what it says is found when it is sent. All that wait for a person then go in one e-mail, of
    which each has the Message-ID. What was told of a ticket stays on record when its opening is undone.
    """

    # What happens within this time is told at once.
    WAIT = timedelta(minutes=2)

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("member of staff")
    )
    ticket = models.ForeignKey(Ticket, models.SET_NULL, null=True, related_name="+", verbose_name=_("ticket"))
    first_event = models.BigIntegerField(_("first event"))
    mail_id = models.CharField(_("Message-ID"), max_length=LONGEST_ID, db_index=True)

    objects = StaffNoticeQuerySet.as_manager()

    # Its address is a colleague's, and what a server answers quotes nobody else's.
    personal_fields = ()
    outcome_fields = (*OutgoingEmail.outcome_fields, "to")

    class Meta(OutgoingEmail.Meta):
        default_permissions = ("view",)
        verbose_name = _("notice to staff")
        verbose_name_plural = _("notices to staff")
        indexes = [
            models.Index(
                fields=["state", "try_at", "id"],
                condition=Q(state__in=["waiting", "sending"]),
                name="staff_notice_to_be_sent",
            ),
            models.Index(fields=["person", "id"], condition=Q(state="waiting"), name="staff_notice_of_person"),
            models.Index(fields=["made_at"], name="staff_notice_by_age"),
        ]
        constraints = [
            *OutgoingEmail.Meta.constraints,
            text_fits("mail_id", LONGEST_ID, shortest=1),
            models.UniqueConstraint(
                fields=["person", "ticket"],
                condition=Q(state="waiting", attempts=0),
                name="tickets_staffnotice_one_waits",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
                name="tickets_staffnotice_sent_iff_it_has_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_state_display()}"
