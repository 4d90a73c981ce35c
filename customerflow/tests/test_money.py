from decimal import Decimal

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import FieldError, ValidationError
from django.db import connection, transaction
from django.db.models import F, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from customerflow import money
from customerflow.money import (
    MoneyField,
    MoneyFormField,
    format_money,
    from_minor,
    parse_money,
    round_money,
    to_minor,
    zero,
)
from customers.models import Plan
from customers.tests.factories import make_equipment, make_plan

MOST = 10**15 - 1
CENTS = st.integers(min_value=-MOST, max_value=MOST)
LANGUAGES = [code for code, _name in django_settings.LANGUAGES]


@pytest.fixture
def dinars(monkeypatch):
    """Let the currency have three decimals, as the Kuwaiti dinar."""
    monkeypatch.setattr(money, "PLACES", 3)
    monkeypatch.setattr(money, "QUANTUM", Decimal("0.001"))
    monkeypatch.setattr(money, "LIMIT", Decimal(10) ** 12)


@pytest.fixture
def yen(monkeypatch):
    """Let the currency have no decimals."""
    monkeypatch.setattr(money, "PLACES", 0)
    monkeypatch.setattr(money, "QUANTUM", Decimal(1))


@given(CENTS)
def test_minor_units_are_exact_both_ways(cents):
    assert to_minor(from_minor(cents)) == cents
    assert to_minor(str(from_minor(cents))) == cents


@given(CENTS, st.sampled_from(LANGUAGES))
def test_what_is_shown_in_a_language_is_read_as_the_same_amount(cents, language):
    with translation.override(language):
        assert parse_money(format_money(from_minor(cents))) == from_minor(cents)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("amount", ["0.00", "0.05", "999.99", "1000.00", "1234.50", "-1234567.89"])
def test_an_amount_goes_round_in_every_language(language, amount):
    with translation.override(language):
        assert parse_money(format_money(Decimal(amount))) == Decimal(amount)


@pytest.mark.parametrize("amount", [0.1, 59.99, float("nan"), float("inf")])
def test_money_is_never_a_float(amount):
    with pytest.raises(ValidationError) as refusal:
        to_minor(amount)
    assert refusal.value.code == "float"


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (Decimal("NaN"), "invalid"),
        (Decimal("-Infinity"), "invalid"),
        ("", "invalid"),
        ("1_000", "invalid"),
        ("1e3", "invalid"),
        ("١٢", "invalid"),
        ("12\n", "invalid"),
        ("1,50", "invalid"),
        (None, "invalid"),
        ([1], "invalid"),
        (Decimal("0.001"), "too_many_decimals"),
        ("59.999", "too_many_decimals"),
        (Decimal("0.01000000000000000000000000000000000001"), "too_many_decimals"),
        (Decimal("1e-400"), "too_many_decimals"),
        (10**13, "too_large"),
        (Decimal("-1e13"), "too_large"),
        (Decimal("1e400"), "too_large"),
    ],
)
def test_what_is_no_exact_amount_is_refused(amount, code):
    with pytest.raises(ValidationError) as refusal:
        to_minor(amount)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1234.5", "1234.50"),
        ("1234,5", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1\u202f234,50", "1234.50"),
        ("1\u00a0234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1’234.50", "1234.50"),
        ("1,234,567.89", "1234567.89"),
        ("1,234", "1234.00"),
        ("  59.99 ", "59.99"),
        ("-0.05", "-0.05"),
        ("+.5", "0.50"),
        ("5.", "5.00"),
        ("007", "7.00"),
    ],
)
def test_amounts_as_people_write_them(text, amount):
    assert str(parse_money(text)) == amount


@pytest.mark.parametrize(
    "text",
    # A group never begins with 0, is never cut short, and has another sign than the decimals.
    [
        *["0.005", "59.999", "1.234", "0,123", "012.345", "1,234,5", "1.234.5", "12,34.00", "1 23", "1,234 567"],
        *["1_000", "1e3", "NaN", "inf", "", "-", ".", ",", "--5", "5-", "$5", "١٢", "1\x00", "9" * 14],
    ],
)
def test_what_is_not_an_amount_is_refused(text):
    with pytest.raises(ValidationError):
        parse_money(text)


@given(st.text(alphabet="0123456789.,' \u00a0\u202f+-", max_size=14))
def test_no_separator_changes_the_digits_of_an_amount(text):
    try:
        amount = parse_money(text)
    except ValidationError:
        return
    digits = "".join(filter(str.isdigit, text)).lstrip("0")
    assert str(abs(to_minor(amount))).lstrip("0").startswith(digits.rstrip("0") or "")
    assert (amount <= 0) if "-" in text else (amount >= 0)


