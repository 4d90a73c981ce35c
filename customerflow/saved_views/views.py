"""The pages of saved views, and what is offered above a list."""

from collections import Counter

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import generic

from customerflow.crud import CreateScreen, DeleteScreen, DetailScreen, UpdateScreen
from customerflow.lists import ListScreen
from customerflow.saved_views.models import SavedView
from customerflow.screens import Screen

# So many are offered above a list.
MOST_OFFERED = 30


class SavedViewList(ListScreen):
    """One's own views, and what colleagues share."""

    def get_queryset(self) -> models.QuerySet:
        return SavedView.objects.offered_to(self.request.user)

    def get_context_data(self, **context: object) -> dict[str, object]:
        # A view is kept from the list that it is of.
        return super().get_context_data(**context) | {"create_url": None}


class SavedViewDetail(DetailScreen):
    """A view: its list, and who sees it."""

    def get_queryset(self) -> models.QuerySet:
        return SavedView.objects.offered_to(self.request.user).select_related("owner")

    def get_context_data(self, **context: object) -> dict[str, object]:
        context = super().get_context_data(**context)
        if not SavedView.objects.changeable_by(self.request.user).filter(pk=self.object.pk).exists():
            context |= {"update_url": None, "delete_url": None}
        return context


class SavedViewCreate(CreateScreen):
    """Keeping a list as it is now, under a name."""

    def get_initial(self) -> dict[str, object]:
        asked = {name: self.request.GET.get(name, "") for name in ("list", "query")}
        return {**super().get_initial(), **asked}

    def get_success_url(self) -> str:
        return self.object.address


class SavedViewUpdate(UpdateScreen):
    """Calling a view something else, or sharing it."""

    def get_queryset(self) -> models.QuerySet:
        return SavedView.objects.changeable_by(self.request.user)


class SavedViewDelete(DeleteScreen):
    """Removing a view; the list stays."""

    def get_queryset(self) -> models.QuerySet:
        return SavedView.objects.changeable_by(self.request.user)


class OfferedViews(Screen, generic.View):
    """The views of one list, for the place above it, which asks for them by itself."""

    model = SavedView
    permission_required = "saved_views.view_savedview"

    def get(self, request: HttpRequest) -> HttpResponse:
        offered = SavedView.objects.offered_to(request.user).filter(list=request.GET.get("list", ""))
        shown = list(offered.select_related("owner").order_by("name", "pk")[:MOST_OFFERED])
        names = Counter(view.name for view in shown)
        for view in shown:
            view.is_alike = names[view.name] > 1 and view.owner_id != request.user.pk
        return render(request, "saved_views/_offered.html", {"offered": shown})
