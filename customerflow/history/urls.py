"""The addresses of the record of changes."""

from django.urls import path

from customerflow.history import views

app_name = "changes"
urlpatterns = [
    path("changes/", views.ChangeSetList.as_view(), name="changeset_list"),
    path("changes/<int:pk>/", views.ChangeSetDetail.as_view(), name="changeset_detail"),
    path("changes/<int:pk>/undo/", views.ChangeSetUndo.as_view(), name="changeset_undo"),
]
