"""
The part of an undo that is done by a few statements, however many records it is about.

What is computed for it lies in temporary tables, made before any lock is taken. What these statements put back is
exactly what the walk would have (see `sorting`); the walk does the rest.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q, Sum
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext as _

from customerflow.changes.images import ERASED_JSON, model_of, values_of
from customerflow.changes.marks import CHANGES, Marked, is_going
from customerflow.changes.models import Change, ChangeSet
from customerflow.changes.outcome import DESCRIBED, Reversal, Undone
from customerflow.changes.rows import let_go
from customerflow.changes.scratch import Scratch, query, roomy_cache, run
from customerflow.changes.sorting import Sorter

# Fewer records are put back one by one: nobody waits for those.
AT_LEAST = 500
REST = Scratch("undo_rest", {"change_id": ""})


class Wholesale:
    """The records of one change set that are put back by statements, and the `rest`, which is walked through."""

    def __init__(self, change_set: ChangeSet) -> None:
        self.change_set = change_set
        self.marked: dict[str, Marked] = {}
        self.rest = change_set.changes.all()
        self.is_rest_apart = False

    @contextmanager
    def open(self, tell: Callable[[int], object]) -> Iterator[None]:
        """Make the temporary tables, and drop them at the end."""
        kinds = self.change_set.counts.order_by("kind").values_list("kind", flat=True).distinct()
        self.marked = {kind: Marked(self.change_set, model_of(kind)) for kind in kinds}
        with roomy_cache():
            try:
                for each in self.marked.values():
                    each.open(tell)
                yield
            finally:
                if not connection.needs_rollback:
                    self.close()

    def close(self) -> None:
        """Remove the temporary tables."""
        for each in self.marked.values():
            each.close()
        REST.drop()

    def sort(self, own: int = 0) -> None:
        """
        Find out what can be put back by statements; `own` is the change set that undo writes, if it does.

        Raises `ValidationError` where values that would come back were erased.
        """
        if not self.marked:
            return
        erased = Q(before__contains=ERASED_JSON) | Q(after__contains=ERASED_JSON)
        if self.change_set.changes.filter(erased).exists():
            raise ValidationError(_("Personal data in it was erased."), code="erased")
        sorter = Sorter(self.change_set, own, self.marked)
        sorter.sort()
        self.is_rest_apart = sorter.is_rest_apart()
        REST.create()
        for each in self.marked.values():
            run(
                f"""
                INSERT INTO {REST.name} SELECT c.id FROM {each.marks.name} AS m
                JOIN {CHANGES} AS c ON c.kind = '{each.kind}' AND c.record_id = m.record_id
                WHERE m.state > 0 AND c.change_set_id = {self.change_set.pk}
                """
            )
        REST.analyze()
        self.rest = Change.objects.filter(pk__in=RawSQL(f"SELECT change_id FROM {REST.name}", []))  # noqa: S611

    def lock(self) -> None:
        """Let nobody change the records until this is done; on SQLite nobody can."""
        if connection.vendor == "sqlite":
            return
        for each in self.marked.values():
            keys = f"SELECT record_id FROM {each.marks.name} WHERE state = 0"
            locked = f"SELECT 1 FROM {each.stored} WHERE id IN ({keys}) ORDER BY id FOR UPDATE"
            query(f"SELECT COUNT(*) FROM ({locked}) AS locked")

    def counted(self) -> Undone:
        """Return what the statements put back, the newest described."""
        undone = Undone()
        for reversal in self._newest():
            undone.add(reversal)
        undone.put_back = sum(sum(each.count().values()) for each in self.marked.values())
        return undone

    def put_back(self) -> Undone:
        """
        Put the records back, and return what was done.

        Where the database refuses one of them, none is, and all are left to the walk.
        """
        undone = self.counted()
        try:
            with transaction.atomic():
                self._write()
        except IntegrityError:
            self.rest = self.change_set.changes.all()
            return Undone()
        return undone

    def _write(self) -> None:
        now = timezone.now()
        for each in self.marked.values():
            if each.restored.columns:
                each.restored.write(each.marks, now)
        for each in self._children_first():
            keys = f"SELECT m.record_id FROM {each.marks.name} AS m WHERE {is_going('m')}"
            let_go(each.model, RawSQL(keys, []))  # noqa: S611
            run(f"DELETE FROM {each.stored} WHERE id IN ({keys})")

    def _children_first(self) -> Iterator[Marked]:
        """Yield the kinds of which records are removed, each before those that it points at."""
        left = [each for each in self.marked.values() if "create" in each.count()]
        while left:
            free = [each for each in left if not any(other.points_at(each) for other in left if other is not each)]
            # Of kinds that point at one another, any is the first: the database looks at the end.
            yield (first := (free or left)[0])
            left.remove(first)

    def _newest(self) -> Iterator[Reversal]:
        """Yield what becomes of the records that the statements put back, the last changes first."""
        if not self.marked:
            return
        good = " UNION ALL ".join(
            f"SELECT * FROM (SELECT change_id FROM {each.marks.name} WHERE state = 0 "
            f"ORDER BY change_id DESC LIMIT {DESCRIBED}) AS newest"
            for each in self.marked.values()
        )
        newest = query(f"SELECT change_id FROM ({good}) AS good ORDER BY change_id DESC LIMIT {DESCRIBED}")
        changes = Change.objects.filter(pk__in=[key for (key,) in newest])
        stored = _stored(changes)
        for change in changes.order_by("-pk"):
            record = stored[change.kind, change.record_id]
            was = values_of(type(record), change.old)
            columns = {name: (getattr(record, name), value) for name, value in was.items()}
            yield Reversal(change.kind, change.record_id, change.action, columns)


@contextmanager
def wholesale_of(change_set: ChangeSet, *, tell: Callable[[int], object] = lambda _number: None) -> Iterator[Wholesale]:
    """
    Return what statements can put back of a change set: nothing of one that is small.

    It is computed outside of any transaction where there is none yet; `tell` is called with the number of records so
    far, of each kind.
    """
    wholesale = Wholesale(change_set)
    is_large = (change_set.counts.aggregate(Sum("number"))["number__sum"] or 0) >= AT_LEAST
    with wholesale.open(tell) if is_large else nullcontext():
        yield wholesale


def _stored(changes: models.QuerySet) -> dict[tuple[str, int], models.Model]:
    keys: dict[str, list[int]] = {}
    for kind, key in changes.values_list("kind", "record_id"):
        keys.setdefault(kind, []).append(key)
    return {
        (kind, record.pk): record
        for kind, some in keys.items()
        for record in model_of(kind)._base_manager.filter(pk__in=some)
    }
