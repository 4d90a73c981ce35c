"""Saved views in the administration."""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from customerflow.administration import ReadOnlyAdmin
from customerflow.saved_views.models import SavedView


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    """What staff share; it is changed on its own page. What is private is its owner's alone."""

    list_display = ("name", "list", "owner")
    fields = ("name", "list", "query", "owner")
    list_select_related = ("owner",)
    view_on_site = False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).filter(is_shared=True)
