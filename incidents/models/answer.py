"""What was said at once on all tickets of an incident."""

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import one_of, text_fits
from customerflow.records import page_of_record
from incidents.models.incident import Incident
from tickets.models import Message, Ticket

# Filled in it may be longer: a message has 20,000.
LONGEST_ANSWER = 10_000


class Answer(models.Model):
    """
    A text for the tickets that are joined to an incident and unfinished, with the variables of canned replies.

    What became of each ticket is `AnsweredTicket`. `up_to` is the newest joining there was when it was begun: what
    joins later is not answered by it. `key` is that of the form: sent twice it is one answer.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="answers", verbose_name=_("incident"))
    kind = models.CharField(_("kind"), max_length=10, choices=Message.Kind)
    body = models.TextField(_("text"), max_length=LONGEST_ANSWER, validators=[MaxLengthValidator(LONGEST_ANSWER)])
    is_sent = models.BooleanField(_("by e-mail too"))
    is_resolving = models.BooleanField(_("resolves the tickets"))
    key = models.UUIDField(_("key of the form"), unique=True, editable=False)
    up_to = models.BigIntegerField(editable=False)
    at = models.DateTimeField(_("begun at"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))

    counter_document = _("What was said is said: it is not taken back.")

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        verbose_name = _("answer to all")
        verbose_name_plural = _("answers to all")
        constraints = [
            one_of("kind", ["public", "internal"]),
            text_fits("body", LONGEST_ANSWER, shortest=1),
            models.CheckConstraint(
                condition=Q(kind="public") | Q(is_sent=False), name="incidents_answer_internal_is_never_sent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.body[:40]}"

    def get_absolute_url(self) -> str:
        return page_of_record("incidents:answer_detail", self.pk)


class AnsweredTicket(models.Model):
    """What became of one ticket: `message` is what was said on it, `reason` why nothing was, or it went to nobody."""

    answer = models.ForeignKey(
        Answer, models.CASCADE, related_name="tickets", db_index=False, verbose_name=_("answer to all")
    )
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", verbose_name=_("ticket"))
    message = models.OneToOneField(
        Message, models.CASCADE, related_name="+", null=True, blank=True, verbose_name=_("message")
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    # It is a record of what was done itself.
    is_on_record = False

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        verbose_name = _("ticket answered with others")
        verbose_name_plural = _("tickets answered with others")
        constraints = [
            text_fits("reason", 300),
            models.UniqueConstraint(fields=["answer", "ticket"], name="incidents_answeredticket_once"),
            models.CheckConstraint(
                condition=Q(message__isnull=False) | ~Q(reason=""), name="incidents_answeredticket_said_or_why_not"
            ),
        ]

    def __str__(self) -> str:
        return str(self.ticket)

    def get_absolute_url(self) -> str:
        return self.ticket.get_absolute_url()
