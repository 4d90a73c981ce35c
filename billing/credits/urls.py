"""The addresses of what corrects and settles invoices, under those of billing."""

from django.urls import path

from billing.credits import refund_views
from billing.credits import views as credit_views
from billing.credits.tables import CreditNoteFilter, CreditNoteTable
from billing.models import CreditNote
from customerflow.crud import crud

urlpatterns = [
    *crud(
        CreditNote,
        table=CreditNoteTable,
        filterset=CreditNoteFilter,
        form=None,
        detail_view=credit_views.CreditNoteDetail,
        create_view=None,
        update_view=None,
        delete_view=None,
    ),
    path("credit-notes/<int:pk>/void/", credit_views.CreditNoteVoid.as_view(), name="creditnote_void"),
    path("credit-notes/<int:pk>/refund/", refund_views.CreditNoteRefund.as_view(), name="creditnote_refund"),
    path("invoices/<int:pk>/credit-note/", credit_views.InvoiceCreditNote.as_view(), name="invoice_credit_note"),
    path("invoices/<int:pk>/reissue/", credit_views.InvoiceReissue.as_view(), name="invoice_reissue"),
    path("invoices/<int:pk>/write-off/", refund_views.InvoiceWriteOff.as_view(), name="invoice_write_off"),
    path("customers/<int:pk>/credit-note/", credit_views.CustomerCreditNote.as_view(), name="customer_credit_note"),
    path("payments/<int:pk>/refund/", refund_views.PaymentRefund.as_view(), name="payment_refund"),
    path("refunds/<int:pk>/reverse/", refund_views.RefundReverse.as_view(), name="refund_reverse"),
    path("write-offs/<int:pk>/take-back/", refund_views.WriteOffTakeBack.as_view(), name="write_off_take_back"),
]
