"""
How the cells of a file become values of a record: the same checks as in the forms.

A cleaner takes the text of one cell and returns the value that the database stores. It raises `ValidationError` with
what would be accepted. None stands for "not given": a new record gets the default, a record that is there keeps what
it has.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from customerflow.formulas import unguard
from customerflow.loads.refusals import CannotRunError, shorten
from customerflow.money import parse_money, to_minor
from customerflow.text import normalise, refuse_unfit

Cleaner = Callable[[str], object]

LONGEST_SYSTEM_NAME = 50
SLASH = "/"
WHOLE = re.compile("[0-9]{1,9}")
YES = frozenset({"yes", "true", "1", "y"})
NO = frozenset({"no", "false", "0", "n"})
DECIMAL = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]+)?")
CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,6})\d*)?)? ?(Z|UTC|[+-]\d\d:?\d\d)?", re.ASCII)
RECORD_NUMBER = re.compile("#?([0-9]{1,18})")
# A date with a time of midnight is a date: programs export it so.
MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?Z?\Z")
ISO_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
PARTED_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})", re.ASCII)
MONTHS, YEAR_DIGITS = 12, 4
# How the parts of a date follow each other, and where year, month and day are then.
ORDERS = {"ymd": (0, 1, 2), "dmy": (2, 1, 0), "mdy": (2, 0, 1)}


def clean_text(cell: str) -> str:
    """Return the text that a cell stands for: no guard against formulas, composed, trimmed."""
    value = normalise(unguard(cell.strip()))
    refuse_unfit(value)
    return value


def text(longest: int, *, required: bool = False, several_lines: bool = False) -> Cleaner:
    """Return the cleaner of a text of at most `longest` characters."""

    def clean(cell: str) -> str:
        value = clean_text(cell)
        if not value and required:
            raise ValidationError(_("It is missing."), code="required")
        if len(value) > longest:
            raise ValidationError(
                _("It has %(length)d characters; %(longest)d are allowed."),
                code="max_length",
                params={"length": len(value), "longest": longest},
            )
        refuse_unfit(value, several_lines=several_lines)
        return value

    return clean


def system_name(cell: str) -> str:
    """Return the name of the system that documents come from; files write one of its numbers as name/number."""
    value = text(LONGEST_SYSTEM_NAME)(cell)
    if SLASH in value:
        raise ValidationError(_("A system's name has no /: that stands between it and a number."))
    return value


def origin_named(name: str) -> str:
    """Return the name of the system that all documents of a load come from. Raises `CannotRunError`."""
    try:
        return system_name(name)
    except ValidationError as error:
        words = {"name": shorten(name), "why": " ".join(error.messages)}
        raise CannotRunError(_("The system that documents come from, “%(name)s”: %(why)s") % words) from error


def whole_number(least: int, most: int) -> Cleaner:
    """Return the cleaner of a whole number from `least` to `most`, written in the digits 0 to 9; blank is not given."""

    def clean(cell: str) -> int | None:
        value = clean_text(cell)
        if not value:
            return None
        if not WHOLE.fullmatch(value) or not least <= int(value) <= most:
            raise ValidationError(
                _("It must be a whole number from %(least)d to %(most)d."), params={"least": least, "most": most}
            )
        return int(value)

    return clean


def yes_or_no(cell: str) -> bool | None:
    """Return whether a cell says yes; blank is not given."""
    value = clean_text(cell).casefold()
    if value and value not in YES | NO:
        raise ValidationError(_("It must be yes or no."))
    return value in YES if value else None


def given(clean: Cleaner) -> Cleaner:
    """Return a cleaner for which an empty cell is not given."""
    return lambda cell: clean(cell) if cell.strip() else None


def record_number(cell: str) -> int | None:
    """Return our number of a record, written 12 or #12; blank is not given."""
    value = clean_text(cell)
    if not value:
        return None
    if not (found := RECORD_NUMBER.fullmatch(value)):
        raise ValidationError(_("It must be the number of a record, such as 12 or #12."))
    return int(found[1])


def amount(*, least: int | None = 0, required: bool = False) -> Cleaner:
    """
    Return the cleaner of an amount of money, in minor units, of at least so many; blank is not given.

    Written as people do, "1,234.50" or "1234,5"; never rounded.
    """

    def clean(cell: str) -> int | None:
        value = clean_text(cell)
        if not value:
            if required:
                raise ValidationError(_("It is missing."), code="required")
            return None
        minor = to_minor(parse_money(value))
        if least is not None and minor < least:
            raise ValidationError(_("It must not be less than %(least)s.") % {"least": least})
        return minor

    return clean


