"""Customers with whom the daily step could not deal."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import one_of, text_fits
from customers.models import Customer

LONGEST_REASON = 500


class ParkedCustomerQuerySet(models.QuerySet):
    """Parked customers, chosen."""

    def search(self, text: str) -> "ParkedCustomerQuerySet":
        """Return those whom `text` finds."""
        return self.filter(customer__in=Customer.objects.search(text))


class ParkedCustomer(models.Model):
    """
    A customer whom the daily step of the day `day` left as they were, because of an error; the others were done.

    It stands until a later step has tried again.
    """

    class Step(models.TextChoices):
        RETURN = "return", _("Coming back")
        SUSPEND = "suspend", _("Being suspended")

    # No constraint says "once": after two accounts are merged, one customer may be parked twice.
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("customer"))
    step = models.CharField(_("step"), max_length=10, choices=Step)
    day = models.DateField(_("day"))
    reason = models.CharField(_("reason"), max_length=LONGEST_REASON)
    parked_at = models.DateTimeField(_("parked at"))

    objects = ParkedCustomerQuerySet.as_manager()

    # It is a record of what was not done itself.
    is_on_record = False

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        verbose_name = _("parked customer")
        verbose_name_plural = _("parked customers")
        constraints = [
            one_of("step", ["return", "suspend"]),
            text_fits("reason", LONGEST_REASON, shortest=1),
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.reason}"

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()
