"""Account numbers that were given up when two customers became one."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import text_fits


class FormerNumber(models.Model):
    """
    The number, and the key, of a customer who was merged into another.

    Both go on finding that one, and the number is never given to anybody else.
    """

    number = models.CharField(_("number"), max_length=32, unique=True)
    former_pk = models.BigIntegerField(_("former key"), unique=True)
    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, related_name="former_numbers", verbose_name=_("customer")
    )
    merged_on = models.DateField(_("merged on"))

    # Who may change the customer may change it.
    part_of = "customer"
    # Whose number it was comes back without regard to what became of who has it now.
    comes_back_alone = True

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        verbose_name = _("former number")
        verbose_name_plural = _("former numbers")
        constraints = [text_fits("number", 32, shortest=1)]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()
