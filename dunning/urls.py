"""The addresses of this app."""

from django.urls import path

from dunning import views, worklist_views
from dunning.reminders import urls as reminders

app_name = "dunning"
urlpatterns = [
    *reminders.urlpatterns,
    path("worklist/", worklist_views.WorklistPage.as_view(), name="worklist"),
    path("customers/<int:pk>/contact/", views.ContactRecord.as_view(), name="contact"),
    path("customers/<int:pk>/promise/", views.PromiseMake.as_view(), name="promise"),
    path("customers/<int:pk>/owner/", views.OwnerChange.as_view(), name="owner"),
    path("promises/<int:pk>/withdraw/", views.PromiseWithdraw.as_view(), name="promise_withdraw"),
    path("next-actions/<int:pk>/done/", views.ActionFinish.as_view(), name="nextaction_finish"),
]
