"""The addresses of drafts, under those of billing."""

from django.urls import path

from billing.drafts import views

urlpatterns = [
    path("customers/<int:pk>/new-invoice/", views.DraftCreate.as_view(), name="draft_create"),
    path("invoices/<int:pk>/edit/", views.DraftEdit.as_view(), name="draft_edit"),
    path("invoices/<int:pk>/issue/", views.DraftIssue.as_view(), name="draft_issue"),
    path("invoices/<int:pk>/discard/", views.DraftDiscard.as_view(), name="draft_discard"),
    path("invoices/<int:pk>/preview/", views.DraftPreview.as_view(), name="draft_preview"),
]
