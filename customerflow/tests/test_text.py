import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from customerflow.text import fold, natural_key, normalise, refuse_unfit
from customers.models import Customer
from customers.tests.factories import make_customer


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("  Luís  GONÇALVES ", "luis goncalves"),
        ("Ana  LI", "ana li"),
        ("5 ㎒", "5 mhz"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("ŁÓDŹ", "łodz"),
        ("Ελλάδα", "ελλαδα"),
        ("ﬁbre\u00a0500", "fibre 500"),
        ("５００", "500"),
        ("محمّد", "محمد"),
        ("山田　太郎", "山田 太郎"),
        ("", ""),
        ("\t\n", ""),
    ],
)
def test_names_are_compared_without_case_accents_and_doubled_spaces(text, key):
    assert fold(text) == key


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_the_two_ways_to_write_an_accent_are_one_text(text):
    for form in ("NFC", "NFD"):
        assert fold(unicodedata.normalize(form, text)) == fold(text)
        assert normalise(unicodedata.normalize(form, text)) == normalise(text)


@given(st.text())
def test_a_normalised_text_is_composed_and_has_no_space_at_its_ends(text):
    result = normalise(text)
    assert result == result.strip() == unicodedata.normalize("NFC", result) == normalise(result)


@pytest.mark.parametrize(
    "char", [*"\u200b\u2060\ufeff", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))], ids=ascii
)
def test_a_hidden_character_is_refused_anywhere(char):
    for text in (f"{char}Ann", f"An{char}n", f"Ann{char}"):
        with pytest.raises(ValidationError, match="cannot be seen") as caught:
            refuse_unfit(text)
        assert caught.value.code == "hidden"


@pytest.mark.parametrize(
    "text",
    [
        "\u0301",
        "\u0301\u0300",
        "\u200d",
        "\u200c \u200d",
        "\u00ad",
        "\u3164",
        "\u2800",
        "\u00b4",
        "\ufe70",
        "\u2017",
        "\ufe0f",
    ],
    ids=ascii,
)
def test_a_text_of_which_nothing_is_seen_is_refused(text):
    with pytest.raises(ValidationError) as caught:
        refuse_unfit(text)
    assert caught.value.code == "invisible"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\u00a0",
        "نمی\u200cخواهم",
        "क्\u200dष",
        "👩\u200d🔧",
        "👍🏽",
        "❤\ufe0f",
        "e\u0301",
        "§",
        "½",
        "—",
        "^",
        "安藤",
    ],
    ids=ascii,
)
def test_what_scripts_and_emoji_need_is_kept(text):
    refuse_unfit(text)


@given(st.text(min_size=1))
def test_what_is_seen_has_a_key(text):
    try:
        refuse_unfit(text)
    except ValidationError:
        return
    assert fold(text) or not text.strip()


def test_numbers_inside_text_sort_by_their_value():
    texts = ["a-10", "A-9", "10", "2", "x", "A-9b", "B-1", "002", "1000000"]
    assert sorted(texts, key=natural_key) == ["2", "002", "10", "1000000", "A-9", "A-9b", "a-10", "B-1", "x"]


@given(st.lists(st.integers(min_value=0, max_value=10**31)))
def test_whole_numbers_sort_as_numbers(numbers):
    texts = sorted(map(str, numbers), key=natural_key)
    assert texts == list(map(str, sorted(numbers)))


@given(st.text(max_size=32))
def test_the_key_of_a_number_fits_its_column(number):
    assert len(natural_key(number)) <= Customer._meta.get_field("number_key").max_length


@pytest.mark.django_db
def test_keys_are_kept_by_every_save_and_bulk_insert():
    customer = make_customer(number="A-9", name="Ana Sá", phone="+1 212 555 0123")
    Customer.objects.bulk_create([Customer(number="A-10", name="Żaneta")])
    assert list(Customer.objects.order_by("number_key").values_list("number", "name_key")) == [
        ("A-9", "ana sa"),
        ("A-10", "zaneta"),
    ]
    assert customer.phone_e164 == "+12125550123"
    customer.name = "Zoë"
    customer.save()
    customer.refresh_from_db()
    assert customer.name_key == "zoe"
    assert "zoe" in customer.search_text


@pytest.mark.django_db
def test_a_key_is_cut_to_its_column():
    # One sign that is eighteen letters when it is folded.
    customer = make_customer(name="\ufdfa" * 200)
    customer.refresh_from_db()
    assert len(customer.name_key) == 200
    assert len(customer.search_text) == 700
