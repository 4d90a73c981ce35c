"""The addresses of this app; the page of a bulk edit is that of its job."""

from django.urls import path

from customerflow.bulk import views

app_name = "bulk"
urlpatterns = [
    path("jobs/<int:pk>/check/", views.BulkCheck.as_view(), name="check"),
    path("jobs/<int:pk>/confirm/", views.BulkConfirm.as_view(), name="confirm"),
    path("jobs/<int:pk>/discard/", views.BulkDiscard.as_view(), name="discard"),
    path("jobs/<int:pk>/records/", views.BulkItemList.as_view(), name="records"),
]
