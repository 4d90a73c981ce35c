"""What reports count: the rounds of tickets, and the steps that were taken in them. It follows from the events."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import at_least, one_of
from customerflow.records import page_of_record
from tickets.models.ticket import Ticket


def who(label: str) -> models.ForeignKey:
    """Return the field of who did something; None where the customer did, or nobody in particular."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        verbose_name=label,
    )


class TicketRound(models.Model):
    """
    A stretch in which a ticket was unfinished: from its opening, or from being opened again, until it was finished.

    A ticket that was merged into another is not solved by that; one whose merge is taken back is not reopened.
    """

    class Began(models.TextChoices):
        OPENED = "opened", _("Opened")
        REOPENED = "reopened", _("Reopened")
        UNMERGED = "unmerged", _("Merge taken back")

    class Ended(models.TextChoices):
        SOLVED = "solved", _("Solved")
        MERGED = "merged", _("Merged")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="rounds", db_index=False, verbose_name=_("ticket"))
    number = models.PositiveIntegerField(_("round"))
    began = models.CharField(_("began"), max_length=10, choices=Began)
    began_at = models.DateTimeField(_("began at"))
    began_by = who(_("begun by"))
    ended = models.CharField(_("ended"), max_length=10, choices=Ended, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    finished_by = who(_("finished by"))

    # It is made from the events, which are.
    is_on_record = False

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        verbose_name = _("round of a ticket")
        verbose_name_plural = _("rounds of tickets")
        indexes = [
            models.Index(fields=["began_at", "id"], name="ticketround_by_began"),
            models.Index(fields=["finished_at", "began_at", "id"], name="ticketround_by_finished"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "number"], name="tickets_ticketround_once"),
            one_of("began", ["opened", "reopened", "unmerged"]),
            one_of("ended", ["", "solved", "merged"]),
            models.CheckConstraint(
                condition=Q(ended="", finished_at__isnull=True)
                | (~Q(ended="") & Q(finished_at__isnull=False, finished_at__gte=F("began_at"))),
                name="tickets_ticketround_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.ticket)

    def get_absolute_url(self) -> str:
        return page_of_record("tickets:ticket_detail", self.ticket_id)


class TicketStep(models.Model):
    """
    A step that was taken on a ticket: since when it was owed, when it was taken and by whom, and how long that was.

    `seconds` is working time of the policy's calendar, and all the time that counted where no policy was for the
    ticket; `is_in_target` is None where there was no target. It is frozen when the ticket is finished.
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="steps", db_index=False, verbose_name=_("ticket"))
    number = models.PositiveIntegerField(_("round"))
    place = models.PositiveIntegerField(_("place"))
    kind = models.CharField(_("step"), max_length=10, choices=Ticket.DueStep)
    since = models.DateTimeField(_("since"))
    done_at = models.DateTimeField(_("taken at"))
    done_by = who(_("taken by"))
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    target_minutes = models.PositiveIntegerField(_("target in minutes"), null=True, blank=True)
    seconds = models.BigIntegerField(_("working time in seconds"))
    is_in_target = models.BooleanField(_("within the target"), null=True, blank=True)

    # It is made from the events, which are.
    is_on_record = False

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        verbose_name = _("step of a ticket")
        verbose_name_plural = _("steps of tickets")
        indexes = [models.Index(fields=["kind", "done_at", "id"], name="ticketstep_by_done")]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "number", "place"], name="tickets_ticketstep_once"),
            one_of("kind", ["first", "next", "solution"]),
            at_least("seconds", 0),
        ]

    def __str__(self) -> str:
        return str(self.ticket)

    def get_absolute_url(self) -> str:
        return page_of_record("tickets:ticket_detail", self.ticket_id)
