"""The addresses of this app."""

from django.urls import path

from billing import views
from billing.filters import InvoiceFilter, PaymentFilter
from billing.forms import PaymentForm
from billing.models import Invoice, Payment
from billing.overdue_list import OverdueList
from billing.tables import InvoiceTable, PaymentTable
from customerflow.crud import crud

app_name = "billing"
urlpatterns = [
    *crud(
        Invoice,
        table=InvoiceTable,
        filterset=InvoiceFilter,
        form=None,
        detail_view=views.InvoiceDetail,
        create_view=None,
        update_view=None,
        delete_view=None,
    ),
    path("invoices/<int:pk>/void/", views.InvoiceVoid.as_view(), name="invoice_void"),
    path("invoices/<int:pk>/credit/", views.InvoiceApplyCredit.as_view(), name="invoice_apply_credit"),
    *crud(
        Payment,
        table=PaymentTable,
        filterset=PaymentFilter,
        form=PaymentForm,
        detail_view=views.PaymentDetail,
        create_view=views.PaymentCreate,
        update_view=None,
        delete_view=None,
    ),
    path("payments/<int:pk>/reverse/", views.PaymentReverse.as_view(), name="payment_reverse"),
    path("overdue/", OverdueList.as_view(), name="overdue_list"),
]
