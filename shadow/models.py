"""Shadow billing: what another system billed beside what would be billed here, and what it says that is owed."""

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import in_order, one_of, text_fits
from customerflow.money import MoneyField
from customerflow.records import page_of_record
from customers.models import Customer


class OpeningBalance(models.Model):
    """
    What another system says that a customer owes, as it is left; below zero is credit.

    It is only compared: what is owed here comes from the documents that were loaded.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="opening_balances", verbose_name=_("customer"))
    origin = models.CharField(_("from"), max_length=32)
    balance = MoneyField(_("balance"), help_text=_("Below zero is credit."))

    part_of = "customer"
    shown_with = ("customer",)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("opening balance")
        # After two accounts are merged one customer may have two: they are added up.
        indexes = [models.Index(fields=["customer", "origin"], name="opening_balance_by_customer")]
        constraints = [text_fits("origin", 32, shortest=1)]

    def __str__(self) -> str:
        return f"{self.origin}: {self.balance}"


class ShadowRunQuerySet(models.QuerySet):
    """Comparisons, chosen."""

    def search(self, text: str) -> "ShadowRunQuerySet":
        """Return the comparisons with systems whose name has `text` in it."""
        return self.filter(origin__icontains=text.strip())


class ShadowRun(models.Model):
    """
    A comparison with the system `origin`: its invoices issued from `issued_from` to `issued_to`, and what is billed
    here for the cycles that begin from `first_day` to `last_day`. All four days are inclusive.

    It can be made again at any time; what was accepted stays so while both sides say the same.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Comparing")
        DONE = "done", _("Compared")
        MOVING = "moving", _("Going live")
        LIVE = "live", _("Live")

    WORKING = (State.RUNNING, State.MOVING)

    origin = models.CharField(_("from"), max_length=32)
    first_day = models.DateField(_("cycles that begin from"))
    last_day = models.DateField(_("to"))
    issued_from = models.DateField(_("invoices issued from"))
    issued_to = models.DateField(_("to"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # The customers up to this key are done.
    done_up_to = models.BigIntegerField(default=0)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("started by")
    )

    objects = ShadowRunQuerySet.as_manager()

    # It is a record of what was done itself.
    is_on_record = False

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("shadow billing")
        verbose_name_plural = _("shadow billings")
        constraints = [
            text_fits("origin", 32, shortest=1),
            one_of("state", ["running", "done", "moving", "live"]),
            in_order("first_day", "last_day"),
            in_order("issued_from", "issued_to"),
            models.UniqueConstraint(
                fields=["origin", "first_day"],
                name="shadow_shadowrun_once",
                violation_error_message=_("This month is compared with that system already: compare it again."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin} {self.first_day}"

    def get_absolute_url(self) -> str:
        return page_of_record("shadow:shadowrun_detail", self.pk)

    @property
    def goes_live_on(self) -> date:
        """The first day that is charged here once this has gone live."""
        return date.fromordinal(self.last_day.toordinal() + 1)


class ShadowItemQuerySet(models.QuerySet):
    """Compared customers, chosen."""

    def search(self, text: str) -> "ShadowItemQuerySet":
        """Return the items of the customers that a search for `text` finds."""
        return self.filter(customer__in=Customer.objects.search(text))

    def in_the_way(self) -> "ShadowItemQuerySet":
        """Return what has to be put right or accepted before this goes live."""
        return self.exclude(IS_EQUAL).filter(accepted_at=None)


# Both systems bill the same, and say the same is owed.
IS_EQUAL = Q(outcome="equal", balance_there=F("balance_here"))


class ShadowItem(models.Model):
    """
    One customer on both sides: what was billed there and would be here, tax included, and what each says is owed.

    `reasons` are sentences that say in what the bills differ. A balance that the other system does not say counts as
    nothing. What is accepted says by whom and why; `digest` tells whether both sides still say what was accepted.
    """

    class Outcome(models.TextChoices):
        EQUAL = "equal", _("Equal")
        DIFFERS = "differs", _("Differs")
        ONLY_THERE = "only_there", _("Billed only there")
        ONLY_HERE = "only_here", _("Billed only here")
        NOT_BILLABLE = "not_billable", _("Cannot be billed here")

    run = models.ForeignKey(ShadowRun, models.CASCADE, related_name="items", verbose_name=_("shadow billing"))
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("customer"))
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    there = MoneyField(_("there"))
    here = MoneyField(_("here"))
    balance_there = MoneyField(_("owed there"))
    balance_here = MoneyField(_("owed here"))
    reasons = models.JSONField(_("because"), default=list)
    digest = models.CharField(max_length=16)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("accepted by")
    )
    accepted_because = models.CharField(_("accepted because"), max_length=200, blank=True)

    objects = ShadowItemQuerySet.as_manager()

    is_on_record = False

    class Meta:
        ordering = ["pk"]
        verbose_name = _("compared customer")
        # After two accounts are merged one customer has two, until it is compared again.
        indexes = [
            models.Index(fields=["run", "customer"], name="shadow_item_by_customer"),
            models.Index(fields=["run", "outcome", "id"], name="shadow_item_by_outcome"),
            models.Index(
                fields=["run", "id"],
                condition=Q(accepted_at=None) & ~IS_EQUAL,
                name="shadow_item_in_the_way",
            ),
        ]
        constraints = [
            one_of("outcome", ["equal", "differs", "only_there", "only_here", "not_billable"]),
            text_fits("digest", 16),
            text_fits("accepted_because", 200),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_because="") | ~Q(accepted_because="") & ~Q(accepted_at=None),
                name="shadow_shadowitem_accepted_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run}: {self.customer}"

    def get_absolute_url(self) -> str:
        return page_of_record("shadow:shadowitem_detail", self.pk)

    @property
    def is_in_the_way(self) -> bool:
        """Whether it has to be put right or accepted before this goes live."""
        return not (self.is_equal or self.accepted_at)

    @property
    def is_equal(self) -> bool:
        """Whether both systems bill the same, and say the same is owed."""
        return self.outcome == self.Outcome.EQUAL and self.balance_there == self.balance_here

    @property
    def difference(self) -> Decimal:
        """What would be billed more here than was there."""
        return self.here - self.there
