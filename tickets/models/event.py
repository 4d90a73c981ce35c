"""What happened to a ticket, and when."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import one_of, text_fits
from tickets.models.priority import Priority
from tickets.models.ticket import Ticket


class TicketEvent(models.Model):
    """
    One thing that happened to a ticket: it is written with the act, and stays.

    Events are read in the order of their keys. `by` is None where the customer acted, or nobody in particular.
    `before` and `after` are the values of a status or priority, and the names of anything else as they were then.
    """

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened")
        ASKED = "asked", _("Customer wrote")
        ANSWERED = "answered", _("Answered")
        NOTED = "noted", _("Noted")
        STATUS = "status", _("Status")
        ASSIGNEE = "assignee", _("Assignee")
        GROUP = "group", _("Group")
        PRIORITY = "priority", _("Priority")
        TYPE = "type", _("Type")
        SERVICE = "service", _("Service")
        SNOOZED_UNTIL = "snoozed_until", _("Snoozed until")
        DUE_ON = "due_on", _("Due on")
        MERGED = "merged", _("Merged")
        UNMERGED = "unmerged", _("Merge taken back")
        SPLIT = "split", _("Split")
        RULE = "rule", _("By the rule")
        VISIT = "visit", _("Visit")
        JOINED = "joined", _("Joined the incident")
        LEFT = "left", _("Left the incident")

    LONGEST_VALUE = 200

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="events", verbose_name=_("ticket"))
    kind = models.CharField(_("kind"), max_length=15, choices=Kind)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("by")
    )
    before = models.CharField(_("before"), max_length=LONGEST_VALUE, blank=True)
    after = models.CharField(_("after"), max_length=LONGEST_VALUE, blank=True)

    # What the clock said when the ticket was finished, as it was measured then: see `tickets.sla.keeping`.
    outcome = models.JSONField(_("outcome"), null=True, blank=True, editable=False)

    part_of = "ticket"
    right_to_write = "change"

    class Meta:
        ordering = ["pk"]
        verbose_name = _("ticket event")
        constraints = [
            one_of(
                "kind",
                [
                    "opened",
                    "asked",
                    "answered",
                    "noted",
                    "status",
                    "assignee",
                    "group",
                    "priority",
                    "type",
                    "service",
                    "snoozed_until",
                    "due_on",
                    "merged",
                    "unmerged",
                    "split",
                    "rule",
                    "visit",
                    "joined",
                    "left",
                ],
            ),
            text_fits("before", 200),
            text_fits("after", 200),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.said_after}" if self.after else str(self.get_kind_display())

    @property
    def is_reopening(self) -> bool:
        """Whether it tells that a finished ticket was opened again."""
        is_status = self.kind == self.Kind.STATUS
        return is_status and self.before in Ticket.FINISHED and self.after not in Ticket.FINISHED

    @property
    def said_before(self) -> str:
        """The value before, for a person."""
        return self._said(self.before)

    @property
    def said_after(self) -> str:
        """The value after, for a person."""
        return self._said(self.after)

    def _said(self, value: str) -> str:
        choices = {self.Kind.STATUS: Ticket.Status, self.Kind.PRIORITY: Priority}.get(self.kind)
        return str(dict(choices.choices).get(value, value)) if choices else value
