"""The addresses of this app."""

from django.urls import path

from customerflow.crud import crud
from customerflow.saved_views import views
from customerflow.saved_views.forms import SavedViewForm
from customerflow.saved_views.models import SavedView
from customerflow.saved_views.tables import SavedViewFilter, SavedViewTable

app_name = "saved_views"
urlpatterns = [
    path("saved-views/offered/", views.OfferedViews.as_view(), name="offered"),
    *crud(
        SavedView,
        table=SavedViewTable,
        filterset=SavedViewFilter,
        form=SavedViewForm,
        list_view=views.SavedViewList,
        detail_view=views.SavedViewDetail,
        create_view=views.SavedViewCreate,
        update_view=views.SavedViewUpdate,
        delete_view=views.SavedViewDelete,
        lookup_view=None,
    ),
]
