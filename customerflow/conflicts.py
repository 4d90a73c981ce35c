"""
Two people, one record: what colleagues changed of it while somebody had it open.

A page that changes a record carries the version that the person saw. Where that is not the newest, nothing is done
before the person has seen what is different.
"""

from copy import copy
from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from customerflow.changes.images import value_of
from customerflow.changes.models import Change, ChangeSet
from customerflow.changes.recording import Recording
from customerflow.changes.tracked import has_version, tracked_fields
from customerflow.tables import as_text

# So many changes are looked at, and so many acts named; nobody keeps a page open for longer.
MOST = 200
NAMED = 5
# What the version of a record can be: what is sent instead is no version that anybody saw.
LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Difference:
    """
    A field that a colleague changed, in words: as the person opened it, as it is stored now, and as the person has it.

    `typed` is None where the person did not change it; a conflict is where both did, and not to the same.
    """

    name: str
    label: str
    opened: str
    stored: str
    typed: str | None = None
    is_conflict: bool = False


@dataclass
class Meanwhile:
    """What became of a record since somebody opened it: by which acts, the newest first, and in which fields."""

    acts: list[ChangeSet] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def named(self) -> list[ChangeSet]:
        """The newest acts."""
        return self.acts[:NAMED]

    @property
    def unnamed(self) -> int:
        """How many acts there are besides."""
        return len(self.acts) - len(self.named)

    @property
    def has_conflicts(self) -> bool:
        """Whether the person has to decide about a field."""
        return any(difference.is_conflict for difference in self.differences)

    def is_all_by(self, person: AbstractBaseUser) -> bool:
        """Return whether one and the same person did all of it, such as by sending a form twice."""
        return bool(self.acts) and all(act.by_id == person.pk for act in self.acts)


def meanwhile(record: models.Model, version: int | None) -> Meanwhile:
    """Return what was changed of `record`, as it is stored now, since it had `version`; None: nobody knows."""
    if version is None:
        return Meanwhile()
    changes = list(Change.objects.since(record, version)[:MOST])
    acts = {change.change_set_id: change.change_set for change in changes}
    return Meanwhile(list(reversed(acts.values())), _differences(record, changes))


def _differences(record: models.Model, changes: list[Change]) -> list[Difference]:
    first: dict[str, object] = {}
    for change in changes:
        if change.action == Change.Action.CHANGE:
            first = change.old | first
    found = []
    for each in tracked_fields(type(record)):
        if each.column not in first:
            continue
        opened = copy(record)
        setattr(opened, each.attname, value_of(each, first[each.column]))
        if each.value_from_object(opened) != each.value_from_object(record):
            words = in_words(opened, each.name), in_words(record, each.name)
            found.append(Difference(each.name, str(capfirst(each.verbose_name)), *words))
    return found


def in_words(record: models.Model, name: str) -> str:
    """Return a field of a record for a person."""
    each = record._meta.get_field(name)
    try:
        value = getattr(record, name)
    except ObjectDoesNotExist:
        return f"#{getattr(record, each.attname)}"
    if value is None:
        return ""
    if display := getattr(record, f"get_{name}_display", None):
        return str(display())
    # Not an amount: a latitude has more decimals.
    return format(value, "f") if isinstance(each, models.DecimalField) else as_text(value)


class OpenedScreen:
    """
    A page that changes a record: where a colleague removed it meanwhile, it says so and gives back what was typed.

    A screen puts this before its other bases.
    """

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return super().dispatch(request, *args, **kwargs)
        except Http404:
            newest = Change.objects.filter(kind=self.model._meta.label_lower, record_id=kwargs.get("pk")).order_by("pk")
            removal = newest.select_related("change_set__by").last() if request.method == "POST" else None
            if removal is None or removal.action != Change.Action.DELETE:
                raise
            context = {"removal": removal.change_set, "typed": self._typed(), **self.links()}
            return TemplateResponse(request, "crud/object_removed.html", context, status=404)

    def _typed(self) -> list[tuple[str, str]]:
        """Return what was typed, each with its label."""
        fields = getattr(self.form_class, "base_fields", {})
        return [
            (capfirst(field.label or name), value)
            for name, field in fields.items()
            if not field.widget.is_hidden and (value := self.request.POST.get(name))
        ]


class SeenScreen(OpenedScreen):
    """
    A page with a button that does something to a record, which is done to the record that the person saw.

    Its form carries the `version`. What is sent without one, by no page of ours, is done to the record as it is: the
    act itself refuses what is wrong. A screen asks in its `form_valid`.
    """

    meanwhile: Meanwhile | None = None

    def get_context_data(self, **context: object) -> dict[str, object]:
        version = self.object.version if has_version(self.model) else None
        return super().get_context_data(version=version, meanwhile=self.meanwhile, **context)

    @property
    def seen(self) -> int | None:
        """The version that the person saw; None for what no version is."""
        return version_of(self.request.POST.get("version"))

    def is_stale(self) -> bool:
        """Return whether the record was changed since the person saw it, and keep what is different."""
        seen, now = self.seen, getattr(self.object, "version", None)
        if not self._is_sent() or seen == now:
            return False
        since = meanwhile(self.object, seen)
        # A version without a change is a form that was saved as it was.
        if seen is not None and seen < now and not since.acts:
            return False
        self.meanwhile = since
        return True

    def refuse_stale(self, recording: Recording) -> None:
        """
        Raise `ValidationError` where a colleague changed the record just before the act that is being recorded.

        Asked after the act: it has locked what it needs, in its own order, and nothing comes between any more.
        """
        if not self._is_sent():
            return
        others = Change.objects.since(self.object, self.seen).exclude(change_set=recording.change_set_id)
        if others.exists():
            raise ValidationError(self.stale_text, code="stale")

    def look_again(self) -> None:
        """Read the record again, and what became of it, after an act that was refused."""
        self.object = self.get_object()
        self.is_stale()

    @property
    def stale_text(self) -> str:
        """What a person is told whose page was out of date."""
        if self.meanwhile and self.meanwhile.is_all_by(self.request.user):
            return _("You changed this yourself since you opened this page. Was it sent twice? Nothing more was done.")
        return _(
            "A colleague changed this while you were looking at it. Nothing was done. Look at what is different; "
            "if you still want it, do it again."
        )

    def _is_sent(self) -> bool:
        return has_version(self.model) and "version" in self.request.POST


class BothSeenScreen(SeenScreen):
    """
    A page that does something to a record and an `other`, both as the person saw them: it carries `other_version` too.

    A screen puts this before its other bases.
    """

    other: models.Model | None
    other_meanwhile: Meanwhile | None = None

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(other_meanwhile=self.other_meanwhile, **context)

    def is_stale(self) -> bool:
        """Return whether either was changed since the person saw them, and keep what is different."""
        seen = version_of(self.request.POST.get("other_version"))
        since = meanwhile(self.other, seen) if self.other and seen != self.other.version else None
        self.other_meanwhile = since if since and since.acts else None
        return super().is_stale() or self.other_meanwhile is not None


def version_of(text: object) -> int | None:
    """Return the version that a form carries, or None for what no version is."""
    text = str(text)
    is_number = text.isascii() and text.isdigit() and len(text) <= 10
    return int(text) if is_number and int(text) <= LARGEST else None
