"""What became of each step of each invoice."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models import Charge, Invoice
from customerflow.constraints import at_least, one_of, text_fits
from customerflow.money import MoneyField
from dunning.models.notice import CallTask, Notice
from dunning.models.rule import Rule

# They are looked at again by the next step of the day.
UNFINISHED = ("held", "failed")


class ExecutionQuerySet(models.QuerySet):
    """Executions, chosen."""

    def search(self, text: str) -> "ExecutionQuerySet":
        """Return those of the invoices that `text` finds."""
        found = Invoice.objects.search(text).order_by().values("pk")
        return self.filter(invoice__in=found) if text.strip() else self

    def over(self) -> "ExecutionQuerySet":
        """Return those that are done or overtaken: their step is never taken again."""
        return self.exclude(state__in=UNFINISHED)

    def unfinished(self) -> "ExecutionQuerySet":
        """Return those that are held off or failed."""
        return self.filter(state__in=UNFINISHED)


class Execution(models.Model):
    """
    What a rule did with an invoice: once for each pair.

    Done: the customer was reminded, is to be called, or is charged a fee. Overtaken: a later step, or another fee,
    took its place. Held: a promise, or the customer's wish, holds it off. Failed: `reason` says why, and it is tried
    again. `day` and `at` are of the last attempt, `open_amount` is what was open then.
    """

    class State(models.TextChoices):
        DONE = "done", _("Done")
        OVERTAKEN = "overtaken", _("Overtaken")
        HELD = "held", _("Held off")
        FAILED = "failed", _("Failed")

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="executions", db_index=False, verbose_name=_("rule"))
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="executions", verbose_name=_("invoice"))
    state = models.CharField(_("state"), max_length=10, choices=State)
    day = models.DateField(_("day"))
    at = models.DateTimeField(_("moment"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=1)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    open_amount = MoneyField(_("open"))
    notice = models.ForeignKey(
        Notice, models.PROTECT, related_name="executions", null=True, blank=True, verbose_name=_("reminder")
    )
    call = models.ForeignKey(
        CallTask, models.PROTECT, related_name="executions", null=True, blank=True, verbose_name=_("call")
    )
    charge = models.OneToOneField(
        Charge, models.PROTECT, related_name="execution", null=True, blank=True, verbose_name=_("late fee")
    )

    objects = ExecutionQuerySet.as_manager()

    # It is a record of what was done itself.
    is_on_record = False

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        verbose_name = _("reminder step")
        verbose_name_plural = _("reminder steps")
        indexes = [
            models.Index(fields=["invoice"], condition=Q(state__in=["held", "failed"]), name="execution_unfinished"),
            models.Index(fields=["state", "id"], name="execution_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["rule", "invoice"], name="dunning_execution_once"),
            one_of("state", ["done", "overtaken", "held", "failed"]),
            text_fits("reason", 200),
            at_least("open_amount", 0),
            models.CheckConstraint(
                condition=Q(notice__isnull=False) | Q(call__isnull=False) | Q(charge__isnull=False) | ~Q(state="done"),
                name="dunning_execution_done_did_something",
            ),
            models.CheckConstraint(
                condition=Q(state="done") | ~Q(reason=""), name="dunning_execution_not_done_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.invoice}"

    def get_absolute_url(self) -> str:
        return (self.notice or self.invoice).get_absolute_url()
