"""Days on which a service is off."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import in_order, one_of
from customers.models.service import Service


class Pause(models.Model):
    """
    A service off from `first_day` to `last_day`, both included; without a last day, until further notice.

    A day is charged only if every pause over it is.
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

    part_of = "service"

    class Meta:
        ordering = ["service", "first_day", "pk"]
        verbose_name = _("pause")
        constraints = [
            one_of("reason", ["vacation", "non_payment", "fault", "other"]),
            in_order("first_day", "last_day"),
            models.UniqueConstraint(fields=["service", "reason", "first_day"], name="customers_pause_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.first_day} – {self.last_day or '…'}"
