"""
Recording: one act, one change set.

    with recording(_("Move house"), by=user) as record:
        ...
    record.change_set  # what was changed, or None where nothing was

The database's triggers write down what changes (see `triggers`); this says whose act it is. What is recorded inside
another recording belongs to that one. Nothing is kept of an act that fails or changes nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from customerflow.changes.models import Change, ChangeCount, ChangeSet, CurrentRecording
from customerflow.changes.triggers import CHANGES, SETS, SETTING


@dataclass(frozen=True)
class Origin:
    """Where an act comes from: who asks for it, through what, in which request, and why."""

    by: AbstractBaseUser | None = None
    through: str = ChangeSet.Through.DIRECT
    request_id: str = ""
    why: str = ""
    act: str = ""


@dataclass
class Recording:
    """An act that is being recorded, and what came of it."""

    change_set_id: int
    # No change of it has this key or one before it.
    after: int = 0
    act: str = ""
    by: AbstractBaseUser | None = None
    change_set: ChangeSet | None = None


_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)
_current: ContextVar[Recording | None] = ContextVar("recording", default=None)


@contextmanager
def acting_for(origin: Origin) -> Iterator[None]:
    """Let every act inside come from `origin`."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def current_origin() -> Origin:
    """Return where acts come from now."""
    return _origin.get() or Origin()


@contextmanager
def recording(
    act: str = "",
    *,
    by: AbstractBaseUser | None = None,
    why: str = "",
    parent: ChangeSet | None = None,
    undoes: ChangeSet | None = None,
) -> Iterator[Recording]:
    """
    Run an act in a transaction, and keep what it changes as one change set.

    Inside another recording it belongs to that one and to who acts there, in a savepoint of its own; it names the act
    where the outer one did not.
    """
    outer = _current.get()
    if outer is not None:
        outer.act = outer.act or str(act)
        with transaction.atomic():
            yield outer
        return
    is_inside = connection.in_atomic_block
    with transaction.atomic():
        record = Recording(*_begin(), str(act), by)
        token = _current.set(record)
        try:
            yield record
        finally:
            _current.reset(token)
        record.change_set = _end(record, why, parent, undoes)
        if is_inside or connection.vendor == "sqlite":
            _tell(None)


def recorded(act: str) -> Callable[[Callable], Callable]:
    """Return a decorator that makes a function an act: one transaction, one change set, all or nothing."""

    def decorate(function: Callable) -> Callable:
        @wraps(function)
        def run(*args: object, **kwargs: object) -> object:
            with recording(act, by=kwargs.get("by")):
                return function(*args, **kwargs)

        return run

    return decorate


def open_parent(act: str, *, by: AbstractBaseUser | None = None, undoes: ChangeSet | None = None) -> ChangeSet:
    """Return a new change set for a long job, whose batches are to be recorded with it as their `parent`."""
    origin = current_origin()
    return ChangeSet.objects.create(
        at=timezone.now(),
        by=_person(by) or _person(origin.by),
        through=origin.through,
        act=str(act)[:100],
        why=origin.why,
        request_id=origin.request_id,
        undoes=undoes,
    )


def _begin() -> tuple[int, int]:
    """Return the number of the next change set, which the triggers use from now on, and a key before its changes."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # Nobody else writes until this transaction ends.
            cursor.execute(f"SELECT (SELECT MAX(id) FROM {SETS}), (SELECT MAX(id) FROM {CHANGES})")
            newest, after = cursor.fetchone()
            _tell(number := (newest or 0) + 1)
            return number, after or 0
        cursor.execute("SELECT set_config(%s, nextval(pg_get_serial_sequence(%s, 'id'))::text, true)", [SETTING, SETS])
        return int(cursor.fetchone()[0]), 0


def _tell(number: int | None) -> None:
    """Let the triggers use the change set `number` until the transaction ends; with None, none."""
    if connection.vendor == "sqlite":
        if not CurrentRecording.objects.update(change_set_id=number):
            CurrentRecording.objects.create(change_set_id=number)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, "" if number is None else str(number)])


def _end(record: Recording, why: str, parent: ChangeSet | None, undoes: ChangeSet | None) -> ChangeSet | None:
    """Keep the change set, if anything changed."""
    # SQLite, which thinks of all change sets as equally long, would read every change there is beside a long one.
    written = Change.objects.filter(change_set_id=record.change_set_id, pk__gt=record.after).order_by()
    counts = list(written.values_list("kind", "action").annotate(Count("pk")))
    if not counts:
        return None
    origin = current_origin()
    change_set = ChangeSet.objects.create(
        pk=record.change_set_id,
        at=timezone.now(),
        by=_person(record.by) or _person(origin.by),
        through=origin.through,
        act=(record.act or origin.act)[:100],
        why=(why or origin.why)[:200],
        request_id=origin.request_id,
        parent=parent,
        undoes=undoes,
    )
    ChangeCount.objects.bulk_create(
        ChangeCount(change_set=change_set, kind=kind, action=action, number=number) for kind, action, number in counts
    )
    return change_set


def _person(user: AbstractBaseUser | None) -> AbstractBaseUser | None:
    """Return who acts, unless it is nobody in particular."""
    return user if user is not None and user.is_authenticated else None
