"""The addresses of this app."""

from django.urls import path

from customerflow.crud import crud
from shadow import views
from shadow.models import ShadowItem, ShadowRun
from shadow.tables import ShadowItemFilter, ShadowItemTable, ShadowRunFilter, ShadowRunTable

app_name = "shadow"
urlpatterns = [
    *crud(
        ShadowRun,
        table=ShadowRunTable,
        filterset=ShadowRunFilter,
        form=None,
        list_view=views.ShadowRunList,
        detail_view=views.ShadowRunDetail,
        create_view=None,
        update_view=None,
        delete_view=None,
    ),
    path("shadow-billings/new/", views.ShadowRunCreate.as_view(), name="shadowrun_create"),
    path("shadow-billings/<int:pk>/again/", views.ShadowRunAgain.as_view(), name="shadowrun_again"),
    path("shadow-billings/<int:pk>/accept/", views.ShadowRunAccept.as_view(), name="shadowrun_accept"),
    path("shadow-billings/<int:pk>/go-live/", views.ShadowRunGoLive.as_view(), name="shadowrun_go_live"),
    *crud(
        ShadowItem,
        table=ShadowItemTable,
        filterset=ShadowItemFilter,
        form=None,
        detail_view=None,
        create_view=None,
        update_view=None,
        delete_view=None,
    ),
    path("compared-customers/<int:pk>/", views.ShadowItemDetail.as_view(), name="shadowitem_detail"),
]
