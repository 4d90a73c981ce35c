"""The catalogue of what is sold."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import at_least, between, one_of, text_fits
from customerflow.money import MoneyField, format_money
from customerflow.records import Record, page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import KeyField, fold
from customers.models.tax import TaxCode

# One terabit a second.
MOST_MBPS = 1_000_000


def folded_name(plan: "Plan") -> str:
    """Return what plans are sorted and found by."""
    return fold(plan.name)


class PlanQuerySet(SearchQuerySet):
    """Plans, chosen."""

    exact_fields = ("pk",)
    prefix_fields = ("name_key",)


class Plan(Record):
    """What is sold, at which monthly price before tax."""

    class Kind(models.TextChoices):
        INTERNET = "internet", _("Internet")
        VOICE = "voice", _("Voice")
        TV = "tv", _("TV")
        OTHER = "other", _("Other")

    name = models.CharField(_("name"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.INTERNET)
    download_mbps = models.PositiveIntegerField(
        _("download (Mbit/s)"), null=True, blank=True, validators=[MaxValueValidator(MOST_MBPS)]
    )
    upload_mbps = models.PositiveIntegerField(
        _("upload (Mbit/s)"), null=True, blank=True, validators=[MaxValueValidator(MOST_MBPS)]
    )
    price = MoneyField(_("monthly price"), validators=[MinValueValidator(0)], help_text=_("Before tax."))
    tax_code = models.ForeignKey(
        TaxCode,
        models.PROTECT,
        related_name="plans",
        null=True,
        blank=True,
        verbose_name=_("tax code"),
        help_text=_("Empty: the default one."),
    )
    is_offered = models.BooleanField(_("offered"), default=True, help_text=_("Off: kept by those who have it."))

    needs_equipment = models.BooleanField(
        _("needs equipment"),
        default=False,
        db_default=False,
        help_text=_("Whoever has it has a unit of equipment at the location; those who have none are among the leaks."),
    )

    name_key = KeyField(max_length=100, db_index=True, derive=folded_name)
    search_text = SearchField(max_length=100, derive=folded_name)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["name_key", "pk"]
        indexes = [models.Index(fields=["price", "id"], name="plan_by_price")]
        constraints = [
            text_fits("name", 100, shortest=1),
            one_of("kind", ["internet", "voice", "tv", "other"]),
            at_least("price", 0),
            between("download_mbps", 0, MOST_MBPS),
            between("upload_mbps", 0, MOST_MBPS),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def lookup_detail(self) -> str:
        """What the plan costs a month."""
        return format_money(self.price)

    def get_absolute_url(self) -> str:
        return page_of_record("customers:plan_detail", self.pk)
