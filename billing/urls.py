"""The addresses of this app."""

from django.urls import path

from billing import charge_urls as charges
from billing import views
from billing.account_views import StatementPage
from billing.ageing_list import AgeingReport
from billing.books.views import BooksPage
from billing.credits import urls as credit_urls
from billing.documents import urls as documents
from billing.drafts import urls as drafts
from billing.filters import InvoiceFilter, PaymentFilter
from billing.forms import PaymentForm
from billing.journal import urls as journal
from billing.models import BillingRun, BillingRunItem, Invoice, Payment
from billing.overdue_list import OverdueList
from billing.runs import views as run_views
from billing.runs.tables import BillingRunFilter, BillingRunItemFilter, BillingRunItemTable, BillingRunTable
from billing.tables import InvoiceTable, PaymentTable
from customerflow.crud import crud

app_name = "billing"
urlpatterns = [
    *crud(
        Invoice,
        table=InvoiceTable,
        filterset=InvoiceFilter,
        form=None,
        list_view=views.InvoiceList,
        detail_view=views.InvoiceDetail,
        lookup_view=views.InvoiceLookup,
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
    *crud(
        BillingRun,
        table=BillingRunTable,
        filterset=BillingRunFilter,
        form=None,
        list_view=run_views.RunList,
        detail_view=run_views.RunDetail,
        create_view=None,
        update_view=None,
        delete_view=None,
    ),
    path("billing-runs/new/", run_views.RunCreate.as_view(), name="billingrun_create"),
    path("billing-runs/<int:pk>/bill/", run_views.RunBill.as_view(), name="billingrun_bill"),
    path("billing-start/", run_views.StartOfBilling.as_view(), name="billing_start"),
    *crud(
        BillingRunItem,
        table=BillingRunItemTable,
        filterset=BillingRunItemFilter,
        form=None,
        detail_view=None,
        create_view=None,
        update_view=None,
        delete_view=None,
    ),
    path("customers/<int:pk>/next-bill/", run_views.NextBill.as_view(), name="next_bill"),
    *credit_urls.urlpatterns,
    *documents.urlpatterns,
    *drafts.urlpatterns,
    *charges.urlpatterns,
    *journal.urlpatterns,
    path("overdue/", OverdueList.as_view(), name="overdue_list"),
    path("ageing/", AgeingReport.as_view(), name="ageing"),
    path("books/", BooksPage.as_view(), name="books"),
    path("customers/<int:pk>/statement/", StatementPage.as_view(), name="statement"),
]
