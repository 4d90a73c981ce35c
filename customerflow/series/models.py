"""Numbers given out one after the other: account numbers, document numbers, ticket numbers."""

from collections.abc import Callable

from django.db import models, transaction


class NumberSeriesQuerySet(models.QuerySet):
    """Taking numbers."""

    @transaction.atomic
    def take(self, name: str, count: int = 1) -> range:
        """
        Return the next `count` numbers of the series `name`, which begins at 1.

        The series' row stays locked until the surrounding transaction ends. So two takers never get the same number,
        and a number taken in a transaction that fails is given out again: a series has no gaps.
        """
        self.get_or_create(name=name)
        series = self.select_for_update().get(name=name)
        first, series.next_number = series.next_number, series.next_number + count
        series.save(update_fields=["next_number"])
        return range(first, series.next_number)

    @transaction.atomic
    def take_beyond(self, name: str, is_taken: Callable[[int], bool]) -> int:
        """
        Return a number of the series `name` behind those that are taken, however many a load brought in.

        It may leave out free numbers between them: for accounts and tickets that does not matter.
        """
        wanted = self.take(name)[0]
        number = first_free(wanted, is_taken)
        self.filter(name=name).update(next_number=number + 1)
        return number


def first_free(start: int, is_taken: Callable[[int], bool]) -> int:
    """
    Return a free number from `start` on, in a number of questions that grows with the logarithm of those taken.

    Where the taken numbers are one run, as after a load, it is the first behind them.
    """
    if not is_taken(start):
        return start
    step = 1
    while is_taken(start + step):
        step *= 2
    taken, free = start + step // 2, start + step
    while free - taken > 1:
        middle = (taken + free) // 2
        if is_taken(middle):
            taken = middle
        else:
            free = middle
    return free


class NumberSeries(models.Model):
    """A series of whole numbers."""

    name = models.CharField(max_length=50, unique=True)
    next_number = models.PositiveBigIntegerField(default=1)

    objects = NumberSeriesQuerySet.as_manager()

    # A number that was given out stays given out: see `changes`.
    is_on_record = False

    class Meta:
        verbose_name_plural = "number series"

    def __str__(self) -> str:
        return self.name
