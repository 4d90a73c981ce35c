"""Visits of technicians at customers' locations."""

import uuid
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import one_of, text_fits
from customerflow.records import Record, page_of_record
from customers.models import Customer, Location
from tickets.models import Ticket

LONGEST_RESULT = 5_000


class VisitQuerySet(models.QuerySet):
    """Visits, chosen. The day asked about is passed in."""

    def search(self, text: str) -> "VisitQuerySet":
        """Return the visits on tickets that a search finds."""
        return self.filter(ticket__in=Ticket.objects.search(text).order_by().values("pk"))

    def ahead(self) -> "VisitQuerySet":
        """Return the visits that are still to be made, or are being made."""
        return self.filter(status__in=Visit.AHEAD)

    def to_come(self, on: date) -> "VisitQuerySet":
        """Return the visits that are still to be made on the day `on` or later, the next first."""
        return self.ahead().filter(day__gte=on).order_by(*Visit.IN_ORDER)

    def of_day(self, technician: models.Model, on: date) -> "VisitQuerySet":
        """Return what `technician` has on the day `on`, in the order of the day; without what was cancelled."""
        made = self.filter(technician=technician, day=on).exclude(status=Visit.Status.CANCELLED)
        return made.order_by(*Visit.IN_ORDER)

    def on_ticket(self, ticket: Ticket) -> "VisitQuerySet":
        """Return the visits on `ticket` and on those that were merged into it."""
        return self.filter(ticket__in=[ticket.pk, *ticket.merges.values_list("merged", flat=True)])

    def of_customer(self, customer: Customer) -> "VisitQuerySet":
        """Return the visits at `customer`."""
        return self.filter(ticket__customer=customer)


