import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from customerflow.series.models import NumberSeries, first_free
from customerflow.tests.threads import at_once


@pytest.mark.django_db
def test_numbers_begin_at_1_and_follow_one_another_in_each_series():
    take = NumberSeries.objects.take
    assert [take("a")[0], take("a")[0], take("b")[0]] == [1, 2, 1]
    assert take("a", 3) == range(3, 6)
    assert take("a") == range(6, 7)


@pytest.mark.django_db
def test_a_number_of_an_act_that_fails_is_given_out_again():
    NumberSeries.objects.take("a")
    with transaction.atomic():
        assert NumberSeries.objects.take("a")[0] == 2
        transaction.set_rollback(True)
    assert NumberSeries.objects.take("a")[0] == 2


@pytest.mark.django_db
def test_behind_many_taken_numbers_the_series_goes_on_at_once():
    asked = []

    def is_taken(number: int) -> bool:
        asked.append(number)
        return number <= 1_000_000

    assert NumberSeries.objects.take_beyond("a", is_taken) == 1_000_001
    assert len(asked) < 50
    assert NumberSeries.objects.take_beyond("a", is_taken) == 1_000_002


@pytest.mark.django_db(transaction=True)
def test_numbers_taken_at_once_have_no_double_and_no_gap():
    def take(index):
        with transaction.atomic():
            number = NumberSeries.objects.take("a")[0]
            is_given_back = index % 5 == 0
            transaction.set_rollback(is_given_back)
        return None if is_given_back else number

    numbers = filter(None, at_once(take, 20))
    assert sorted(numbers) == list(range(1, 17))


@given(st.integers(1, 50), st.sets(st.integers(1, 200)))
def test_the_free_number_is_free_and_not_before_the_start(start, taken):
    number = first_free(start, taken.__contains__)
    assert number >= start
    assert number not in taken


@given(st.integers(1, 50), st.integers(0, 5_000))
def test_behind_one_run_of_taken_numbers_comes_the_first_free_one(start, length):
    assert first_free(start, range(start, start + length).__contains__) == start + length
