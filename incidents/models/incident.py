"""An outage: what it is about, and from when to when."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import between, in_order, text_fits
from customerflow.records import Record, page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold
from customers.models import Area, Plan

LONGEST_TEXT = 2_000
# A week: nobody gives back nothing for longer outages.
MOST_LEAST_MINUTES = 60 * 24 * 7
# The years in which an incident can be.
EARLIEST, LATEST = 1990, 2999


def search_text(incident: "Incident") -> str:
    """Return what a search finds an incident by."""
    return fold(f"{incident.number} {incident.title}")


class IncidentQuerySet(SearchQuerySet):
    """Incidents, chosen. The moment asked about is passed in."""

    exact_fields = ("number",)

    def begun(self, at: datetime) -> "IncidentQuerySet":
        """Return the incidents that have begun at the moment `at`, over or not."""
        return self.filter(began_at__lte=at)

    def going_on(self, at: datetime) -> "IncidentQuerySet":
        """Return the incidents that have begun at the moment `at`, and have not ended."""
        return self.begun(at).filter(ended_at=None)

    def announced(self, at: datetime) -> "IncidentQuerySet":
        """Return the incidents that begin after the moment `at`."""
        return self.filter(began_at__gt=at)

    def over(self) -> "IncidentQuerySet":
        """Return the incidents that have ended."""
        return self.exclude(ended_at=None)


class Incident(Record):
    """
    An outage, from the moment `began_at` to the moment `ended_at`, without that one (None: it goes on).

    It is about `areas` and `plans`: where both are named, a service must be of one of each. Services that somebody
    added or took out by hand are `ServiceByHand`. While it goes on, whom it hits follows from these; once it is over,
    it is written down (`HitService`), and `frozen_at` says when that was complete. Both moments are whole minutes.
    """

    class State(models.TextChoices):
        ANNOUNCED = "announced", _("Announced")
        GOING_ON = "going_on", _("Going on")
        OVER = "over", _("Over")

    number = models.CharField(_("number"), max_length=32, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200, help_text=_("What is out, and where: colleagues read it."))
    areas = models.ManyToManyField(Area, blank=True, verbose_name=_("areas"))
    plans = models.ManyToManyField(
        Plan,
        blank=True,
        verbose_name=_("plans"),
        help_text=_("With areas and plans, a service is hit where both are so."),
    )
    began_at = models.DateTimeField(_("began at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)
    text = models.TextField(
        _("what customers are told"),
        max_length=LONGEST_TEXT,
        blank=True,
        validators=[MaxLengthValidator(LONGEST_TEXT)],
        help_text=_("Shown to colleagues who talk to a customer whom it hits."),
    )
    note = models.TextField(
        _("note"), max_length=LONGEST_TEXT, blank=True, validators=[MaxLengthValidator(LONGEST_TEXT)]
    )
    least_minutes = models.PositiveIntegerField(
        _("least minutes"),
        default=0,
        validators=[MaxValueValidator(MOST_LEAST_MINUTES)],
        help_text=_("A service that was out for less is given nothing back."),
    )
    frozen_at = models.DateTimeField(_("services written down at"), null=True, blank=True, editable=False)

    search_text = SearchField(max_length=250, derive=search_text)

    objects = IncidentQuerySet.as_manager()

    reference_field = "number"
    # It is made once more from what the incident is about.
    unrecorded_fields = ("frozen_at",)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        indexes = [
            models.Index(fields=["began_at", "id"], name="incident_by_beginning"),
            models.Index(fields=["began_at"], condition=Q(ended_at=None), name="incident_going_on"),
        ]
        constraints = [
            text_fits("title", 200, shortest=1),
            text_fits("text", LONGEST_TEXT),
            text_fits("note", LONGEST_TEXT),
            between("least_minutes", 0, MOST_LEAST_MINUTES),
            in_order("began_at", "ended_at"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return page_of_record("incidents:incident_detail", self.pk)

    @property
    def lookup_detail(self) -> str:
        """What tells incidents of one title apart."""
        return f"{self.began_at:%Y-%m-%d %H:%M} UTC"

    def clean(self) -> None:
        """Raise `ValidationError` for moments that are not whole minutes, are in no year of ours, or in wrong order."""
        super().clean()
        for name in ("began_at", "ended_at"):
            moment = getattr(self, name)
            if moment and (moment.second or moment.microsecond):
                raise ValidationError({name: _("Give whole minutes.")})
            # In other time zones the first and the last day of all are none.
            if moment and not EARLIEST <= moment.year <= LATEST:
                message = _("Choose a year from %(earliest)d to %(latest)d.")
                params = {"earliest": EARLIEST, "latest": LATEST}
                raise ValidationError({name: ValidationError(message, params=params)})
        if self.began_at and self.ended_at and self.began_at >= self.ended_at:
            raise ValidationError({"began_at": _("Choose a moment before its end.")})

    def state(self, at: datetime) -> State:
        """Return whether it is announced, goes on or is over at the moment `at`."""
        if self.ended_at:
            return self.State.OVER
        return self.State.ANNOUNCED if self.began_at > at else self.State.GOING_ON

    @property
    def is_frozen(self) -> bool:
        """Whether it is written down which services it hit: later moves change nothing."""
        return self.ended_at is not None and self.frozen_at is not None
