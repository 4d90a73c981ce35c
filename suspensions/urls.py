"""The addresses of this app."""

from django.urls import path

from customerflow.crud import crud
from suspensions import filters, tables, views
from suspensions.forecast_list import Forecast, Trial
from suspensions.forms import PolicyForm, QuietDayForm
from suspensions.models import Hold, ParkedCustomer, Policy, QuietDay, Suspension

READ_ONLY = {"create_view": None, "update_view": None, "delete_view": None, "lookup_view": None}

app_name = "suspensions"
urlpatterns = [
    *crud(
        Suspension,
        table=tables.SuspensionTable,
        filterset=filters.SuspensionFilter,
        form=None,
        detail_view=views.SuspensionDetail,
        **READ_ONLY,
    ),
    *crud(Hold, table=tables.HoldTable, filterset=filters.HoldFilter, form=None, detail_view=None, **READ_ONLY),
    *crud(
        ParkedCustomer,
        table=tables.ParkedTable,
        filterset=filters.ParkedFilter,
        form=None,
        detail_view=None,
        **READ_ONLY,
    ),
    *crud(
        QuietDay,
        table=tables.QuietDayTable,
        filterset=filters.QuietDayFilter,
        form=QuietDayForm,
        lookup_view=None,
    ),
    *crud(
        Policy,
        table=None,
        filterset=None,
        form=PolicyForm,
        list_view=None,
        detail_view=None,
        delete_view=None,
        lookup_view=None,
    ),
    path("suspension-rules/", views.PolicyPage.as_view(), name="policy"),
    path("cut-offs/", Forecast.as_view(), name="forecast"),
    path("cut-offs/trial/", Trial.as_view(), name="trial"),
    path("customers/<int:pk>/hold/", views.HoldCustomer.as_view(), name="hold"),
    path("customers/<int:pk>/hold/end/", views.EndHold.as_view(), name="hold_end"),
    path("customers/<int:pk>/suspend/", views.SuspendCustomer.as_view(), name="suspend"),
    path("customers/<int:pk>/turn-on/", views.TurnOnCustomer.as_view(), name="turn_on"),
]
