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
    def take_free(self, name: str, is_taken: Callable[[int], bool]) -> int:
        """Return the next number of the series `name` that is not taken already, by a record from elsewhere."""
        while is_taken(number := self.take(name)[0]):
            pass
        return number

    @transaction.atomic
    def skip_to(self, name: str, number: int) -> None:
        """Let the series `name` go on at `number`; it never goes back."""
        self.get_or_create(name=name)
        self.select_for_update().filter(name=name, next_number__lt=number).update(next_number=number)


class NumberSeries(models.Model):
    """A series of whole numbers."""

    name = models.CharField(max_length=50, unique=True)
    next_number = models.PositiveBigIntegerField(default=1)

    objects = NumberSeriesQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "number series"

    def __str__(self) -> str:
        return self.name
