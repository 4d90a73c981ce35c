"""The addresses of this app."""

from django.urls import path

from customerflow.bulk.lists import BulkList
from customerflow.crud import crud
from customers import house_move_views, merge_views, pause_views, plan_price_views, tax_views, views
from customers.filters import (
    AreaFilter,
    ContactFilter,
    CustomerFilter,
    DuplicateFilter,
    EquipmentFilter,
    LocationFilter,
    PlanFilter,
    ServiceFilter,
)
from customers.forms import AreaForm, ContactForm, CustomerForm, EquipmentForm, LocationForm, PlanForm, ServiceForm
from customers.models import Area, Contact, Customer, Equipment, Location, Plan, PlanPriceChange, Service, TaxCode
from customers.tables import (
    AreaTable,
    ContactTable,
    CustomerTable,
    DuplicateTable,
    EquipmentTable,
    LocationTable,
    PlanTable,
    ServiceTable,
)
from customers.tax_forms import TaxCodeForm

app_name = "customers"
urlpatterns = [
    *crud(
        Customer,
        table=CustomerTable,
        filterset=CustomerFilter,
        form=CustomerForm,
        list_view=BulkList,
        detail_view=views.CustomerDetail,
        create_view=views.CustomerCreate,
        delete_view=views.CustomerDelete,
    ),
    path("customers/<int:pk>/close/", views.CustomerClose.as_view(), name="customer_close"),
    path("customers/<int:pk>/reopen/", views.CustomerReopen.as_view(), name="customer_reopen"),
    path("customers/<int:pk>/merge/", merge_views.CustomerMerge.as_view(), name="customer_merge"),
    path(
        "customers/duplicates/",
        merge_views.DuplicateList.as_view(table_class=DuplicateTable, filterset_class=DuplicateFilter),
        name="duplicates",
    ),
    path("customers/duplicates/<int:pk>/dismiss/", merge_views.NotADuplicate.as_view(), name="not_a_duplicate"),
    # The page of a contact is that of its customer, and no form asks for one.
    *crud(
        Contact,
        table=ContactTable,
        filterset=ContactFilter,
        form=ContactForm,
        list_view=BulkList,
        detail_view=None,
        lookup_view=None,
    ),
    *crud(Area, table=AreaTable, filterset=AreaFilter, form=AreaForm, list_view=BulkList),
    *crud(
        Location,
        table=LocationTable,
        filterset=LocationFilter,
        form=LocationForm,
        list_view=BulkList,
        detail_view=views.LocationDetail,
    ),
    path("locations/<int:pk>/move/", house_move_views.HouseMoveScreen.as_view(), name="location_move"),
    path("house-moves/<int:pk>/cancel/", house_move_views.HouseMoveCancel.as_view(), name="house_move_cancel"),
    path("locations/<int:pk>/takeover/", house_move_views.Takeover.as_view(), name="location_takeover"),
    *crud(
        Plan,
        table=PlanTable,
        filterset=PlanFilter,
        form=PlanForm,
        list_view=BulkList,
        detail_view=views.PlanDetail,
    ),
    *crud(
        PlanPriceChange,
        table=plan_price_views.PlanPriceChangeTable,
        filterset=plan_price_views.PlanPriceChangeFilter,
        form=None,
        detail_view=plan_price_views.PlanPriceChangeDetail,
        create_view=None,
        update_view=None,
        delete_view=None,
        lookup_view=None,
    ),
    path(
        "price-changes-of-plans/<int:pk>/cancel/",
        plan_price_views.PlanPriceChangeCancel.as_view(),
        name="planpricechange_cancel",
    ),
    path("plans/<int:pk>/price/", plan_price_views.PlanPriceScreen.as_view(), name="plan_price"),
    *crud(
        TaxCode,
        table=tax_views.TaxCodeTable,
        filterset=tax_views.TaxCodeFilter,
        form=TaxCodeForm,
        detail_view=tax_views.TaxCodeDetail,
        lookup_view=None,
    ),
    path("tax-codes/<int:pk>/rates/new/", tax_views.RateAdd.as_view(), name="taxrate_add"),
    path("tax-codes/<int:pk>/rates/<int:rate>/remove/", tax_views.RateRemove.as_view(), name="taxrate_remove"),
    *crud(
        Service,
        table=ServiceTable,
        filterset=ServiceFilter,
        form=ServiceForm,
        list_view=BulkList,
        detail_view=views.ServiceDetail,
    ),
    path("services/<int:pk>/cost/", views.ServiceCost.as_view(), name="service_cost"),
    path("services/<int:pk>/end/", views.ServiceEnd.as_view(), name="service_end"),
    path("services/<int:pk>/pause/", pause_views.ServicePause.as_view(), name="service_pause"),
    path("services/<int:pk>/pauses/<int:pause>/end/", pause_views.PauseEnd.as_view(), name="pause_end"),
    path("services/<int:pk>/pauses/<int:pause>/remove/", pause_views.PauseRemove.as_view(), name="pause_remove"),
    path(
        "services/<int:pk>/prices/<int:change>/cancel/", views.PriceChangeCancel.as_view(), name="price_change_cancel"
    ),
    *crud(
        Equipment,
        table=EquipmentTable,
        filterset=EquipmentFilter,
        form=EquipmentForm,
        list_view=BulkList,
        detail_view=views.EquipmentDetail,
    ),
    path("equipment/<int:pk>/install/", views.EquipmentInstall.as_view(), name="equipment_install"),
    path("equipment/<int:pk>/status/", views.EquipmentSetAside.as_view(), name="equipment_set_aside"),
    path("equipment/<int:pk>/return/", views.EquipmentReturn.as_view(), name="equipment_return"),
]
