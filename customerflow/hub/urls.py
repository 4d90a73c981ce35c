"""The addresses of the pages that join the apps."""

from django.urls import path

from customerflow.hub import privacy, views
from customers.filters import CustomerFilter
from customers.tables import CustomerTable

urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("do/<slug:action>/", views.DoQuickAction.as_view(), name="quick_action"),
    path("customers/<int:pk>/export/", privacy.CustomerExport.as_view(), name="customer_export"),
    path("customers/<int:pk>/erase/", privacy.CustomerErase.as_view(), name="customer_erase"),
    path("search/", views.Search.as_view(), name="search"),
    path(
        "register/", views.Register.as_view(table_class=CustomerTable, filterset_class=CustomerFilter), name="register"
    ),
]
