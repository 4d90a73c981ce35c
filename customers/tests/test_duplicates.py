"""Which customers may be one, and what the search for them costs."""

import io
from datetime import date

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from customerflow.changes.models import ChangeSet
from customerflow.text import fold
from customers import duplicates
from customers.duplicates import MOST_SHARING, find_duplicates, likeness_of_names, sharing_contact, tell_apart
from customers.models import Customer, DuplicatePair, Likeness
from customers.registration import close_customer
from customers.tests.factories import make_customer, make_distinct_pair, make_duplicate_pair, make_location

E, P, A, N, NEAR = Likeness.EMAIL, Likeness.PHONE, Likeness.ADDRESS, Likeness.NAME, Likeness.NEAR_NAME


def found() -> list[tuple[int, int, int]]:
    return list(DuplicatePair.objects.order_by("first", "second").values_list("first", "second", "likeness"))


def make_at(address: str = "12 Harbour Road", city: str = "Springfield", postcode: str = "", **fields) -> Customer:
    return make_location(customer=make_customer(**fields), address=address, city=city, postcode=postcode).customer


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ({"email": "ann@example.com"}, {"email": "Ann@example.com"}, E),
        ({"phone": "+1 604 555 0142"}, {"phone": "(604) 555-0142"}, P),
        ({"phone": "555-1234"}, {"phone": "555 1234"}, P),
        ({"email": "a@example.com", "name": "Ann Lee"}, {"email": "a@example.com", "name": "lee  ANN"}, E | N),
        ({"email": "a@example.com", "name": "Ann Leigh"}, {"email": "a@example.com", "name": "Anne Leigh"}, E | NEAR),
        ({"email": "a@example.com", "phone": "555-1234"}, {"email": "a@example.com", "phone": "555-1234"}, E | P),
    ],
)
def test_who_shares_an_email_or_a_phone_may_be_one(one, other, likeness, settings):
    first = make_customer(**{"name": "Zoe Quist", **one})
    second = make_customer(**{"name": "Bo Berg", **other})
    assert find_duplicates().pairs == 1
    assert found() == [(first.pk, second.pk, likeness)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ({}, {"address": "12 harbour road."}, A | N),
        ({"name": "Ann Leigh"}, {"name": "Anne Leigh"}, A | NEAR),
        ({"postcode": "A1 2B"}, {"postcode": ""}, A | N),
        ({"city": "", "postcode": "A1 2B"}, {"postcode": "a1 2b"}, A | N),
        ({"city": ""}, {"city": ""}, A | N),
    ],
)
def test_who_has_a_like_name_at_one_address_may_be_one(one, other, likeness):
    first, second = (make_at(**{"name": "Ann Lee", **fields}) for fields in (one, other))
    find_duplicates()
    assert found() == [(first.pk, second.pk, likeness)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Ann Lee"}, {"name": "Bo Berg"}),
        ({"name": "Shop 12"}, {"name": "Shop 13"}),
        ({"name": "Ann Lee"}, {"name": "Ann Lee", "address": "13 Harbour Road"}),
        ({"name": "Ann Lee"}, {"name": "Ann Lee", "city": "Shelbyville"}),
    ],
)
def test_neighbours_and_namesakes_are_two(one, other):
    make_at(**one)
    make_at(**other)
    assert find_duplicates().pairs == 0


@pytest.mark.django_db
def test_who_has_neither_email_nor_phone_nor_address_is_like_nobody():
    make_customer(name="Ann Lee")
    make_customer(name="Ann Lee")
    assert find_duplicates().pairs == 0


@pytest.mark.django_db
def test_two_closed_accounts_are_left_alone_and_one_is_not():
    customers = [make_customer(email="ann@example.com") for _ in range(3)]
    for customer in customers[:2]:
        close_customer(customer=customer, last_day=date(2026, 3, 1), on=date(2026, 3, 1))
    find_duplicates()
    first, second, third = (customer.pk for customer in customers)
    assert found() == [(first, third, E), (second, third, E)]


@pytest.mark.django_db
def test_a_pair_that_was_told_apart_is_not_found_again():
    for _ in range(2):
        make_customer(email="ann@example.com")
    find_duplicates()
    tell_apart(pair=DuplicatePair.objects.get())
    assert not DuplicatePair.objects.undecided().exists()
    assert find_duplicates().pairs == 0
    assert found() == []


