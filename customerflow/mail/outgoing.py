"""What is on record of an e-mail of ours, whatever it is about."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import one_of, text_fits


class OutgoingQuerySet(models.QuerySet):
    """E-mails, chosen. The moment asked about is passed in."""

    def due(self, at: datetime) -> "OutgoingQuerySet":
        """Return what waits to be sent and may be tried at the moment `at`, what waits longest first."""
        return self.filter(state=OutgoingEmail.State.WAITING, try_at__lte=at).order_by("try_at", "pk")

    def fail(self, problem: str) -> int:
        """Let these fail for a reason, which is told in the language of the installation; return how many."""
        with translation.override(settings.LANGUAGE_CODE):
            return self.update(state=OutgoingEmail.State.FAILED, problem=str(problem))

    def forget(self) -> int:
        """Erase to whom these went and what was said; what waits is not sent. Return how many had any of it."""
        erased = dict.fromkeys(self.model.personal_fields, "")
        known = self.exclude(**erased).update(**erased)
        self.filter(state=OutgoingEmail.State.WAITING).fail(_("The customer's personal data were erased."))
        return known


class OutgoingEmail(models.Model):
    """
    One e-mail to one address.

    Whoever sends it claims it first (`SENDING`), so that it is sent once; what was broken off while it was sent may
    have gone out, so that a person decides.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    to = models.EmailField(_("to"), max_length=254, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    problem = models.CharField(_("problem"), max_length=500, blank=True)
    try_at = models.DateTimeField(_("next try at"))
    tried_at = models.DateTimeField(_("last try at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )

    objects = OutgoingQuerySet.as_manager()

    # What a server answers may quote the address.
    personal_fields = ("to", "problem")
    # It is a record of what was done itself.
    is_on_record = False
    # What a try to send it may change.
    outcome_fields = ("state", "problem", "try_at", "sent_at")

    class Meta:
        abstract = True
        ordering = ["-pk"]
        constraints = [
            one_of("state", ["waiting", "sending", "sent", "failed"]),
            text_fits("to", 254),
            text_fits("problem", 500),
        ]
