"""How the record of changes is filtered."""

import json
from datetime import date, datetime, time, timedelta

import django_filters
from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.forms import TextInput
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from customerflow.changes.models import Change, ChangeCount, ChangeSet
from customerflow.changes.tracked import tracked_models
from customerflow.filters import ListFilter
from customerflow.forms import DayInput
from customerflow.history.kinds import may, name_of_kind, seen_kinds, touching
from customerflow.lookup import find

# Beyond these, a moment in another time zone may be none.
EARLIEST, LATEST = date(1970, 1, 1), date(9000, 1, 1)


def beginning_of(day: date) -> datetime:
    """Return the first moment of a day, here; of a day beyond all records, of the nearest that there may be."""
    return timezone.make_aware(datetime.combine(min(max(day, EARLIEST), LATEST), time.min))


class RecordField(forms.CharField):
    """
    A record: "customers.customer:7" is the one with the key 7, "customer 1042" the one that people call so.

    Both also name records that are gone.
    """

    def clean(self, value: object) -> tuple[str, int] | None:
        text = super().clean(value)
        if not text:
            return None
        kind, colon, key = text.rpartition(":")
        if colon:
            if not (key.isascii() and key.isdigit() and len(key) <= 18) or len(kind) > 60:
                raise ValidationError(_("Write it like customers.customer:7."), code="record")
            return kind, int(key)
        return self._called(text)

    @staticmethod
    def _called(text: str) -> tuple[str, int]:
        called, _space, number = text.rpartition(" ")
        for model in tracked_models():
            names = {model._meta.model_name, str(model._meta.verbose_name).casefold()}
            if called.casefold() not in names:
                continue
            if record := find(model._base_manager.all(), number.removeprefix("#")):
                return model._meta.label_lower, record.pk
            if gone := find_removed(model, number.removeprefix("#")):
                return model._meta.label_lower, gone
        raise ValidationError(_("There is no “%(text)s”. Write it like: customer 1042."), params={"text": text})


def find_removed(model: type[models.Model], text: str) -> int | None:
    """Return the key of the record that was called so when it was removed last; None if there was none."""
    kind, field = model._meta.label_lower, getattr(model, "reference_field", "pk") or "pk"
    if field == "pk":
        is_key = text.isascii() and text.isdigit() and len(text) <= 18
        known = is_key and Change.objects.filter(kind=kind, record_id=int(text)).exists()
        return int(text) if known else None
    # Of a kind few are ever removed: those acts are found by their counts.
    acts = ChangeCount.objects.filter(kind=kind, action=Change.Action.DELETE).values("change_set")
    removals = Change.objects.filter(kind=kind, action=Change.Action.DELETE, change_set__in=acts)
    written = f'"{model._meta.get_field(field).column}":{json.dumps(text, ensure_ascii=False)}'
    return removals.filter(before__contains=written).order_by("-pk").values_list("record_id", flat=True).first()


class RecordFilter(django_filters.CharFilter):
    """A filter by the record that was changed."""

    field_class = RecordField


class HistoryFilter(ListFilter):
    """What the list of acts and the history of a record are both filtered by; the days are inclusive."""

    # There is no text to search: who, when and what is asked for by the filters.
    q = None
    # How the rows lead to their change set.
    to_set = ""

    record = RecordFilter(
        label=_("Record"), method="of_record", widget=TextInput(attrs={"placeholder": _("customer 1042")})
    )
    by = django_filters.CharFilter(
        label=_("Who"), method="acted", widget=TextInput(attrs={"autocomplete": "off", "placeholder": _("log-in name")})
    )
    through = django_filters.ChoiceFilter(label=_("Through"), choices=ChangeSet.Through.choices, method="came")
    since = django_filters.DateFilter(label=_("From"), widget=DayInput, method="not_before")
    until = django_filters.DateFilter(label=_("To"), widget=DayInput, method="not_after")

    def of_record(self, queryset: models.QuerySet, _name: str, record: tuple[str, int]) -> models.QuerySet:
        """Return the rows of one record."""
        return queryset

    def acted(self, queryset: models.QuerySet, _name: str, username: str) -> models.QuerySet:
        """Return what the person with this login name did."""
        return queryset.filter(**{f"{self.to_set}by__username": username})

    def came(self, queryset: models.QuerySet, _name: str, through: str) -> models.QuerySet:
        """Return what came through `through`."""
        return queryset.filter(**{f"{self.to_set}through": through})

    def not_before(self, queryset: models.QuerySet, _name: str, day: date) -> models.QuerySet:
        """Return what was done on `day` or later."""
        return queryset.filter(**{f"{self.to_set}at__gte": beginning_of(day)})

    def not_after(self, queryset: models.QuerySet, _name: str, day: date) -> models.QuerySet:
        """Return what was done on `day` or earlier."""
        next_day = min(day, LATEST) + timedelta(days=1)
        return queryset.filter(**{f"{self.to_set}at__lt": beginning_of(next_day)})

    def in_words(self, name: str, value: str) -> str:
        if name == "record" and (record := self.form.cleaned_data.get(name)):
            return f"{capfirst(name_of_kind(record[0]))} #{record[1]}"
        return super().in_words(name, value)


class ChangeSetFilter(HistoryFilter):
    """Acts by record, person, way, day, kind of record and what became of it."""

    by = django_filters.ModelChoiceFilter(
        label=_("Who"),
        queryset=lambda request: get_user_model().objects.order_by("username"),
        to_field_name="username",
    )
    kind = django_filters.ChoiceFilter(label=_("Kind"), method="touched")
    action = django_filters.ChoiceFilter(label=_("What"), choices=Change.Action.choices, method="touched")

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind, capfirst(name_of_kind(kind))) for kind in seen_kinds(self.request.user)]
        self.filters["kind"].extra["choices"] = sorted(kinds, key=lambda choice: choice[1].casefold())

    def touched(self, queryset: models.QuerySet, _name: str, _value: str) -> models.QuerySet:
        """Return the acts in which a record of the kind was added, changed or removed: one count answers for both."""
        kind, action = (self.form.cleaned_data.get(name) for name in ("kind", "action"))
        asked = {"kind__in": [kind] if kind else seen_kinds(self.request.user)}
        return queryset.filter(touching(**asked, **({"action": action} if action else {})))


class ChangeFilter(HistoryFilter):
    """The changes of one record by person, way, day and what became of it."""

    to_set = "change_set__"

    action = django_filters.ChoiceFilter(label=_("What"), choices=Change.Action.choices)

    def of_record(self, queryset: models.QuerySet, _name: str, record: tuple[str, int]) -> models.QuerySet:
        kind, key = record
        if not may(self.request.user, "view", kind):
            raise PermissionDenied(now_("You may not see records of this kind."))
        return queryset.filter(kind=kind, record_id=key)
