"""
What the administration's pages of all models share.

Every list stays quick at a million rows: it counts to a limit, sorts by what an index serves and searches by the
model's search index. A record is changed by the product's own form and acts, so that there is one set of rules; money
and history are only read.
"""

import re

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from customerflow.forms import RecordForm
from customerflow.paging import COUNT_LIMIT
from customerflow.refusals import acting, show_refusal

KEY = re.compile(r"[0-9]{1,18}")
# What no column holds, and a database may refuse to look for.
IMPOSSIBLE = re.compile(r"\0|\d{19}")


class CappedPaginator(Paginator):
    """A paginator that stops counting; rows further on are found by filters and search."""

    @cached_property
    def count(self) -> int:
        """The number of rows, at most `COUNT_LIMIT`."""
        return min(self._counted, COUNT_LIMIT)

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self._counted > COUNT_LIMIT

    @cached_property
    def _counted(self) -> int:
        return self.object_list.order_by()[: COUNT_LIMIT + 1].count()


class IndexedChangeList(ChangeList):
    """A list that sorts by no other columns than those it offers, whatever its address says."""

    def get_ordering_field(self, field_name: str):
        return super().get_ordering_field(field_name) if field_name in self.sortable_by else None


class CheckedListAdmin(admin.ModelAdmin):
    """A list that refuses an address or a choice of rows that no row could have."""

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Show the list, or act on chosen rows; raises `BadRequest` for impossible keys and filters."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        filters = [value for name, values in request.GET.lists() if name != SEARCH_VAR for value in values]
        if not all(map(KEY.fullmatch, chosen)) or any(map(IMPOSSIBLE.search, filters)):
            raise BadRequest
        return super().changelist_view(request, extra_context)


class BoundedAdmin(CheckedListAdmin):
    """Lists that are quick however many rows there are."""

    paginator = CappedPaginator
    list_per_page = list_max_show_all = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    # Only columns that an index serves.
    sortable_by: tuple[str, ...] = ()
    # What has no search text of its own is found by this relation's.
    searched_by = ""
    # Not looked into: it asks Django for the search box. See `get_search_results`.
    search_fields = ("pk",)

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[ChangeList]:
        return IndexedChangeList

    def get_search_results(self, request: HttpRequest, queryset: models.QuerySet, search_term: str):
        """Return the rows found by the search index, each once."""
        if not search_term.strip():
            return queryset, False
        if not self.searched_by:
            return queryset.search(search_term), False
        related = self.opts.get_field(self.searched_by).related_model
        found = related._default_manager.search(search_term)
        return queryset.filter(**{f"{self.searched_by}__in": found}), False

    def get_actions(self, request: HttpRequest) -> dict:
        """Return the acts that the person may do; Django's own deletion knows nothing of our rules."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def view_on_site(self, record: models.Model) -> str:
        """Return the address of the record's page in the product."""
        return record.get_absolute_url()


class ReadOnly:
    """Records that nobody adds, changes or removes here, not even a superuser."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, BoundedAdmin):
    """The pages of records that are only read."""


class ReadOnlyInline(ReadOnly, admin.TabularInline):
    """The rows that belong to a record, only read."""

    extra = 0
    show_change_link = True
    # Relations that the rows name.
    list_select_related: tuple[str, ...] = ()

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> tuple[str, ...]:
        return self.fields

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related(*self.list_select_related)


class SavingForm:
    """
    What a record's form does besides, in the administration: it saves as the last part of being checked.

    An act may still refuse what the form alone would take, and Django's page has no later moment to say so. It runs in
    the transaction that the page opens.
    """

    def is_valid(self) -> bool:
        """Return whether the record was saved."""
        if not super().is_valid():
            return False
        try:
            with acting(_("%(kind)s saved") % {"kind": capfirst(self.instance._meta.verbose_name)}):
                return self._save_unless_stale()
        except ValidationError as refusal:
            show_refusal(self, refusal)
        return False

    def _save_unless_stale(self) -> bool:
        if self.instance.pk:
            stored = type(self.instance)._default_manager.select_for_update().get(pk=self.instance.pk)
            if self.refuse_stale(stored):
                return False
            self.instance.version = stored.version + 1
        self.instance = self.save()
        return True


class RecordAdmin(BoundedAdmin):
    """
    The pages of records that staff change: the form is the product's own, and removing goes by an act.

    Inlines would be saved after the record and may fail when it is saved already: there are none.
    """

    form: type[RecordForm] = RecordForm
    change_form_template = "admin/record_form.html"
    # Shown on the page of a record, changed by acts.
    facts: tuple[str, ...] = ()
    is_removable = True

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> tuple[str, ...]:
        return self.facts if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: models.Model | None = None) -> list:
        """Return the fields of the form as it is for this record; the seldom ones folded."""
        form = self.form(instance=obj)
        names = [
            name for name in form.fields if name not in ("version", "seen") or self.has_change_permission(request, obj)
        ]
        first = [*self.get_readonly_fields(request, obj), *(name for name in names if name not in form.folded)]
        folded = [name for name in names if name in form.folded]
        more = [(_("More"), {"fields": folded, "classes": ["collapse"]})] if folded else []
        return [(None, {"fields": first}), *more]

    def get_form(
        self, request: HttpRequest, obj: models.Model | None = None, change: bool = False, **kwargs: object
    ) -> type[forms.ModelForm]:
        return type(self.form.__name__, (SavingForm, self.form), {"by": request.user})

    def save_form(self, request: HttpRequest, form: RecordForm, change: bool) -> models.Model:
        return form.instance

    def save_model(self, request: HttpRequest, obj: models.Model, form: RecordForm, change: bool) -> None:
        """Leave the record as the form saved it, and say what a colleague did meanwhile."""
        if text := form.merged_text():
            self.message_user(request, text, messages.INFO)

    def save_related(self, request: HttpRequest, form: RecordForm, formsets: list, change: bool) -> None:
        """Leave the record as the form saved it."""

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.is_removable and super().has_delete_permission(request, obj)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> HttpResponse:
        """Lead to the product's own page: it says what goes too, and removes nothing that the person did not see."""
        record = self.get_object(request, unquote(object_id))
        if not self.has_delete_permission(request, record):
            raise PermissionDenied
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return redirect(f"{self.opts.app_label}:{self.opts.model_name}_delete", record.pk)
