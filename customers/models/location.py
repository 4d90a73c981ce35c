"""Where customers are served."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import between, text_fits
from customerflow.records import Record, page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold
from customers.models.area import Area
from customers.models.customer import Customer


def search_text(location: "Location") -> str:
    """Return what a search finds a location by."""
    parts = (location.label, location.address, location.city, location.region, location.postcode)
    return fold(" ".join(filter(None, parts)))


class LocationQuerySet(SearchQuerySet):
    """Locations, chosen."""

    exact_fields = ("pk",)


class Location(Record):
    """A service address of a customer."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="locations", verbose_name=_("customer"))
    label = models.CharField(_("label"), max_length=100, blank=True, help_text=_("Such as Home, Shop or Mast 3."))
    address = models.CharField(_("address"), max_length=300)
    city = models.CharField(_("city"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        validators=[RegexValidator(r"\A[A-Z]{2}\Z", _("Write two capital letters, such as US."))],
        help_text=_("Two letters (ISO 3166); empty for the operator's own."),
    )
    area = models.ForeignKey(
        Area,
        models.PROTECT,
        related_name="locations",
        null=True,
        blank=True,
        # The index by area and key serves it.
        db_index=False,
        verbose_name=_("area"),
        help_text=_("The part of the network it is served by."),
    )
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=8,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    access_notes = models.TextField(
        _("access notes"),
        blank=True,
        max_length=2_000,
        help_text=_("Keys, dogs, ladders: what a technician must know."),
    )

    search_text = SearchField(derive=search_text)

    objects = LocationQuerySet.as_manager()

    personal_fields = (
        *("label", "address", "city", "region", "postcode", "country"),
        *("latitude", "longitude", "access_notes"),
    )

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["area", "id"], name="location_by_area")]
        constraints = [
            text_fits("address", 300, shortest=1),
            text_fits("label", 100),
            text_fits("city", 100),
            text_fits("region", 100),
            text_fits("postcode", 20),
            text_fits("country", 2),
            text_fits("access_notes", 2_000),
            between("latitude", -90, 90),
            between("longitude", -180, 180),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.one_line}" if self.label else self.one_line

    def get_absolute_url(self) -> str:
        return page_of_record("customers:location_detail", self.pk)

    @property
    def lookup_detail(self) -> str:
        """What tells locations of one address apart."""
        return f"#{self.pk} · {self.customer}"

    @property
    def one_line(self) -> str:
        """The address on one line."""
        city = " ".join(filter(None, (self.postcode, self.city)))
        return ", ".join(filter(None, (self.address, city, self.region, self.country)))