@pytest.mark.usefixtures("dinars")
@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234", "1.234"),
        ("1.234", "1.234"),
        ("1 234", "1234.000"),
        ("1,234.567", "1234.567"),
        ("1.234,567", "1234.567"),
        ("1,234,567", "1234567.000"),
        ("0.005", "0.005"),
    ],
)
def test_a_currency_of_three_decimals(text, amount):
    assert str(parse_money(text)) == amount
    assert str(parse_money(format_money(Decimal(amount)))) == amount


@pytest.mark.usefixtures("yen")
@pytest.mark.parametrize(("text", "amount"), [("1,234", "1234"), ("1234", "1234"), ("1.234.567", "1234567")])
def test_a_currency_without_decimals(text, amount):
    assert str(parse_money(text)) == amount
    assert format_money(Decimal(amount)) == f"{int(amount):,}"
    with pytest.raises(ValidationError):
        parse_money("1234.5")


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
def test_rounding_is_to_the_nearest_and_the_same_on_both_sides_of_zero(amount):
    rounded = round_money(amount)
    assert round_money(-amount) == -rounded
    assert abs(rounded - amount) <= Decimal("0.005")
    assert to_minor(rounded) == rounded * 100


@pytest.mark.parametrize(
    ("amount", "rounded"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("2.675", "2.68"), ("1.0049", "1.00")]
)
def test_half_a_cent_is_rounded_away_from_zero(amount, rounded):
    assert str(round_money(Decimal(amount))) == rounded


@pytest.mark.django_db
def test_sums_in_the_database_are_exact():
    # Added up as floats, 200,000 times 59.99 and ten trillion less a cent are some cents off.
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i FROM n"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_equipment (name, model, cost, terms, monthly_rent, status, search_text, version,"
            " created_at, updated_at) SELECT 'Modem', '', 5999, 'lent', 0, 'in_stock', '', 1,"
            f" CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM ({numbers}) AS numbers"
        )
    unit = make_equipment(cost=from_minor(MOST))
    total = type(unit).objects.aggregate(sum=Sum("cost"))["sum"]
    assert total == Decimal("59.99") * 200_000 + Decimal("9999999999999.99")


@pytest.mark.django_db
def test_money_stays_money_in_the_database():
    make_plan(name="A", price=Decimal("59.99"))
    make_plan(name="B", price=Decimal("0.02"))
    plans = Plan.objects.annotate(more=F("price") + F("price"), less=F("price") - F("price"), triple=F("price") * 3)
    assert list(plans.values_list("more", "less", "triple")) == [
        (Decimal("119.98"), Decimal("0.00"), Decimal("179.97")),
        (Decimal("0.04"), Decimal("0.00"), Decimal("0.06")),
    ]
    assert plans.get(more__gt=Decimal("0.04")).name == "A"
    Plan.objects.update(price=F("price") + Value(Decimal("0.01"), output_field=MoneyField()))
    assert Plan.objects.aggregate(sum=Sum("price"))["sum"] == Decimal("60.03")
    empty = Plan.objects.none().filter(name="C").aggregate(sum=Coalesce(Sum("price"), zero()))["sum"]
    assert str(empty) == "0.00"


@pytest.mark.django_db
@pytest.mark.parametrize("number", [Decimal("0.01"), 1])
def test_a_plain_number_is_not_added_to_money_in_the_database(number):
    make_plan(price=Decimal("59.99"))
    with pytest.raises(FieldError), transaction.atomic():
        Plan.objects.update(price=F("price") + number)
    with pytest.raises(FieldError):
        list(Plan.objects.annotate(more=F("price") + number))
    assert Plan.objects.get().price == Decimal("59.99")


@pytest.mark.django_db
@pytest.mark.parametrize("price", [59.99, "1_000", Decimal("0.001"), Decimal("NaN")])
def test_nothing_that_is_not_exact_is_saved(price):
    with pytest.raises(ValidationError):
        make_plan(price=price)
    with pytest.raises(ValidationError):
        Plan.objects.filter(price=price).exists()


def test_a_form_takes_amounts_as_people_write_them():
    field = MoneyFormField(min_value=Decimal(0))
    assert field.clean(" 1,234.5 ") == Decimal("1234.50")
    assert field.prepare_value(Decimal("1234.5")) == "1,234.50"
    assert field.prepare_value("12x") == "12x"
    assert not field.has_changed(Decimal("1234.50"), "1 234,50")
    assert field.has_changed(Decimal("1234.50"), "12x")
    assert MoneyFormField(required=False).clean("") is None
    for wrong in ("-0.01", "12x", "", "0.005"):
        with pytest.raises(ValidationError):
            field.clean(wrong)
