"""The addresses of the product."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("administration/", admin.site.urls),
    path("", include("customerflow.staff.urls")),
    path("", include("customers.urls")),
    path("", include("billing.urls")),
    path("", include("tickets.urls")),
    path("", include("customerflow.hub.urls")),
]
