"""Days on which a service is off."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import in_order, one_of
from customers.models.service import Service


class PauseQuerySet(models.QuerySet):
    """Pauses, chosen. All days are inclusive."""

    def on(self, day: date) -> "PauseQuerySet":
        """Return the pauses over a day."""
        return self.between(day, day)

    def between(self, first_day: date, last_day: date | None) -> "PauseQuerySet":
        """Return the pauses over any of these days; without a last day, over the first or any later one."""
        found = self.filter(Q(last_day=None) | Q(last_day__gte=first_day))
        return found.filter(first_day__lte=last_day) if last_day else found


class Pause(models.Model):
    """
    A service off from `first_day` to `last_day`, both included; without a last day, until further notice.

    A day is charged only if every pause over it is. Pauses for one reason do not overlap.
    """

    class Reason(models.TextChoices):
        VACATION = "vacation", _("Vacation")
        NON_PAYMENT = "non_payment", _("Non-payment")
        FAULT = "fault", _("Fault")
        OTHER = "other", _("Other")

    # Whether the days of a pause are charged unless somebody says otherwise: it is the customer's doing, or ours.
    CHARGED = (Reason.NON_PAYMENT,)

    service = models.ForeignKey(Service, models.CASCADE, related_name="pauses", verbose_name=_("service"))
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason, default=Reason.VACATION)
    is_charged = models.BooleanField(_("days are charged"), default=False)

    objects = PauseQuerySet.as_manager()

    part_of = "service"
    shown_with = ("service",)
    # The columns that `clean` looks at.
    rules_are_about = frozenset({"service_id", "reason", "first_day", "last_day"})

    class Meta:
        ordering = ["service", "first_day", "pk"]
        verbose_name = _("pause")
        indexes = [models.Index(fields=["reason", "last_day", "first_day"], name="pause_by_reason")]
        constraints = [
            one_of("reason", ["vacation", "non_payment", "fault", "other"]),
            in_order("first_day", "last_day"),
            models.UniqueConstraint(fields=["service", "reason", "first_day"], name="customers_pause_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.first_day} – {self.last_day or '…'}"

    def get_absolute_url(self) -> str:
        return self.service.get_absolute_url()

    def is_over(self, day: date) -> bool:
        """Say whether the service is off on a day for this."""
        return self.first_day <= day and (self.last_day is None or self.last_day >= day)

    def clean(self) -> None:
        """Raise `ValidationError` for days that another pause for the same reason has."""
        super().clean()
        if self.service_id is None or self.first_day is None:
            return
        others = Pause.objects.filter(service=self.service_id, reason=self.reason).exclude(pk=self.pk)
        if other := others.between(self.first_day, self.last_day).order_by("first_day").first():
            message = _("There is a pause for this reason on some of these days already: %(pause)s.")
            raise ValidationError(message % {"pause": other})
