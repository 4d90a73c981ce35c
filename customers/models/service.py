"""What a location is subscribed to, and every price it has had or will have."""

from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import at_least, in_order, text_fits
from customerflow.money import MoneyField
from customerflow.records import Record, page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold
from customers.models.customer import Customer
from customers.models.location import Location
from customers.models.plan import Plan
from customers.models.plan_price_change import PlanPriceChange


def search_text(service: "Service") -> str:
    """Return what a search finds a service by."""
    return fold(" ".join(filter(None, (service.name, service.login, service.ip_address, service.port))))


class ServiceQuerySet(SearchQuerySet):
    """Services, chosen. The day asked about is passed in; all dates are inclusive."""

    exact_fields = ("pk",)

    def active(self, on: date) -> "ServiceQuerySet":
        """Return the services in force on the day `on`."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on)

    def pending(self, on: date) -> "ServiceQuerySet":
        """Return the services that begin after the day `on`."""
        return self.filter(starts_on__gt=on)

    def ended(self, on: date) -> "ServiceQuerySet":
        """Return the services whose last day was before the day `on`."""
        return self.filter(ends_on__lt=on)

    def paused(self, on: date) -> "ServiceQuerySet":
        """Return the services in force on the day `on` that are off that day."""
        pauses = self.model._meta.get_field("pauses").related_model.objects
        return self.active(on).filter(models.Exists(pauses.on(on).filter(service=models.OuterRef("pk"))))

    def not_ended(self, on: date) -> "ServiceQuerySet":
        """Return the services in force on the day `on`, or still to begin."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=on))


