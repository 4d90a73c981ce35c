"""The addresses of charges and discounts; the page of each is that of its customer."""

from django.urls import path

from billing import charge_views
from billing.charge_forms import ChargeForm, DiscountForm
from billing.models import Charge, Discount
from customerflow.crud import crud

NO_PAGES = {"list_view": None, "detail_view": None, "update_view": None, "lookup_view": None, "delete_view": None}

urlpatterns = [
    *crud(Charge, table=None, filterset=None, form=ChargeForm, **NO_PAGES),
    path("charges/<int:pk>/cancel/", charge_views.ChargeCancel.as_view(), name="charge_cancel"),
    *crud(Discount, table=None, filterset=None, form=DiscountForm, **NO_PAGES),
    path("discounts/<int:pk>/end/", charge_views.DiscountEnd.as_view(), name="discount_end"),
    path("discounts/<int:pk>/remove/", charge_views.DiscountRemove.as_view(), name="discount_remove"),
]
