import json
from base64 import urlsafe_b64encode

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from customerflow.paging import Cursor, Order, page_of
from customerflow.text import refuse_unfit
from customers.models import Customer, Equipment

NAMES = ["Ann", "Ann", "ann", "Bo", "Çelik", "Zoë", "Ann", "Łukasz", "Bo", "安藤一郎"]


@pytest.fixture
def customers(db):
    Customer.objects.bulk_create(Customer(number=str(n), name=name) for n, name in enumerate(NAMES))
    return Customer.objects.all()


@pytest.mark.parametrize("field", ["name_key", "number_key", "pk"])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("size", [1, 3, 4, 10, 50])
def test_walking_forwards_and_back_meets_every_row_once_in_order(customers, field, descending, size):
    order = Order(field, descending)
    expected = [row.pk for row in order.apply(customers)]
    pages = [page_of(customers, order, size=size)]
    while pages[-1].following:
        pages.append(page_of(customers, order, size=size, after=pages[-1].following))
    assert [row.pk for page in pages for row in page.rows] == expected
    assert [page.first for page in pages] == list(range(1, len(expected) + 1, size))
    back = [pages[-1]]
    while back[-1].previous:
        back.append(page_of(customers, order, size=size, before=back[-1].previous))
    assert [[row.pk for row in page.rows] for page in reversed(back)] == [
        [row.pk for row in page.rows] for page in pages
    ]


def test_the_last_page_ends_with_the_last_row_and_leads_back(customers):
    page = page_of(customers, Order("pk"), size=4, last=True)
    assert [row.number for row in page.rows] == ["6", "7", "8", "9"]
    assert (page.first, page.last, page.count, page.following) == (7, 10, 10, "")
    assert [row.number for row in page_of(customers, Order("pk"), size=4, before=page.previous).rows] == [
        *("2", "3", "4", "5")
    ]


def test_a_row_added_meanwhile_repeats_and_hides_no_other(customers):
    first = page_of(customers, Order("name_key"), size=3)
    Customer.objects.create(number="new", name="Aaron")
    second = page_of(customers, Order("name_key"), size=3, after=first.following)
    assert not {row.pk for row in first.rows} & {row.pk for row in second.rows}


def test_counting_stops_at_the_limit(customers, monkeypatch):
    monkeypatch.setattr("customerflow.paging.COUNT_LIMIT", 5)
    page = page_of(customers, Order("pk"), size=2)
    assert (page.is_capped, page.shown_count) == (True, 5)
    assert page_of(customers, Order("pk"), size=2, last=True).first is None


@pytest.mark.parametrize(
    "token", ["x", "e30", "W10", "bnVsbA", "WzEsMiwzLDRd", "WyJhIiwiYiIsImMiXQ", "%00", "\x00", "é"]
)
def test_a_damaged_cursor_is_refused(customers, token):
    with pytest.raises(ValidationError, match="damaged"):
        page_of(customers, Order("pk"), size=2, after=token)


def token_of(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        r'["\ud800",1,1]',
        r'["\u0000",1,1]',
        '["a",1,-1]',
        f'["a",1,{2**63}]',
        f'["a",1,{"9" * 4_300}]',
        '["a",1,true]',
        '["a",1,1.5]',
        '["a",-1,1]',
        f'["a",{2**63},1]',
        f'["a",{"9" * 4_300},1]',
        '["a",true,1]',
    ],
    ids=lambda text: text[:20],
)
def test_a_cursor_that_no_page_gave_is_refused(customers, text):
    with pytest.raises(ValidationError, match="damaged"):
        page_of(customers, Order("name_key"), size=2, after=token_of(text))


@pytest.mark.parametrize("value", ["1e30", "NaN", "1.000000000001", 10**30, "9" * 4_300, "\ud800"])
def test_a_cursor_at_an_amount_that_no_column_holds_is_refused(db, value):
    with pytest.raises(ValidationError, match="damaged"):
        page_of(Equipment.objects.all(), Order("cost"), size=2, after=token_of(json.dumps([value, 1, 1])))


def is_fit(text: str) -> bool:
    try:
        refuse_unfit(text)
    except ValidationError:
        return False
    return True


@given(st.text())
def test_no_text_whatever_gets_past_the_cursor_but_a_cursor(token):
    field = Customer._meta.get_field("name_key")
    try:
        cursor = Cursor.decode(token, field)
    except ValidationError:
        return
    assert isinstance(cursor.value, str)
    assert isinstance(cursor.pk, int)


@given(st.text().filter(is_fit), st.integers(1, 2**62), st.none() | st.integers(1, 10_000))
def test_a_cursor_survives_the_address(value, pk, place):
    cursor = Cursor(value, pk, place)
    assert Cursor.decode(cursor.encode(), Customer._meta.get_field("name_key")) == cursor
