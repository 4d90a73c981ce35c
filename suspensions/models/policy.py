"""When services are turned off for invoices that are not paid."""

from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from holidays import list_supported_countries

from customerflow.constraints import at_least, between, text_fits
from customerflow.money import MoneyField
from customerflow.records import Record, page_of_record

MOST_DAYS = 365


class Weekday(models.TextChoices):
    """The days of the week, by their ISO numbers."""

    MONDAY = "1", _("Monday")
    TUESDAY = "2", _("Tuesday")
    WEDNESDAY = "3", _("Wednesday")
    THURSDAY = "4", _("Thursday")
    FRIDAY = "5", _("Friday")
    SATURDAY = "6", _("Saturday")
    SUNDAY = "7", _("Sunday")


class Policy(Record):
    """
    By which rules services are turned off. One row; off until somebody switches it on.

    What is due on day d counts from day d + `grace_days` + 1 on, if it comes to `least_amount` or more. With
    `days_after_reminder` nobody is suspended sooner than so many days after the first reminder of what is late.
    """

    is_on = models.BooleanField(_("services are turned off by these rules"), default=False)
    grace_days = models.PositiveSmallIntegerField(
        _("grace"), default=14, validators=[MaxValueValidator(MOST_DAYS)], help_text=_("In days after the due day.")
    )
    least_amount = MoneyField(
        _("least amount"), default=Decimal(1), help_text=_("Who owes less past the grace keeps their services.")
    )
    quiet_weekdays = models.CharField(_("days of the week without cut-offs"), max_length=7, default="67", blank=True)
    keeps_holidays = models.BooleanField(_("none on public holidays"), default=True)
    subdivision = models.CharField(
        _("state or province"),
        max_length=20,
        blank=True,
        help_text=_("Whose public holidays count besides those of the whole country, such as 9 or BY."),
    )
    days_after_reminder = models.PositiveSmallIntegerField(
        _("days after a reminder"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_DAYS)],
        help_text=_("Empty: whether a reminder went out does not matter."),
    )
    returns_on_promise = models.BooleanField(
        _("a promise to pay brings services back"),
        default=True,
        help_text=_("In any case nobody is suspended for what is promised."),
    )

    class Meta:
        verbose_name = verbose_name_plural = _("rules of suspension")
        constraints = [
            between("id", 1, 1),
            between("grace_days", 0, MOST_DAYS),
            between("days_after_reminder", 0, MOST_DAYS),
            at_least("least_amount", 0),
        ]

    def __str__(self) -> str:
        return _t("Rules of suspension")

    def get_absolute_url(self) -> str:
        return reverse("suspensions:policy")

    def clean(self) -> None:
        """Raise `ValidationError` for a state or province that the holidays of the operator's country do not know."""
        known = list_supported_countries().get(settings.OPERATOR_COUNTRY, [])
        if self.subdivision and self.subdivision not in known:
            message = _t("There are: %(known)s.") % {"known": ", ".join(known) or "—"}
            raise ValidationError({"subdivision": message})
        if set(self.quiet_weekdays) >= set(Weekday.values):
            raise ValidationError(_t("Leave at least one day of the week for cut-offs."))

    @property
    def weekday_labels(self) -> list[str]:
        """The days of the week without cut-offs, in words."""
        return [str(Weekday(number).label) for number in self.quiet_weekdays]

    @property
    def grace(self) -> timedelta:
        """How long after the due day nothing happens."""
        return timedelta(days=self.grace_days)

    def counts_from(self, due_on: date) -> date:
        """Return the first day on which what was due on `due_on` counts."""
        return due_on + self.grace + timedelta(days=1)


def current_policy() -> Policy:
    """Return the rules that are in force; those that nobody has touched yet are off."""
    return Policy.objects.first() or Policy()


class QuietDayQuerySet(models.QuerySet):
    """Days without cut-offs, chosen."""

    def on(self, day: date) -> "QuietDayQuerySet":
        """Return what there is on `day`, of this year or every."""
        return self.filter(Q(day=day) | Q(is_yearly=True, day__month=day.month, day__day=day.day))

    def search(self, text: str) -> "QuietDayQuerySet":
        """Return the days whose name has `text` in it."""
        return self.filter(name__icontains=text)


class QuietDay(Record):
    """A day of the operator's own on which nobody is suspended: once, or every year."""

    day = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    is_yearly = models.BooleanField(_("every year"), default=False)

    objects = QuietDayQuerySet.as_manager()

    class Meta:
        ordering = ["day"]
        verbose_name = _("day without cut-offs")
        verbose_name_plural = _("days without cut-offs")
        constraints = [text_fits("name", 100, shortest=1)]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"

    def get_absolute_url(self) -> str:
        return page_of_record("suspensions:quietday_detail", self.pk)
