"""Where equipment is and was, and what is paid for it there."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import at_least, in_order
from customerflow.money import MoneyField
from customers.models.equipment import Equipment
from customers.models.location import Location


class Installation(models.Model):
    """
    A unit at a location from `first_day` to `last_day`, both included; without a last day, it is there.

    `monthly_rent` is the net price of a month while it is rented out there, 0 where it is not rented.
    """

    unit = models.ForeignKey(Equipment, models.CASCADE, related_name="installations", verbose_name=_("equipment"))
    # What was billed rests on where a unit was: a location at which one ever was stays.
    location = models.ForeignKey(Location, models.PROTECT, related_name="installations", verbose_name=_("location"))
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"), null=True, blank=True)
    monthly_rent = MoneyField(_("monthly rent"), default=0, validators=[MinValueValidator(0)])

    part_of = "unit"

    class Meta:
        ordering = ["unit", "first_day", "pk"]
        verbose_name = _("installation")
        constraints = [
            at_least("monthly_rent", 0),
            in_order("first_day", "last_day"),
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(last_day=None),
                name="customers_installation_one_place_at_a_time",
                violation_error_message=_("This unit is installed already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} @ {self.location}"
