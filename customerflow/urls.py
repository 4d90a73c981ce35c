"""The addresses of the product."""

from django.contrib import admin
from django.urls import include, path

from customerflow import health

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("admin/", admin.site.urls),
    path("", include("customerflow.staff.urls")),
    path("", include("customerflow.loads.urls")),
    path("", include("customerflow.jobs.urls")),
    path("", include("customerflow.bulk.urls")),
    path("", include("customerflow.history.urls")),
    path("", include("customerflow.webhooks.urls")),
    path("", include("customerflow.saved_views.urls")),
    path("", include("customers.urls")),
    path("", include("billing.urls")),
    path("", include("dunning.urls")),
    path("", include("suspensions.urls")),
    path("", include("bank.urls")),
    path("", include("reports.urls")),
    path("", include("shadow.urls")),
    path("", include("tickets.urls")),
    path("", include("visits.urls")),
    path("", include("incidents.urls")),
    path("", include("customerflow.hub.urls")),
]
