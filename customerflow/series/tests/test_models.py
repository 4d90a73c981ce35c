import pytest
from django.db import transaction

from customerflow.series.models import NumberSeries
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
def test_a_series_never_goes_back():
    NumberSeries.objects.skip_to("a", 100)
    NumberSeries.objects.skip_to("a", 50)
    assert NumberSeries.objects.take("a")[0] == 100


@pytest.mark.django_db
def test_numbers_that_are_taken_are_passed_over():
    taken = {1, 2, 4}
    free = [NumberSeries.objects.take_free("a", taken.__contains__) for _ in range(3)]
    assert free == [3, 5, 6]


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
