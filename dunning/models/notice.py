"""What customers got: reminders and calls, each about all invoices that came to a step together."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.models import Email
from customerflow.constraints import at_least, one_of, text_fits
from customerflow.money import MoneyField
from customerflow.records import Record, page_of_record
from customers.models import Customer
from dunning.models.rule import Rule

LONGEST_KEY = 80
# A text with its variables filled in.
LONGEST_SAID = 20_000


def once_a_day(rule: Rule, customer: Customer, day: date) -> str:
    """
    Return the key by which a rule reaches a customer once a day.

    It is a text, and no constraint on the three, so that customers of whom each was reminded can be merged.
    """
    return f"reminder-{rule.pk}-{customer.pk}-{day.isoformat()}"


class OfCustomerQuerySet(models.QuerySet):
    """What is a customer's, chosen."""

    def search(self, text: str) -> "OfCustomerQuerySet":
        """Return the rows of the customers whom `text` finds."""
        found = Customer.objects.search(text).order_by().values("pk")
        return self.filter(customer__in=found) if text.strip() else self


class NoticeQuerySet(OfCustomerQuerySet):
    """Reminders, chosen."""

    def to_print(self) -> "NoticeQuerySet":
        """Return the letters that wait to be printed."""
        return self.filter(is_letter=True, printed_at=None)


class Notice(models.Model):
    """
    A reminder to one customer by one rule on one day, by e-mail, as a letter, or both: about all invoices at the step.

    The name and the address are those of that day, and the text is what was said; which invoices, its executions say.
    """

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="notices", db_index=False, verbose_name=_("rule"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="notices", verbose_name=_("customer"))
    day = models.DateField(_("day"))
    total = MoneyField(_("open"))
    language = models.CharField(_("language"), max_length=10)
    email = models.OneToOneField(
        Email, models.PROTECT, null=True, blank=True, related_name="notice", verbose_name=_("e-mail")
    )
    is_letter = models.BooleanField(_("letter"), default=False)
    customer_name = models.CharField(_("customer's name"), max_length=200, blank=True)
    customer_address = models.CharField(_("customer's address"), max_length=600, blank=True)
    subject = models.CharField(_("subject"), max_length=200)
    # What stands in the letter before and behind the table of invoices.
    opening = models.TextField(_("text of the letter"), blank=True)
    closing = models.TextField(_("text below the table"), blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True, help_text=_("Why it went this way."))
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    printed_at = models.DateTimeField(_("printed at"), null=True, blank=True)
    key = models.CharField(max_length=LONGEST_KEY, unique=True, editable=False)

    objects = NoticeQuerySet.as_manager()

    personal_fields = ("customer_name", "customer_address", "opening", "closing")
    # It is a record of what was done itself.
    is_on_record = False

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view", "change")
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        indexes = [
            models.Index(
                fields=["id"], condition=Q(is_letter=True, printed_at__isnull=True), name="notice_to_be_printed"
            ),
        ]
        constraints = [
            text_fits("key", LONGEST_KEY, shortest=1),
            at_least("total", 0),
            text_fits("subject", 200, shortest=1),
            text_fits("opening", LONGEST_SAID),
            text_fits("closing", LONGEST_SAID),
            text_fits("note", 200),
            models.CheckConstraint(
                condition=Q(is_letter=True) | Q(email__isnull=False), name="dunning_notice_goes_some_way"
            ),
            models.CheckConstraint(
                condition=Q(is_letter=True) | Q(printed_at=None), name="dunning_notice_printed_is_a_letter"
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        return page_of_record("dunning:notice_detail", self.pk)

    @property
    def may_be_printed(self) -> bool:
        """Whether it may be printed instead of an e-mail that failed, or once more."""
        is_over = self.printed_at if self.is_letter else self.email.state == Email.State.FAILED
        return bool(is_over and self.customer_address)


class CallTaskQuerySet(OfCustomerQuerySet):
    """Calls to be made, chosen. The day is passed in."""

    def to_do(self, on: date) -> "CallTaskQuerySet":
        """Return the calls that are due on the day `on`, or were and are not done, the oldest first."""
        return self.filter(done_at=None, due_on__lte=on).order_by("due_on", "pk")


class CallTask(Record):
    """
    A customer who is to be called by a rule, about all invoices that came to the step.

    Done, it has a moment, who did it, and a result.
    """

    class Result(models.TextChoices):
        REACHED = "reached", _("Reached")
        PROMISED = "promised", _("Promised to pay")
        NOT_REACHED = "not_reached", _("Not reached")
        NEEDLESS = "needless", _("Not needed any more")

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="calls", db_index=False, verbose_name=_("rule"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="calls", verbose_name=_("customer"))
    due_on = models.DateField(_("to be called on"))
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("done by")
    )
    result = models.CharField(_("result"), max_length=12, choices=Result, blank=True)
    note = models.TextField(_("note"), blank=True, max_length=2_000)
    key = models.CharField(max_length=LONGEST_KEY, unique=True, editable=False)

    objects = CallTaskQuerySet.as_manager()

    personal_fields = ("note",)
    shown_with = ("customer",)
    unrecorded_fields = ("key",)

    class Meta:
        ordering = ["due_on", "pk"]
        default_permissions = ("view", "change")
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        indexes = [
            models.Index(fields=["due_on", "id"], name="call_by_day"),
            models.Index(fields=["due_on", "id"], condition=Q(done_at=None), name="call_to_be_made"),
        ]
        constraints = [
            text_fits("key", LONGEST_KEY, shortest=1),
            one_of("result", ["", "reached", "promised", "not_reached", "needless"]),
            text_fits("note", 2_000),
            models.CheckConstraint(
                condition=Q(done_at=None, result="", done_by=None) | (Q(done_at__isnull=False) & ~Q(result="")),
                name="dunning_call_done_has_a_result",
                violation_error_message=_("A call that is done has a result."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.customer}"

    def get_absolute_url(self) -> str:
        return page_of_record("dunning:calltask_detail", self.pk)

    @classmethod
    def why_closed(cls, keys: models.QuerySet) -> str:
        """Return why the calls with `keys` are not removed by undoing the step that asked for them."""
        return _t(
            "Reminders are not undone: what was sent is sent. A call that is not needed is noted as such on its page."
        )

    @property
    def is_done(self) -> bool:
        """Whether it needs nobody any more."""
        return self.done_at is not None
