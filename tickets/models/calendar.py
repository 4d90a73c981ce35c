"""When the help desk works."""

import re
from collections.abc import Container
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from holidays import list_supported_countries

from customerflow.constraints import text_fits
from customerflow.public_holidays import public_holidays
from customerflow.records import Record, page_of_record
from tickets.sla.working_hours import Shift, WorkingHours

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
RANGE = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
OWN_DAY = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})(?:\s+(.*))?")
MIDNIGHT = 1_440
MOST_OWN_DAYS = 400
# A leap year: 02-29 is a day of some years.
ANY_YEAR = 2024


def shifts_of(text: str) -> tuple[Shift, ...]:
    """
    Return the shifts of a day from a text such as "08:00-12:00, 13:00-17:00", the earliest first.

    One that ends at or before its beginning ends on the next day; 24:00 is midnight. Raises `ValidationError`.
    """
    shifts = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        found = RANGE.fullmatch(part)
        first_hour, first_minute, last_hour, last_minute = map(int, found.groups()) if found else (99, 99, 99, 99)
        begin, end = first_hour * 60 + first_minute, last_hour * 60 + last_minute
        if first_minute > 59 or last_minute > 59 or begin >= MIDNIGHT or end > MIDNIGHT:
            message = _t(
                "“%(text)s” are no hours. Write them like 08:00-12:00, 13:00-17:00, or 22:00-06:00 for a night."
            )
            raise ValidationError(message % {"text": part[:50]})
        shifts.append((begin, end if end > begin else end + MIDNIGHT))
    shifts.sort()
    for (_begin, end), (begin, _end) in pairwise(shifts):
        if begin < end:
            raise ValidationError(_t("Two of these hours overlap."))
    return tuple(shifts)


@dataclass(frozen=True)
class DaysOff(Container):
    """Days on which nobody works: the operator's own, once or every year, and public holidays, by name."""

    once: dict[date, str] = field(default_factory=dict)
    yearly: dict[tuple[int, int], str] = field(default_factory=dict)
    public: Container[date] = field(default_factory=dict)

    def __contains__(self, day: object) -> bool:
        return day in self.once or (day.month, day.day) in self.yearly or day in self.public

    def name(self, day: date) -> str:
        """Return what a day off is called; nothing for another day."""
        own = self.once.get(day) or self.yearly.get((day.month, day.day))
        return own or self.public.get(day) or ""


def own_days_of(text: str) -> DaysOff:
    """Return the days of a text, one in a line: 2026-12-24 or, for every year, 12-24. Raises `ValidationError`."""
    found = DaysOff()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_OWN_DAYS:
        raise ValidationError(_t("These are more than %(most)d days.") % {"most": MOST_OWN_DAYS})
    for line in lines:
        match = OWN_DAY.fullmatch(line)
        try:
            year, month, day = (int(part) if part else ANY_YEAR for part in match.groups()[:3])
            when = date(year, month, day)
        except (AttributeError, ValueError) as error:
            message = _t(
                "“%(line)s” is no day. Write 2026-12-24 Christmas Eve or, for every year, 12-24 Christmas Eve."
            )
            raise ValidationError(message % {"line": line[:50]}) from error
        name = match[4] or _t("Day off")
        if match[1]:
            found.once[when] = name
        else:
            found.yearly[month, day] = name
    return found


class CalendarQuerySet(models.QuerySet):
    """Calendars, chosen. There are few."""

    def search(self, text: str) -> "CalendarQuerySet":
        """Return the calendars whose name has `text` in it."""
        return self.filter(name__icontains=text)


class Calendar(Record):
    """The working hours of the help desk, by which the times of tickets are measured."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=50,
        default="",
        blank=True,
        help_text=_("Such as Europe/Vienna. Empty: that of the product."),
    )
    monday = models.CharField(
        _("Monday"),
        max_length=100,
        blank=True,
        help_text=_("Such as 08:00-12:00, 13:00-17:00, or 22:00-06:00 for a night."),
    )
    tuesday = models.CharField(_("Tuesday"), max_length=100, blank=True)
    wednesday = models.CharField(_("Wednesday"), max_length=100, blank=True)
    thursday = models.CharField(_("Thursday"), max_length=100, blank=True)
    friday = models.CharField(_("Friday"), max_length=100, blank=True)
    saturday = models.CharField(_("Saturday"), max_length=100, blank=True)
    sunday = models.CharField(_("Sunday"), max_length=100, blank=True)
    country = models.CharField(
        _("public holidays of"),
        max_length=2,
        blank=True,
        help_text=_("The two letters of a country, such as AT. Empty: work goes on on public holidays."),
    )
    subdivision = models.CharField(
        _("state or province"),
        max_length=20,
        blank=True,
        help_text=_("Whose public holidays count besides, such as 9 or BY."),
    )
    own_days = models.TextField(
        _("own days off"),
        max_length=20_000,
        validators=[MaxLengthValidator(20_000)],
        blank=True,
        help_text=_("One in a line: 2026-12-24 Christmas Eve or, for every year, 12-24 Christmas Eve."),
    )

    objects = CalendarQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("calendar")
        constraints = [text_fits("name", 100, shortest=1), text_fits("own_days", 20_000)]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("tickets:calendar_detail", self.pk)

    def clean(self) -> None:
        """Raise `ValidationError`, by field, for what is no time zone, no hours, no country or no day."""
        super().clean()
        errors: dict[str, object] = {}
        for name, read in [*((day, shifts_of) for day in WEEK), ("own_days", own_days_of)]:
            try:
                read(getattr(self, name))
            except ValidationError as error:
                errors[name] = error
        if not errors and not any(getattr(self, day).strip(" ,") for day in WEEK):
            errors["monday"] = ValidationError(_t("Give at least one day of the week working hours."))
        if self.time_zone and self.time_zone not in available_timezones():
            errors["time_zone"] = ValidationError(_t("There is no such time zone. Write one such as Europe/Vienna."))
        known = list_supported_countries()
        if self.country and self.country not in known:
            errors["country"] = ValidationError(_t("The public holidays of this country are not known."))
        elif self.subdivision and self.subdivision not in known.get(self.country, []):
            message = _t("There are: %(known)s.") % {"known": ", ".join(known.get(self.country, [])) or "—"}
            errors["subdivision"] = ValidationError(message)
        if errors:
            raise ValidationError(errors)

    @property
    def zone(self) -> str:
        """The name of its time zone."""
        return self.time_zone or settings.TIME_ZONE

    @property
    def week(self) -> list[tuple[str, str]]:
        """The days of the week, each with its hours as they were typed."""
        return [(self._meta.get_field(day).verbose_name, getattr(self, day)) for day in WEEK]

    def days_off(self) -> DaysOff:
        """Return the days on which nobody works."""
        own = own_days_of(self.own_days)
        public = public_holidays(self.country, self.subdivision, settings.LANGUAGE_CODE) if self.country else {}
        return DaysOff(own.once, own.yearly, public)

    def working_hours(self) -> WorkingHours:
        """Return the working hours as the clock reads them."""
        return WorkingHours(self.zone, tuple(shifts_of(getattr(self, day)) for day in WEEK), self.days_off())

    def next_days_off(self, on: date, until: date) -> list[tuple[date, str]]:
        """Return the days off from `on` to `until`, both included, with their names."""
        off = self.days_off()
        days = (date.fromordinal(number) for number in range(on.toordinal(), until.toordinal() + 1))
        return [(day, off.name(day)) for day in days if day in off]