def choice(choices: type[models.Choices], *, required: bool = False) -> Cleaner:
    """Return the cleaner of one of some choices, by its value or its label, whatever the case; blank is not given."""

    def plain(text: object) -> str:
        return str(text).casefold().replace("_", " ").replace("-", " ")

    def clean(cell: str) -> object:
        value = clean_text(cell)
        if not value:
            if required:
                raise ValidationError(_("It is missing."), code="required")
            return None
        for known, label in choices.choices:
            if plain(value) in {plain(known), plain(label)}:
                return known
        labels = ", ".join(str(label) for label in choices.labels)
        raise ValidationError(_("It must be one of: %(labels)s.") % {"labels": labels})

    return clean


def decimal_number(places: int, most: int) -> Cleaner:
    """Return the cleaner of a number from -`most` to `most` with up to so many decimal places; blank is not given."""

    def clean(cell: str) -> str | None:
        value = clean_text(cell).replace(",", ".")
        if not value:
            return None
        if not DECIMAL.fullmatch(value) or len(value.partition(".")[2]) > places or abs(Decimal(value)) > most:
            raise ValidationError(
                _("It must be a number from -%(most)d to %(most)d with at most %(places)d decimal places."),
                params={"most": most, "places": places},
            )
        return value

    return clean


def ip_address(cell: str) -> str | None:
    """Return the IP address in a cell; blank is not given."""
    value = clean_text(cell)
    if not value:
        return None
    validate_ipv46_address(value)
    return models.GenericIPAddressField().to_python(value).lower()


@dataclass(frozen=True)
class Day:
    """
    The cleaner of a date: 2026-01-31 always, and 31.01.2026 or 01/31/2026 where the file's `order` is told.

    Of a date that can be read in two ways nobody guesses which is meant. Blank is not given, unless it is `required`.
    """

    required: bool = False
    order: str = ""

    def __call__(self, cell: str) -> str | None:
        value = MIDNIGHT.sub("", clean_text(cell))
        if not value:
            if self.required:
                raise ValidationError(_("It is missing."), code="required")
            return None
        try:
            return date(*self._parts(value)).isoformat()
        except ValueError as error:
            raise ValidationError(_("There is no such day.")) from error

    def _parts(self, value: str) -> tuple[int, int, int]:
        if iso := ISO_DATE.fullmatch(value):
            return tuple(map(int, iso.groups()))
        parted = PARTED_DATE.fullmatch(value)
        if not parted or not self.order:
            raise ValidationError(
                _("It must be a date like 2026-01-31; or say in which order the file writes day, month and year.")
            )
        parts = parted[1], parted[3], parted[4]
        year, month, day = (parts[place] for place in ORDERS[self.order])
        if len(year) != YEAR_DIGITS:
            raise ValidationError(_("The year must have four digits."))
        return int(year), int(month), int(day)


def date_orders(cells: Iterable[str]) -> set[str]:
    """Return the orders in which dates such as 31.01.2026 are written, as far as one after the 12th tells it."""
    found = set()
    for cell in cells:
        day = cell.strip().partition(" ")[0]
        if not ISO_DATE.fullmatch(day) and (parted := PARTED_DATE.fullmatch(day)):
            first, second = int(parted[1]), int(parted[3])
            if len(parted[1]) == YEAR_DIGITS:
                found.add("ymd")
            elif len(parted[4]) == YEAR_DIGITS and max(first, second) > MONTHS >= min(first, second):
                found.add("dmy" if first > second else "mdy")
    return found


def guess_date_order(cells: Iterable[str]) -> str:
    """Return in which order dates are written, where they leave no doubt; else an empty text."""
    found = date_orders(cells)
    return found.pop() if len(found) == 1 else ""


@dataclass(frozen=True)
class Moment(Day):
    """
    The cleaner of a moment: a date as of `Day`, and a time such as 14:30, 14:30:15 or 14:30:15+01:00 behind it.

    Without a zone the operator's is meant, without a time the beginning of the day. The value is in UTC.
    """

    def __call__(self, cell: str) -> str | None:
        day, clock = (*re.split("[T ]", clean_text(cell), maxsplit=1), "")[:2]
        found = CLOCK.fullmatch(clock.strip() or "00:00")
        if not day:
            return super().__call__(day)
        if not found:
            raise ValidationError(_("It must be a date and a time like 2026-01-31 14:30."))
        hour, minute, second, fraction, zone = found.groups()
        try:
            clock = time(int(hour), int(minute), int(second or 0), int((fraction or "").ljust(6, "0")))
            moment = datetime.combine(date(*self._parts(day)), clock)
            zoned = f"{moment.isoformat()}{zone.replace('UTC', 'Z')}" if zone else ""
            moment = datetime.fromisoformat(zoned) if zone else timezone.make_aware(moment)
            return str(moment.astimezone(UTC).replace(tzinfo=None))
        except (ValueError, OverflowError) as error:
            raise ValidationError(_("There is no such moment.")) from error