class Service(Record):
    """
    A subscription of a location.

    `cost` is the net price of one billing cycle in force today; its past and future are in `PriceChange`. `ends_on` is
    the last day of service.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        ACTIVE = "active", _("Active")
        ENDED = "ended", _("Ended")

    class Interval(models.IntegerChoices):
        MONTHLY = 1, _("Monthly")
        QUARTERLY = 3, _("Every 3 months")
        HALF_YEARLY = 6, _("Every 6 months")
        YEARLY = 12, _("Yearly")

    location = models.ForeignKey(Location, models.CASCADE, related_name="services", verbose_name=_("location"))
    plan = models.ForeignKey(
        Plan, models.PROTECT, related_name="services", null=True, blank=True, verbose_name=_("plan")
    )
    name = models.CharField(_("name"), max_length=100)
    cost = MoneyField(_("cost"), validators=[MinValueValidator(0)], help_text=_("For one billing cycle, before tax."))
    billing_interval = models.PositiveSmallIntegerField(
        _("billing interval"), choices=Interval, default=Interval.MONTHLY
    )
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True, help_text=_("The last day of service."))
    charged_from = models.DateField(
        _("charged from"),
        null=True,
        blank=True,
        help_text=_("The first day that is charged here, where another system charged those before. Empty: all are."),
    )
    setup_fee = MoneyField(_("set-up fee"), default=0, blank=True, validators=[MinValueValidator(0)])
    contract_ends_on = models.DateField(_("contract ends on"), null=True, blank=True)
    early_termination_fee = MoneyField(
        _("early termination fee"), default=0, blank=True, validators=[MinValueValidator(0)]
    )
    login = models.CharField(
        _("login"), max_length=100, null=True, blank=True, unique=True, help_text=_("The PPPoE or RADIUS user name.")
    )
    ip_address = models.GenericIPAddressField(_("IP address"), null=True, blank=True, unique=True)
    port = models.CharField(
        _("port"), max_length=100, null=True, blank=True, unique=True, help_text=_("The switch port or ONT.")
    )

    search_text = SearchField(derive=search_text)

    objects = ServiceQuerySet.as_manager()

    # The columns that `clean` looks at.
    rules_are_about = frozenset({"location_id", "ends_on", "cost"})

    personal_fields = ("login", "ip_address", "port")

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["starts_on", "id"], name="service_by_start"),
            models.Index(fields=["ends_on", "id"], name="service_by_end"),
            models.Index(fields=["cost", "id"], name="service_by_cost"),
        ]
        constraints = [
            text_fits("name", 100, shortest=1),
            text_fits("login", 100, shortest=1),
            text_fits("port", 100, shortest=1),
            at_least("cost", 0),
            at_least("setup_fee", 0),
            at_least("early_termination_fee", 0),
            in_order("starts_on", "ends_on"),
            models.CheckConstraint(
                condition=Q(billing_interval__in=[1, 3, 6, 12]),
                name="customers_service_billing_interval_known",
                violation_error_message=_("A billing interval is 1, 3, 6 or 12 months."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (#{self.pk})"

    def get_absolute_url(self) -> str:
        return page_of_record("customers:service_detail", self.pk)

    @property
    def lookup_detail(self) -> str:
        """What tells services of one name apart."""
        return f"{self.location} · {self.location.customer}"

    def clean(self) -> None:
        """Raise `ValidationError` for a service that goes on at a closed account, or costs not what its price says."""
        super().clean()
        if self.location_id is None:
            return
        customers = Customer.objects.filter(pk=self.location.customer_id)
        if connection.in_atomic_block:
            # Not closed before what depends on this is done.
            customers = customers.select_for_update(no_key=True)
        customer = customers.get()
        if customer.is_closed and (self.ends_on is None or self.ends_on > customer.closed_on):
            raise ValidationError(_("The account of %(customer)s is closed. Reopen it first.") % {"customer": customer})
        applied = self.price_changes.live().exclude(applied_at=None) if self.pk else PriceChange.objects.none()
        latest = applied.order_by(models.F("effective_on").desc(nulls_last=True)).first()
        if latest and latest.cost != self.cost:
            raise ValidationError(_("It would not cost what its latest price says."))

    @property
    def next_prices(self) -> list["PriceChange"]:
        """The live prices that are not in force yet, the next one first."""
        # Not filtered by the database: pages have fetched the prices of all their services at once.
        waiting = [price for price in self.price_changes.all() if not (price.cancelled_at or price.applied_at)]
        return sorted((price for price in waiting if price.effective_on), key=lambda price: price.effective_on)

    def status(self, on: date) -> Status:
        """Return whether the service is pending, active or ended on the day `on`."""
        if self.starts_on > on:
            return self.Status.PENDING
        return self.Status.ENDED if self.ends_on and self.ends_on < on else self.Status.ACTIVE


class PriceChangeQuerySet(models.QuerySet):
    """Price changes, chosen."""

    def live(self) -> "PriceChangeQuerySet":
        """Return the prices that were neither cancelled nor replaced."""
        return self.filter(cancelled_at=None)

    def in_force(self, on: date) -> "PriceChangeQuerySet":
        """Return the live prices that have begun by the day `on`, the latest first."""
        begun = self.live().filter(Q(effective_on=None) | Q(effective_on__lte=on))
        return begun.order_by(models.F("effective_on").desc(nulls_last=True))


class PriceChange(models.Model):
    """
    A price that a service has had, has or will have, from the day `effective_on` on.

    The first price of a service has no day, so that a start that is moved earlier has a price. What is replaced or
    cancelled stays, with `cancelled_at`; `replaced_by` is the price that took its day. `applied_at` is when
    `Service.cost` took it over. `plan_change` is set where the price of the whole plan changed.
    """

    service = models.ForeignKey(Service, models.CASCADE, related_name="price_changes", verbose_name=_("service"))
    cost = MoneyField(_("cost"), validators=[MinValueValidator(0)])
    effective_on = models.DateField(_("effective on"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    applied_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    replaced_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="replaces"
    )
    plan_change = models.ForeignKey(
        PlanPriceChange, models.PROTECT, null=True, blank=True, editable=False, related_name="prices"
    )

    objects = PriceChangeQuerySet.as_manager()

    part_of = "service"
    shown_with = ("service",)
    personal_fields = ("reason",)

    class Meta:
        ordering = ["service", "effective_on", "pk"]
        indexes = [
            models.Index(
                fields=["effective_on"], condition=Q(applied_at=None, cancelled_at=None), name="price_change_waiting"
            )
        ]
        constraints = [
            at_least("cost", 0),
            text_fits("reason", 200),
            models.UniqueConstraint(
                fields=["service", "effective_on"],
                condition=Q(cancelled_at=None),
                name="customers_pricechange_one_a_day",
                violation_error_message=_("This service already has a price for that day."),
            ),
            models.UniqueConstraint(
                fields=["service"],
                condition=Q(cancelled_at=None, effective_on=None),
                name="customers_pricechange_one_first",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service.name}: {self.cost}"
