"""The steps that follow an invoice: what happens how many days before or after the due day."""

from datetime import date, timedelta
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from customerflow.constraints import at_least, between, one_of, text_fits
from customerflow.money import MoneyField, round_money
from customerflow.records import Record, page_of_record
from customers.models import TaxCode
from customers.models.tax import PERCENT_PLACES
from dunning.models.template import Template

MOST_DAYS_BEFORE, MOST_DAYS_AFTER = 60, 730


class RuleQuerySet(models.QuerySet):
    """Rules, chosen. There are few."""

    def active(self) -> "RuleQuerySet":
        """Return the rules that are switched on."""
        return self.exclude(active_from=None)

    def search(self, text: str) -> "RuleQuerySet":
        """Return the rules in whose name every word of `text` occurs."""
        found = self
        for word in text.split():
            found = found.filter(name__icontains=word)
        return found


class Rule(Record):
    """
    One step: what is done with an invoice of which so much is open so many days after its due day.

    `active_from` is the day from which it acts: an invoice whose step day lies before is never hit, so that switching
    a rule on makes no flood. Empty: it is switched off.
    """

    class Action(models.TextChoices):
        REMINDER = "reminder", _("Reminder")
        CALL = "call", _("Call")
        LATE_FEE = "late_fee", _("Late fee")

    name = models.CharField(_("name"), max_length=100, unique=True)
    action = models.CharField(_("what happens"), max_length=10, choices=Action, default=Action.REMINDER)
    days = models.SmallIntegerField(
        _("days after the due day"),
        validators=[MinValueValidator(-MOST_DAYS_BEFORE), MaxValueValidator(MOST_DAYS_AFTER)],
        help_text=_("Below zero: so many days before."),
    )
    least_open = MoneyField(
        _("open at least"),
        default=0,
        validators=[MinValueValidator(0)],
        help_text=_("An invoice of which less is open is left alone."),
    )
    template = models.ForeignKey(
        Template,
        models.PROTECT,
        related_name="rules",
        null=True,
        blank=True,
        verbose_name=_("text"),
        help_text=_("Of a reminder."),
    )
    fee_amount = MoneyField(
        _("fee"), default=0, blank=True, validators=[MinValueValidator(0)], help_text=_("Of a late fee, before tax.")
    )
    fee_percent = models.DecimalField(
        _("fee in percent"),
        max_digits=6,
        decimal_places=PERCENT_PLACES,
        default=0,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Of what is open on the invoice; instead of an amount."),
    )
    tax_code = models.ForeignKey(
        TaxCode,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("tax code"),
        help_text=_("Of a late fee. Empty: the default one."),
    )
    position = models.PositiveSmallIntegerField(
        _("order"), default=0, blank=True, help_text=_("Of rules on the same day the last is done.")
    )
    active_from = models.DateField(_("acts from"), null=True, blank=True, editable=False)

    objects = RuleQuerySet.as_manager()

    class Meta:
        ordering = ["days", "position", "pk"]
        verbose_name = _("reminder rule")
        verbose_name_plural = _("reminder rules")
        constraints = [
            text_fits("name", 100, shortest=1),
            one_of("action", ["reminder", "call", "late_fee"]),
            between("days", -MOST_DAYS_BEFORE, MOST_DAYS_AFTER),
            at_least("least_open", 0),
            at_least("fee_amount", 0),
            between("fee_percent", 0, 100),
            models.CheckConstraint(
                condition=Q(action="reminder", template__isnull=False) | (~Q(action="reminder") & Q(template=None)),
                name="dunning_rule_reminder_has_a_text",
                violation_error_message=_("A reminder has a text, and nothing else has one."),
            ),
            models.CheckConstraint(
                condition=(
                    Q(action="late_fee", days__gte=0)
                    & (Q(fee_amount__gt=0, fee_percent=0) | Q(fee_amount=0, fee_percent__gt=0))
                )
                | (~Q(action="late_fee") & Q(fee_amount=0, fee_percent=0)),
                name="dunning_rule_fee_is_amount_or_percent",
                violation_error_message=_("A late fee is an amount or a percentage, and not before the due day."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("dunning:rule_detail", self.pk)

    @property
    def is_active(self) -> bool:
        """Whether it is switched on."""
        return self.active_from is not None

    @property
    def when(self) -> str:
        """On which day it acts, in words."""
        if self.days == 0:
            return _t("on the due day")
        if self.days > 0:
            return ngettext("%(days)d day after the due day", "%(days)d days after the due day", self.days) % {
                "days": self.days
            }
        return ngettext("%(days)d day before the due day", "%(days)d days before the due day", -self.days) % {
            "days": -self.days
        }

    @property
    def place(self) -> tuple[int, int, int]:
        """Where it stands among the rules: the later step is the greater."""
        return self.days, self.position, self.pk

    def step_day(self, due_on: date) -> date:
        """Return the day on which an invoice that is due on `due_on` comes to this step."""
        return due_on + timedelta(days=self.days)

    def fee_of(self, open_amount: Decimal) -> Decimal:
        """Return the late fee of an invoice of which `open_amount` is open, before tax."""
        return self.fee_amount or round_money(open_amount * self.fee_percent / 100)
