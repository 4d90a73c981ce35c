"""The addresses of this app."""

from django.urls import path

from customerflow.crud import crud
from customerflow.webhooks import views
from customerflow.webhooks.models import Delivery, Endpoint
from customerflow.webhooks.tables import DeliveryFilter, DeliveryTable, EndpointFilter, EndpointTable

app_name = "webhooks"
urlpatterns = [
    *crud(
        Endpoint,
        table=EndpointTable,
        filterset=EndpointFilter,
        form=views.EndpointForm,
        detail_view=views.EndpointDetail,
        lookup_view=None,
    ),
    path("webhooks/<int:pk>/test/", views.EndpointTest.as_view(), name="endpoint_test"),
    path("webhooks/<int:pk>/secret/", views.EndpointSecret.as_view(), name="endpoint_secret"),
    *crud(
        Delivery,
        table=DeliveryTable,
        filterset=DeliveryFilter,
        form=None,
        detail_view=views.DeliveryDetail,
        create_view=None,
        update_view=None,
        delete_view=None,
        lookup_view=None,
    ),
    path("deliveries/<int:pk>/again/", views.DeliveryAgain.as_view(), name="delivery_again"),
]
