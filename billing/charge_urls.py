"""The addresses of charges and discounts; the page of each is that of its customer."""

from django.urls import path

from billing import charge_views
from billing.charge_forms import ChargeForm, DiscountForm
from billing.models import Charge, Discount
from customerflow.crud import crud

CREATE_ONLY = {
    "create_view": charge_views.OfCustomerCreate,
    **dict.fromkeys(["list_view", "detail_view", "update_view", "lookup_view", "delete_view"]),
}

urlpatterns = [
    *crud(Charge, table=None, filterset=None, form=ChargeForm, **CREATE_ONLY),
    path("charges/<int:pk>/cancel/", charge_views.ChargeCancel.as_view(), name="charge_cancel"),
    path("charges/<int:pk>/waive/", charge_views.LateFeeWaive.as_view(), name="charge_waive"),
    *crud(Discount, table=None, filterset=None, form=DiscountForm, **CREATE_ONLY),
    path("discounts/<int:pk>/end/", charge_views.DiscountEnd.as_view(), name="discount_end"),
    path("discounts/<int:pk>/remove/", charge_views.DiscountRemove.as_view(), name="discount_remove"),
]