@pytest.mark.django_db
def test_a_pair_that_is_no_longer_alike_goes_and_one_that_changed_stays_the_same_row():
    first, second, third = (make_customer(email="ann@example.com", name=name) for name in ("Ann", "Bo", "Zoe"))
    find_duplicates()
    kept = DuplicatePair.objects.get(first=first, second=second)
    Customer.objects.filter(pk=third.pk).update(email="")
    Customer.objects.filter(pk=second.pk).update(name_key="ann")
    find_duplicates()
    assert found() == [(first.pk, second.pk, E | N)]
    assert DuplicatePair.objects.get().pk == kept.pk


@pytest.mark.django_db
def test_a_pair_goes_with_either_of_its_customers():
    pairs = [make_duplicate_pair() for _ in range(2)]
    pairs[0].first.delete()
    pairs[1].second.delete()
    assert not DuplicatePair.objects.exists()


@pytest.mark.django_db
def test_finding_twice_changes_nothing_and_is_on_no_record():
    for _ in range(3):
        make_customer(email="ann@example.com")
    find_duplicates()
    before, sets = list(DuplicatePair.objects.values()), ChangeSet.objects.count()
    find_duplicates()
    assert list(DuplicatePair.objects.values()) == before
    assert ChangeSet.objects.count() == sets


@pytest.mark.django_db
def test_of_a_large_group_only_those_of_one_name_are_compared():
    for number in range(MOST_SHARING + 1):
        make_customer(email="office@example.com", name=f"Branch {number}")
    twins = [make_customer(email="office@example.com", name="Head Office") for _ in range(2)]
    result = find_duplicates()
    assert (result.pairs, result.large_groups) == (1, 1)
    assert found() == [(*(twin.pk for twin in twins), E | N)]


@pytest.mark.django_db
def test_a_large_group_of_one_name_makes_no_pairs():
    for _ in range(MOST_SHARING + 1):
        make_customer(email="office@example.com", name="Office")
    result = find_duplicates()
    assert (result.pairs, result.large_groups) == (0, 1)


@pytest.mark.django_db
def test_groups_are_read_in_pieces(monkeypatch):
    monkeypatch.setattr(duplicates, "ROWS_A_PIECE", 3)
    customers = [make_at(name="Ann Lee", address=f"{number // 2} Quay") for number in range(14)]
    find_duplicates()
    assert found() == [(customers[i].pk, customers[i + 1].pk, A | N) for i in range(0, 14, 2)]


@pytest.mark.django_db
def test_finding_asks_as_many_questions_for_many_as_for_few(django_assert_max_num_queries):
    for number in range(100):
        make_at(name=f"Ann {number // 2}", email=f"{number // 2}@example.com")
    with django_assert_max_num_queries(60):
        assert find_duplicates().pairs == 50


names = st.text(st.characters(codec="utf-8", categories=["L", "N", "Zs", "P"]), min_size=1, max_size=30).map(fold)


@given(name=names)
def test_a_name_is_like_itself_in_any_order_of_its_words(name):
    words = name.split(" ")
    assert likeness_of_names(name, " ".join(reversed(words))) == N


@given(one=names, other=names)
def test_any_two_names_are_the_same_or_near_or_neither(one, other):
    assert likeness_of_names(one, other) in {0, N, NEAR}


@pytest.mark.django_db
def test_who_shares_an_email_or_phone_is_found_without_reading_all():
    customer = make_customer(email="ann@example.com", phone="555-1234")
    by_email, by_phone = make_customer(email="Ann@Example.com"), make_customer(phone="555-1234")
    make_customer(email="joann@example.com", phone="555-12345")
    assert list(sharing_contact(customer)) == [by_email, by_phone]


@pytest.mark.django_db
def test_the_command_and_the_daily_run_say_what_they_found():
    for _ in range(MOST_SHARING + 1):
        make_customer(email="office@example.com")
    make_customer(phone="555-1234")
    make_customer(phone="555-1234")
    out = io.StringIO()
    call_command("find_duplicates", stdout=out)
    assert out.getvalue().splitlines() == [
        "1 likely duplicates.",
        "1 e-mails, phones or addresses are shared by more than 20 customers: "
        "there only those with the same name were compared.",
    ]
    out = io.StringIO()
    call_command("daily", "--on", "2026-11-20", stdout=out)
    assert "Pairs of customers that may be one: 1." in out.getvalue().splitlines()


@pytest.mark.django_db
def test_pairs_that_are_known_apart_are_no_candidates():
    first, second = (make_customer(phone="555-1234") for _ in range(2))
    make_distinct_pair(first=first, second=second)
    assert find_duplicates().pairs == 0
