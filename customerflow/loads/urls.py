"""The addresses of loads: their record, which is only read, and the way of a new one."""

from django.urls import path

from customerflow.crud import crud
from customerflow.loads.models import Load
from customerflow.loads.tables import LoadFilter, LoadTable
from customerflow.loads.views import FindingList, LoadDetail, LoadList, Rejects
from customerflow.loads.views_of_columns import DraftFile
from customerflow.loads.views_of_drafts import DraftCheck, DraftConfirm, DraftFiles, DraftGiveUp, DraftStop, LoadCreate

app_name = "loads"
urlpatterns = [
    path("loads/new/", LoadCreate.as_view(), name="load_create"),
    *crud(
        Load,
        table=LoadTable,
        filterset=LoadFilter,
        form=None,
        list_view=LoadList,
        detail_view=LoadDetail,
        create_view=None,
        update_view=None,
        delete_view=None,
        lookup_view=None,
    ),
    path("loads/<int:pk>/files/", DraftFiles.as_view(), name="draft_files"),
    path("loads/<int:pk>/check/", DraftCheck.as_view(), name="draft_check"),
    path("loads/<int:pk>/confirm/", DraftConfirm.as_view(), name="draft_confirm"),
    path("loads/<int:pk>/stop/", DraftStop.as_view(), name="draft_stop"),
    path("loads/<int:pk>/give-up/", DraftGiveUp.as_view(), name="draft_give_up"),
    path("loads/<int:pk>/files/<int:file>/", DraftFile.as_view(), name="draft_file"),
    path("loads/<int:pk>/files/<int:file>/rejects/", Rejects.as_view(), name="rejects"),
    path("loads/<int:pk>/files/<int:file>/<slug:outcome>/", FindingList.as_view(), name="finding_list"),
]
