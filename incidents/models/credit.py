"""What is given back for an incident."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.models import CreditNote
from customerflow.constraints import at_least, one_of, text_fits
from customerflow.money import MoneyField
from customerflow.records import Record
from customers.models import Customer, Service
from incidents.models.incident import Incident


class CreditQuerySet(models.QuerySet):
    """Credits, chosen."""

    def live(self) -> "CreditQuerySet":
        """Return the credits that were given, and stand."""
        return self.filter(state=Credit.State.POSTED, credit_note__voided_on=None)

    def voided(self) -> "CreditQuerySet":
        """Return the credits that were given by a note that has been voided since."""
        return self.filter(state=Credit.State.POSTED, credit_note__voided_on__isnull=False)

    def search(self, text: str) -> "CreditQuerySet":
        """Return the credits of the customers whom `text` finds."""
        return self.filter(customer__in=Customer.objects.search(text))

    def forget(self) -> int:
        """Erase what was typed and said about these credits; return how many there are. What was given stays."""
        problem = models.Case(models.When(problem="", then=models.Value("")), default=models.Value(_t("(erased)")))
        return self.update(reason="", problem=problem)


class Credit(Record):
    """
    What one service is given back for one incident, before tax: proposed, then posted with a credit note.

    `minutes` were lost, in the `spans` [from, to) of minutes since 1970 (UTC), which no other incident gave anything
    for; `computed` is their share of the price, `amount` what is given, with the `reason` where somebody changed it.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        LEFT_OUT = "left_out", _("Left out")
        PARKED = "parked", _("Parked")
        POSTED = "posted", _("Posted")
        TAKEN_BACK = "taken_back", _("Taken back")

    # Nothing has come of them yet.
    OPEN = (State.PROPOSED, State.LEFT_OUT, State.PARKED)

    incident = models.ForeignKey(
        Incident, models.PROTECT, related_name="credits", db_index=False, verbose_name=_("incident")
    )
    service = models.ForeignKey(Service, models.PROTECT, related_name="outage_credits", verbose_name=_("service"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="outage_credits", verbose_name=_("customer"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    minutes = models.PositiveIntegerField(_("minutes"))
    spans = models.JSONField(editable=False)
    parts = models.JSONField(default=list, editable=False)
    computed = MoneyField(_("by the minutes"))
    amount = MoneyField(_("amount"), validators=[MinValueValidator(0)])
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    problem = models.CharField(_("why it is parked"), max_length=500, blank=True)
    credit_note = models.ForeignKey(
        CreditNote, models.PROTECT, related_name="outage_credits", null=True, blank=True, verbose_name=_("credit note")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("changed by")
    )

    objects = CreditQuerySet.as_manager()

    # It is a record of what was done itself; the credit note is on record.
    is_on_record = False

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view", "add", "change")
        verbose_name = _("credit for an outage")
        verbose_name_plural = _("credits for outages")
        indexes = [
            models.Index(fields=["incident", "state", "customer"], name="outage_credit_to_be_posted"),
            models.Index(fields=["incident", "id"], name="outage_credit_by_incident"),
        ]
        constraints = [
            one_of("state", ["proposed", "left_out", "parked", "posted", "taken_back"]),
            at_least("computed", 0),
            at_least("amount", 0),
            text_fits("reason", 200),
            text_fits("problem", 500),
            models.UniqueConstraint(
                fields=["incident", "service"],
                condition=~Q(state="taken_back"),
                name="incidents_credit_once",
                violation_error_message=_("This service has a credit for this incident already."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["posted", "taken_back"], credit_note__isnull=False)
                | (~Q(state__in=["posted", "taken_back"]) & Q(credit_note=None)),
                name="incidents_credit_posted_with_its_document",
            ),
            models.CheckConstraint(
                condition=(Q(state="parked") & ~Q(problem="")) | (~Q(state="parked") & Q(problem="")),
                name="incidents_credit_parked_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service}: {self.amount}"

    def get_absolute_url(self) -> str:
        """Return the address of what was issued, or of the service."""
        return (self.credit_note or self.service).get_absolute_url()

    @property
    def state_in_words(self) -> str:
        """How it stands: one whose note was voided is taken back."""
        is_voided = self.state == self.State.POSTED and self.credit_note.is_void
        return str(self.State.TAKEN_BACK.label if is_voided else self.get_state_display())
