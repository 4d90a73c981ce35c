"""The addresses of the record of changes."""

from django.urls import path

from customerflow.history.undo_screen import ChangeSetUndo, UndoConfirm
from customerflow.history.views import ChangeSetDetail, ChangeSetList

app_name = "changes"
urlpatterns = [
    path("changes/", ChangeSetList.as_view(), name="changeset_list"),
    path("changes/<int:pk>/", ChangeSetDetail.as_view(), name="changeset_detail"),
    path("changes/<int:pk>/undo/", ChangeSetUndo.as_view(), name="changeset_undo"),
    path("changes/undo/<int:pk>/", UndoConfirm.as_view(), name="undo_confirm"),
]