class Visit(Record):
    """
    A technician goes to a location, about a ticket, on a day and in a window of it.

    The times are of the operator's time zone. A window without an end is an appointment at a time; without both it is
    any time of the day. A visit without a technician is to be given to somebody.
    """

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        ON_WAY = "on_way", _("On the way")
        ON_SITE = "on_site", _("Arrived")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    class Reason(models.TextChoices):
        NOBODY_HOME = "nobody_home", _("Nobody at home")
        NO_ACCESS = "no_access", _("No access")
        REFUSED = "refused", _("Customer did not want it")
        MATERIAL = "material", _("Material or tool missing")
        WEATHER = "weather", _("Weather")
        TIME = "time", _("Not enough time")
        OTHER = "other", _("Something else")

    AHEAD = ("planned", "on_way", "on_site")
    MADE = frozenset({Status.DONE, Status.FAILED})
    MOVES = {
        Status.PLANNED: {Status.ON_WAY, Status.ON_SITE, Status.DONE, Status.FAILED, Status.CANCELLED},
        Status.ON_WAY: {Status.PLANNED, Status.ON_SITE, Status.DONE, Status.FAILED, Status.CANCELLED},
        Status.ON_SITE: {Status.DONE, Status.FAILED},
        Status.DONE: set(),
        Status.FAILED: set(),
        Status.CANCELLED: {Status.PLANNED},
    }
    # Whoever has no time yet comes last.
    IN_ORDER = ("day", F("starts").asc(nulls_last=True), "pk")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="visits", verbose_name=_("ticket"))
    day = models.DateField(_("day"))
    starts = models.TimeField(_("from"), null=True, blank=True)
    ends = models.TimeField(_("until"), null=True, blank=True)
    technician = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="visits",
        null=True,
        blank=True,
        verbose_name=_("technician"),
        db_index=False,
    )
    location = models.ForeignKey(
        Location, models.SET_NULL, related_name="visits", null=True, blank=True, verbose_name=_("location")
    )
    status = models.CharField(_("state"), max_length=10, choices=Status, default=Status.PLANNED, editable=False)
    reason = models.CharField(_("reason"), max_length=15, choices=Reason, blank=True, editable=False)
    result = models.TextField(
        _("result"),
        max_length=LONGEST_RESULT,
        validators=[MaxLengthValidator(LONGEST_RESULT)],
        blank=True,
        editable=False,
    )
    set_out_at = models.DateTimeField(_("on the way at"), null=True, blank=True, editable=False)
    arrived_at = models.DateTimeField(_("arrived at"), null=True, blank=True, editable=False)
    left_at = models.DateTimeField(_("finished at"), null=True, blank=True, editable=False)
    # What calendars know it by, in all installations.
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    objects = VisitQuerySet.as_manager()

    # The columns that `clean` looks at.
    rules_are_about = frozenset({"ticket_id", "location_id", "starts", "ends"})
    # A visit that comes back is a new one to calendars.
    unrecorded_fields = ("uid",)
    personal_fields = ("result",)
    # It is an internal note on the ticket, too.
    internal_fields = ("result",)

    class Meta:
        ordering = ["-day", "-pk"]
        permissions = [("go_visit", "Can go on visits")]
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        indexes = [
            models.Index(fields=["day", "id"], name="visit_by_day"),
            models.Index(fields=["technician", "day", "id"], name="visit_of_technician"),
            models.Index(fields=["status", "day", "id"], name="visit_by_status"),
        ]
        constraints = [
            one_of("status", ["planned", "on_way", "on_site", "done", "failed", "cancelled"]),
            one_of(
                "reason",
                ["", "nobody_home", "no_access", "refused", "material", "weather", "time", "other"],
            ),
            text_fits("result", LONGEST_RESULT),
            models.CheckConstraint(
                condition=Q(ends=None) | (Q(starts__isnull=False) & Q(ends__gt=F("starts"))),
                name="visits_visit_window",
                violation_error_message=_("A window ends after it begins, on the same day."),
            ),
            models.CheckConstraint(
                condition=(Q(status="failed") & ~Q(reason="")) | (~Q(status="failed") & Q(reason="")),
                name="visits_visit_failed_iff_reason",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["done", "failed"], left_at__isnull=False)
                | (~Q(status__in=["done", "failed"]) & Q(left_at=None)),
                name="visits_visit_left_iff_made",
            ),
            models.CheckConstraint(
                condition=~Q(status="on_site") | Q(arrived_at__isnull=False), name="visits_visit_on_site_has_arrived"
            ),
            models.CheckConstraint(
                condition=Q(arrived_at=None) | Q(left_at=None) | Q(left_at__gte=F("arrived_at")),
                name="visits_visit_leaves_after_arriving",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.when}, #{self.ticket.number}"

    def get_absolute_url(self) -> str:
        return page_of_record("visits:visit_detail", self.pk)

    def clean(self) -> None:
        """Raise `ValidationError`, by field, for another customer's location, and for a window that is none."""
        super().clean()
        if self.location and self.ticket_id and self.location.customer_id != self.ticket.customer_id:
            raise ValidationError({"location": _t("This belongs to another customer.")})
        if self.ends and not self.starts:
            raise ValidationError({"starts": _t("Say from when, or leave both times empty.")})
        if self.ends and self.ends <= self.starts:
            raise ValidationError({"ends": _t("Choose a time after the beginning, on the same day.")})

    @property
    def window(self) -> str:
        """From when until when, for a person."""
        if not self.starts:
            return _t("any time")
        return f"{self.starts:%H:%M}–{self.ends:%H:%M}" if self.ends else f"{self.starts:%H:%M}"

    @property
    def when(self) -> str:
        """The day and the window, for a person."""
        return f"{self.day:%Y-%m-%d}, {self.window}"

    @property
    def is_ahead(self) -> bool:
        """Whether it is still to be made, or is being made."""
        return self.status in self.AHEAD

    @property
    def minutes_on_site(self) -> int | None:
        """For how many whole minutes somebody was there; None where the arrival or the end is not known."""
        if self.arrived_at is None or self.left_at is None:
            return None
        return int((self.left_at - self.arrived_at) / timedelta(minutes=1))

    @property
    def moves(self) -> list[Status]:
        """The states that the visit may go to now, in their usual order."""
        return [status for status in self.Status if status in self.MOVES[self.Status(self.status)]]

    def move_to(self, status: Status, at: datetime) -> None:
        """
        Go to the state `status` at the moment `at`; the caller saves.

        Raises `ValidationError` for a move that is not allowed.
        """
        if status not in self.moves:
            raise ValidationError({"status": self._no_move(status)})
        self.status = status
        if status == self.Status.PLANNED:
            self.set_out_at = None
        elif status == self.Status.ON_WAY:
            self.set_out_at = at
        elif status == self.Status.ON_SITE:
            self.arrived_at = at
        elif status in self.MADE:
            # Two servers' clocks may differ.
            self.left_at = max(at, self.arrived_at or at)

    def _no_move(self, status: Status) -> ValidationError:
        now, wanted = self.get_status_display(), self.Status(status).label
        if not self.moves:
            message = _t("A visit that is “%(now)s” stays so: plan another one.")
            return ValidationError(message, code="move", params={"now": now})
        message = _t("A visit that is “%(now)s” cannot become “%(wanted)s”. It can become: %(allowed)s.")
        allowed = ", ".join(str(each.label) for each in self.moves)
        return ValidationError(message, code="move", params={"now": now, "wanted": wanted, "allowed": allowed})

    def overlaps(self, other: "Visit") -> bool:
        """
        Return whether nobody can keep both windows as they stand: they are on one day and have a moment in common.

        The end of a window is no part of it, and an appointment without an end is its first minute. Any time of the day
        overlaps with nothing.
        """
        if self.day != other.day or not (self.starts and other.starts):
            return False
        (begin, end), (other_begin, other_end) = self.span, other.span
        return begin < other_end and other_begin < end

    @property
    def span(self) -> tuple[int, int]:
        """The window in minutes of the day, the end excluded; an appointment without an end is its first minute."""
        begin = minute_of(self.starts)
        return begin, minute_of(self.ends) if self.ends else begin + 1

    @property
    def moments(self) -> tuple[datetime, datetime] | None:
        """When the window begins and ends, in UTC; None for any time. Without an end it is taken for an hour."""
        if not self.starts:
            return None
        zone = timezone.get_default_timezone()
        begin = datetime.combine(self.day, self.starts, zone).astimezone(UTC)
        if not self.ends:
            return begin, begin + timedelta(hours=1)
        # A time that the clock skips in spring is later than it seems.
        return begin, max(datetime.combine(self.day, self.ends, zone).astimezone(UTC), begin + timedelta(minutes=1))


def minute_of(moment: time) -> int:
    """Return the minute of the day."""
    return moment.hour * 60 + moment.minute
