"""
The walk back through one change set, change by change, the last one first.

Each step takes a table from the state after a change to the one before it, so nothing on the way breaks a constraint
that held then.
"""

from collections.abc import Iterator
from itertools import groupby

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customerflow.changes.images import derive, is_erased, model_of, values_of
from customerflow.changes.models import Change, ChangeSet
from customerflow.changes.outcome import Forcing, Key, Reversal
from customerflow.changes.rows import (
    batched,
    distinct,
    let_go,
    newer_at_moved,
    pointed_at,
    store,
    taken,
    without_target,
)
from customerflow.changes.since import changed_since
from customerflow.changes.tracked import BOOKKEEPING, has_rules, has_version, is_ruled, link_to_whole
from customerflow.text import KeyField

CHUNK = 500


class Reverser:
    """
    The walk back through changes of one change set, written down in the change set `own`.

    Records in `refused`, each with the reason, are left alone. Those that cannot be as they were, which shows only
    when others are back or when they are half-way back themselves, are in `broken` at the end: then nothing of the walk
    may be kept, and it is to be made again without them.
    """

    def __init__(
        self,
        change_set: ChangeSet,
        changes: models.QuerySet,
        own: int,
        forcing: Forcing,
        refused: dict[Key, str],
    ) -> None:
        self.own = own
        # What these two wrote is no change by others.
        self.ours = [change_set.pk, own]
        self.changes = changes.order_by("-pk")
        self.forcing, self.refused = forcing, refused
        # What is on record already was not written by this walk.
        self.begun_after = Change.objects.filter(change_set=own).aggregate(models.Max("pk"))["pk__max"] or 0
        self.begun: set[Key] = set()
        self.left_alone: set[Key] = set()
        self.broken: dict[Key, str] = {}
        self.wholes = self._wholes()
        self.parts: dict[Key, list[Key]] = {}
        for part, whole in self.wholes.items():
            self.parts.setdefault(whole, []).append(part)
        self.now = timezone.now()

    def run(self) -> Iterator[Reversal]:
        """Put back what can be, and yield what became of each record."""
        beyond = None
        while chunk := list((self.changes.filter(pk__lt=beyond) if beyond else self.changes)[:CHUNK]):
            beyond = chunk[-1].pk
            for (kind, action), changes in groupby(chunk, key=lambda change: (change.kind, change.action)):
                for run in distinct(changes):
                    yield from self._reverse(model_of(kind), action, run)
        self._check_rules()

    def _wholes(self) -> dict[Key, Key]:
        """
        Return of which record each part in the change set is a part, such as a price of which service.

        The two stay together: what a whole was like without the part that was added with it, nobody has seen.
        """
        wholes: dict[Key, Key] = {}
        kinds = self.changes.order_by().values_list("kind", flat=True).distinct()
        for kind in kinds:
            model = model_of(kind)
            link = link_to_whole(model)
            if link is None:
                continue
            whole = link.related_model._meta.label_lower
            parts = self.changes.filter(kind=kind)
            stored = dict(
                model._base_manager.filter(pk__in=parts.order_by().values("record_id")).values_list("pk", link.attname)
            )
            for change in parts.iterator(chunk_size=CHUNK):
                key = (change.new or change.old).get(link.column) or stored.get(change.record_id)
                if key is not None:
                    wholes[kind, change.record_id] = (whole, key)
        return wholes

    def _family_of(self, key: Key) -> list[Key]:
        """Return the records that come back together with this one, or not at all."""
        whole = self.wholes.get(key, key)
        return [whole, *self.parts.get(whole, ())]

    def _check_rules(self) -> None:
        """Ask the models' own rules about every record that is back."""
        written = Change.objects.filter(change_set=self.own, pk__gt=self.begun_after).order_by()
        written = written.exclude(action=Change.Action.DELETE)
        wholes: dict[str, list[int]] = {}
        for kind, key in self.parts:
            wholes.setdefault(kind, []).append(key)
        for kind, keys in wholes.items():
            for some in batched(keys, CHUNK):
                self._check_rule(model_of(kind), some)
        for kind in written.values_list("kind", flat=True).distinct():
            model = model_of(kind)
            if not has_rules(model):
                continue
            keys = (
                change.record_id
                for change in written.filter(kind=kind).iterator(chunk_size=CHUNK)
                if change.action == Change.Action.CREATE or is_ruled(model, change.new.keys())
            )
            for some in batched(keys, CHUNK):
                self._check_rule(model, some)

    def _check_rule(self, model: type[models.Model], keys: list[int]) -> None:
        """Ask a model's rules about records; where one is broken, neither they nor their parts are to come back."""
        if not has_rules(model):
            return
        for record in model._base_manager.filter(pk__in=keys):
            try:
                record.clean()
            except ValidationError as error:
                whole = model._meta.label_lower, record.pk
                for key in [whole, *self.parts.get(whole, ())]:
                    self.broken[key] = " ".join(error.messages)

    def _reverse(self, model: type[models.Model], action: str, changes: list[Change]) -> Iterator[Reversal]:
        """Reverse a run of like changes of different records; raises `ValidationError` where their values are gone."""
        if any(is_erased(change.before) or is_erased(change.after) for change in changes):
            raise ValidationError(_("Personal data in it was erased."), code="erased")
        keys = [change.record_id for change in changes]
        stored = {record.pk: record for record in model._base_manager.select_for_update().filter(pk__in=keys)}
        # A record that is on its way back is not as any of its earlier changes left it.
        newest = [change for change in changes if (change.kind, change.record_id) not in self.begun]
        self.begun.update((change.kind, change.record_id) for change in newest)
        since = changed_since(newest, stored, self.ours) if newest else {}
        reverse = {"create": self._remove, "change": self._put_back, "delete": self._bring_back}[action]
        open_changes = []
        for change in changes:
            key = (change.kind, change.record_id)
            if key in self.left_alone:
                continue
            if key in self.refused:
                yield self._leave(change, self.refused[key])
                continue
            if since.get(change.record_id) and not self.forcing.allows(key):
                yield self._leave(change, _("It was changed since."), since[change.record_id])
                continue
            open_changes.append(change)
        yield from reverse(model, open_changes, stored)

    def _leave(self, change: Change, reason: str, since: tuple[Change, ...] = ()) -> Reversal:
        key = (change.kind, change.record_id)
        if Change.objects.filter(change_set=self.own, kind=change.kind, record_id=change.record_id).exists():
            self.broken[key] = reason
        if key in self.wholes or key in self.parts:
            for each in self._family_of(key):
                if each != key and each not in self.refused:
                    self.broken[each] = _("It belongs together with something that is left alone.")
        self.left_alone.add(key)
        return Reversal(change.kind, change.record_id, change.action, is_put_back=False, reason=reason, since=since)

    def _remove(
        self, model: type[models.Model], changes: list[Change], stored: dict[int, models.Model]
    ) -> Iterator[Reversal]:
        """Remove what was created; what is gone already needs nothing."""
        present = [change for change in changes if change.record_id in stored]
        newer_at = pointed_at(model, [change.record_id for change in present])
        going = []
        for change in present:
            if newer := newer_at.get(change.record_id):
                yield self._leave(change, _("Something newer belongs to it: %(record)s.") % {"record": newer})
            else:
                going.append(change.record_id)
                yield Reversal(change.kind, change.record_id, change.action)
        let_go(model, going)
        rows = model._base_manager.filter(pk__in=going)
        rows._raw_delete(rows.db)

    def _bring_back(
        self, model: type[models.Model], changes: list[Change], stored: dict[int, models.Model]
    ) -> Iterator[Reversal]:
        """Insert what was deleted, with the key it had; what is back already needs nothing."""
        records = {}
        for change in changes:
            if change.record_id in stored:
                continue
            record = records[change] = model(pk=change.record_id, **values_of(model, change.old))
            if has_version(model):
                record.version = (change.version or 0) + 1
            if hasattr(record, "updated_at"):
                record.updated_at = self.now
            derive(record)
        fields = [field for field in model._meta.local_concrete_fields if not field.generated]
        yield from self._write(records, fields, is_new=True, columns={})

    def _put_back(
        self, model: type[models.Model], changes: list[Change], stored: dict[int, models.Model]
    ) -> Iterator[Reversal]:
        """Give changed columns the values they had."""
        records, columns = {}, {}
        for change in changes:
            record = stored.get(change.record_id)
            if record is None:
                yield self._leave(change, _("It was removed since."))
                continue
            was = values_of(model, change.old)
            pairs = {name: (getattr(record, name), value) for name, value in was.items()}
            if all(now == then for now, then in pairs.values()):
                continue
            for name, value in was.items():
                setattr(record, name, value)
            if has_version(model):
                record.version += 1
            if hasattr(record, "updated_at"):
                record.updated_at = self.now
            derive(record)
            records[change], columns[change.pk] = record, pairs
        for change, newer in newer_at_moved(model, list(records), self.ours).items():
            del records[change]
            yield self._leave(change, _("Something newer belongs to it: %(record)s.") % {"record": newer})
        names = {name for pairs in columns.values() for name in pairs} | BOOKKEEPING
        fields = [
            field
            for field in model._meta.local_concrete_fields
            if field.attname in names or isinstance(field, KeyField)
        ]
        yield from self._write(records, fields, is_new=False, columns=columns)

    def _write(
        self,
        records: dict[Change, models.Model],
        fields: list[models.Field],
        *,
        is_new: bool,
        columns: dict[int, dict[str, tuple[object, object]]],
    ) -> Iterator[Reversal]:
        """Write records of one kind all at once; one by one, where one of them cannot be as it was."""
        whole, refused = {}, without_target(list(records.values()), fields)
        for change, record in records.items():
            if record.pk in refused:
                yield self._leave(change, refused[record.pk])
            else:
                whole[change] = record
        try:
            with transaction.atomic():
                store(list(whole.values()), fields, is_new=is_new)
        except IntegrityError:
            for change, record in list(whole.items()):
                try:
                    with transaction.atomic():
                        store([record], fields, is_new=is_new)
                except IntegrityError:
                    del whole[change]
                    yield self._leave(change, taken(record))
        for change in whole:
            yield Reversal(change.kind, change.record_id, change.action, columns.get(change.pk, {}))
