"""What is taxed, and at which rate from which day on."""

from datetime import date
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import between, text_fits
from customerflow.records import Record, page_of_record

# A percentage with as many decimals as any tax has: 8.245 %.
PERCENT_PLACES = 3


class TaxCodeQuerySet(models.QuerySet):
    """Tax codes, chosen. There are few."""

    def search(self, text: str) -> "TaxCodeQuerySet":
        """Return the codes in whose name every word of `text` occurs."""
        found = self
        for word in text.split():
            found = found.filter(name__icontains=word)
        return found

    def default(self) -> "TaxCode | None":
        """Return the code of what names none; None where nothing is taxed."""
        return self.filter(is_default=True).first()


class TaxCode(Record):
    """A kind of tax, such as “VAT standard”; what it amounts to is in its rates."""

    name = models.CharField(_("name"), max_length=50, unique=True)
    is_default = models.BooleanField(
        _("default"), default=False, help_text=_("For everything that names no other tax code.")
    )

    objects = TaxCodeQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("tax code")
        constraints = [
            text_fits("name", 50, shortest=1),
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="customers_taxcode_one_default",
                violation_error_message=_("There is a default tax code already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("customers:taxcode_detail", self.pk)

    def percent(self, on: date) -> Decimal | None:
        """Return the rate in force on the day `on`; None where there is none yet."""
        rates = self.rates.filter(valid_from__lte=on).order_by("-valid_from")
        return rates.values_list("percent", flat=True).first()


class TaxRate(models.Model):
    """What a tax amounts to from the day `valid_from` on, until its next rate begins."""

    code = models.ForeignKey(TaxCode, models.CASCADE, related_name="rates", verbose_name=_("tax code"))
    percent = models.DecimalField(
        _("percent"),
        max_digits=6,
        decimal_places=PERCENT_PLACES,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    valid_from = models.DateField(_("valid from"))

    part_of = "code"
    shown_with = ("code",)

    class Meta:
        ordering = ["code", "valid_from"]
        verbose_name = _("tax rate")
        constraints = [
            between("percent", 0, 100),
            models.UniqueConstraint(
                fields=["code", "valid_from"],
                name="customers_taxrate_one_a_day",
                violation_error_message=_("This tax code already has a rate from that day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.percent.normalize():f} %"
