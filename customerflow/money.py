"""
Money: an exact whole number of minor units (cents) in the database, a `Decimal` in Python, never a float.

SQLite adds up decimals as floats and keeps only 15 digits of them; whole numbers are exact on every database, inside
aggregates too. There is one currency for an installation, `settings.CURRENCY`.
"""

import re
from decimal import ROUND_HALF_UP, Decimal

from django import forms
from django.conf import settings
from django.core import validators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import BaseExpression, Combinable, Value, register_combinable_fields
from django.utils import formats
from django.utils.translation import gettext_lazy as _

PLACES = settings.CURRENCY_DECIMALS
QUANTUM = Decimal(1).scaleb(-PLACES)
ZERO = Decimal(0).quantize(QUANTUM)
MAX_DIGITS = 15
LIMIT = Decimal(10) ** (MAX_DIGITS - PLACES)

# How programs write an amount. `Decimal` itself also takes 1_000, 1e3, NaN and digits of other scripts.
EXACT = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
# How people do: 1234.5, 1,234.50, 1.234,50, 1 234,50 and 1'234.50.
PLAIN = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)", re.ASCII)
GROUPED = re.compile(
    r"[+-]?[1-9]\d{0,2}(?P<group>[,.'\u2019 \u00a0\u202f])\d{3}(?:(?P=group)\d{3})*(?:(?!(?P=group))[.,]\d*)?",
    re.ASCII,
)


def round_money(amount: Decimal) -> Decimal:
    """Return `amount` with the decimals of the currency, rounded half up (away from zero)."""
    return amount.quantize(QUANTUM, rounding=ROUND_HALF_UP)


def to_minor(amount: Decimal | int | str) -> int:
    """
    Return `amount` in minor units.

    Text is taken as programs write it; `parse_money` is for people. Raises `ValidationError` for a float, for what is
    not a number, for more decimals than the currency has, and for more digits than the database holds: rounding is the
    caller's decision, never this function's.
    """
    if isinstance(amount, float):
        raise ValidationError(_("Money is never a float: %(amount)r."), code="float", params={"amount": amount})
    is_written_exactly = EXACT.fullmatch(amount) if isinstance(amount, str) else isinstance(amount, Decimal | int)
    if not is_written_exactly or not (exact := Decimal(amount)).is_finite():
        raise ValidationError(_("%(amount)r is not an amount."), code="invalid", params={"amount": amount})
    if abs(exact) >= LIMIT:
        raise ValidationError(_("%(amount)s is too large an amount."), code="too_large", params={"amount": amount})
    # Compared with what it is rounded to: `scaleb` alone would round what has very many digits.
    if exact != (rounded := round_money(exact)):
        raise ValidationError(
            _("%(amount)s has more than %(places)d decimals."),
            code="too_many_decimals",
            params={"amount": amount, "places": PLACES},
        )
    return int(rounded.scaleb(PLACES))


def from_minor(minor: int | Decimal) -> Decimal:
    """Return the amount of `minor` minor units."""
    return Decimal(int(minor)).scaleb(-PLACES)


def parse_money(text: str) -> Decimal:
    """
    Return the amount a person typed: "1,234.50", "1.234,50", "1 234.5", "1234,5" and "1234.5" are all understood.

    One lone separator with three digits behind it ("1,234") is a group, unless the language writes decimals with it:
    a slip such as "59.999" is refused, not taken for 59,999. In a currency of three decimals it begins the decimals.
    Raises `ValidationError`.
    """
    typed = text.strip()
    if not (PLAIN.fullmatch(typed) or GROUPED.fullmatch(typed)):
        raise ValidationError(
            _("“%(text)s” is not an amount: write it like %(example)s."),
            code="invalid",
            params={"text": text, "example": format_money(Decimal("1234.5"))},
        )
    if (grouped := GROUPED.fullmatch(typed)) and not (PLAIN.fullmatch(typed) and _is_point(grouped["group"])):
        typed = typed.replace(grouped["group"], "")
    amount = Decimal(typed.replace(",", "."))
    return from_minor(to_minor(amount))


def _is_point(separator: str) -> bool:
    """Return whether the lone separator of "1,234" begins decimals: it does where the language writes them so."""
    return PLACES == 3 or separator == formats.get_format("DECIMAL_SEPARATOR")


def format_money(amount: Decimal | None) -> str:
    """Return `amount` for a person: the decimals of the currency, and the separators of the language."""
    if amount is None:
        return ""
    return formats.number_format(round_money(amount), decimal_pos=PLACES, force_grouping=True)


class MoneyFormField(forms.CharField):
    """A text input that takes amounts as people write them; `cleaned_data` has a `Decimal`, or `empty` when empty."""

    def __init__(self, *, min_value: Decimal | None = None, empty: Decimal | None = None, **kwargs) -> None:
        self.empty = empty
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("inputmode", "decimal")
        self.widget.attrs.setdefault("autocomplete", "off")
        if min_value is not None:
            self.validators.append(validators.MinValueValidator(min_value))

    def to_python(self, value):
        if value in self.empty_values:
            return self.empty
        return value if isinstance(value, Decimal) else parse_money(str(value))

    def prepare_value(self, value):
        return format_money(value) if isinstance(value, Decimal) else value

    def has_changed(self, initial, data) -> bool:
        try:
            return self.to_python(data) != initial
        except ValidationError:
            return True


class MoneyField(models.Field):
    """
    An amount of the installation's currency.

    It is not a `BigIntegerField`, so that sums and differences of it stay money: see the registrations below.
    """

    description = _("Amount of money")
    empty_strings_allowed = False

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def to_python(self, value):
        if value is None:
            return None
        return from_minor(to_minor(parse_money(value) if isinstance(value, str) else value))

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        if value is None or isinstance(value, Combinable):
            return value
        return to_minor(value)

    def get_placeholder(self, value, compiler, connection) -> str:
        """
        Refuse to save an expression that mixes money with plain numbers: they would be taken for minor units.

        Say `Value(amount, output_field=MoneyField())`. Raises `FieldError`; Django itself looks only when it reads.
        """
        if isinstance(value, BaseExpression):
            value.output_field  # noqa: B018
        return "%s"

    def from_db_value(self, value, expression, connection):
        return None if value is None else from_minor(value)

    def value_to_string(self, obj) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)

    def formfield(self, **kwargs):
        minimum = next((v.limit_value for v in self.validators if isinstance(v, validators.MinValueValidator)), None)
        # Without an amount, a field that may be left blank has its default: a set-up fee of 0.
        empty = self.to_python(self.get_default()) if self.blank else None
        return super().formfield(**{"form_class": MoneyFormField, "min_value": minimum, "empty": empty, **kwargs})


for _connector in (Combinable.ADD, Combinable.SUB):
    register_combinable_fields(MoneyField, _connector, MoneyField, MoneyField)
for _connector in (Combinable.MUL, Combinable.DIV):
    register_combinable_fields(MoneyField, _connector, models.IntegerField, MoneyField)  # divided towards zero


def zero() -> Value:
    """Return the SQL value 0 as money, for `Coalesce(Sum("amount"), zero())`."""
    return Value(ZERO, output_field=MoneyField())
