"""Devices: where each is, and on which terms."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import at_least, one_of, text_fits
from customerflow.money import MoneyField
from customerflow.records import Record, page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold
from customers.models.customer import Customer
from customers.models.location import Location

MAC = re.compile(r"[0-9A-F]{12}")
SEPARATORS = re.compile(r"[:.\- ]")


def normalise_mac(mac: str) -> str:
    """
    Return a MAC address as AA:BB:CC:DD:EE:FF, from any usual notation (colons, hyphens, dots, none).

    Raises `ValidationError`.
    """
    digits = SEPARATORS.sub("", mac.upper())
    if not MAC.fullmatch(digits):
        raise ValidationError(
            _("“%(mac)s” is not a MAC address: 12 hexadecimal digits, such as 00:1B:44:11:3A:B7."),
            code="mac",
            params={"mac": mac},
        )
    return ":".join(digits[start : start + 2] for start in range(0, 12, 2))


def search_text(unit: "Equipment") -> str:
    """Return what a search finds a unit by."""
    bare = (unit.mac or "").replace(":", "")
    return fold(" ".join(filter(None, (unit.name, unit.model, unit.serial, unit.mac, bare))))


class EquipmentQuerySet(SearchQuerySet):
    """Equipment, chosen."""

    exact_fields = ("pk",)

    def left_behind(self) -> "EquipmentQuerySet":
        """Return the units of ours that are at a closed account: nobody pays for them, and they are to be collected."""
        return self.exclude(terms=Equipment.Terms.SOLD).filter(location__customer__status=Customer.Status.CLOSED)


class Equipment(Record):
    """A device. It is at a location exactly while it is installed."""

    class Terms(models.TextChoices):
        SOLD = "sold", _("Sold")
        RENTED = "rented", _("Rented")
        LENT = "lent", _("Lent")

    class Status(models.TextChoices):
        IN_STOCK = "in_stock", _("In stock")
        INSTALLED = "installed", _("Installed")
        RETURNED = "returned", _("Returned")
        IN_REPAIR = "in_repair", _("In repair")
        LOST = "lost", _("Lost")
        SOLD = "sold", _("Sold")

    name = models.CharField(_("name"), max_length=100)
    model = models.CharField(_("model"), max_length=100, blank=True)
    serial = models.CharField(_("serial number"), max_length=100, null=True, blank=True, unique=True)
    mac = models.CharField(_("MAC address"), max_length=17, null=True, blank=True, unique=True)
    cost = MoneyField(_("cost"), default=0, validators=[MinValueValidator(0)])
    terms = models.CharField(_("terms"), max_length=10, choices=Terms, default=Terms.LENT)
    monthly_rent = MoneyField(_("monthly rent"), default=0, blank=True, validators=[MinValueValidator(0)])
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.IN_STOCK)
    location = models.ForeignKey(
        Location, models.PROTECT, related_name="equipment", null=True, blank=True, verbose_name=_("location")
    )

    search_text = SearchField(derive=search_text)

    objects = EquipmentQuerySet.as_manager()

    # The columns that `clean` looks at.
    rules_are_about = frozenset({"serial", "mac"})

    class Meta:
        ordering = ["pk"]
        verbose_name = verbose_name_plural = _("equipment")
        indexes = [
            models.Index(fields=["status", "id"], name="equipment_by_status"),
            models.Index(fields=["cost", "id"], name="equipment_by_cost"),
        ]
        constraints = [
            text_fits("name", 100, shortest=1),
            text_fits("model", 100),
            text_fits("serial", 100, shortest=1),
            text_fits("mac", 17, shortest=1),
            one_of("terms", ["sold", "rented", "lent"]),
            one_of("status", ["in_stock", "installed", "returned", "in_repair", "lost", "sold"]),
            at_least("cost", 0),
            at_least("monthly_rent", 0),
            models.CheckConstraint(
                condition=Q(status="installed", location__isnull=False)
                | (~Q(status="installed") & Q(location__isnull=True)),
                name="customers_equipment_installed_iff_located",
                violation_error_message=_("Equipment has a location exactly while its status is Installed."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.serial})" if self.serial else f"{self.name} (#{self.pk})"

    def get_absolute_url(self) -> str:
        return page_of_record("customers:equipment_detail", self.pk)

    @property
    def lookup_detail(self) -> str:
        """What tells units of one name apart."""
        return " · ".join(filter(None, (self.model, self.mac, self.get_status_display())))

    def clean(self) -> None:
        super().clean()
        self.serial = self.serial or None
        self.mac = normalise_mac(self.mac) if self.mac else None
