"""The addresses of documents, under those of billing."""

from django.urls import path

from billing.documents import views
from billing.models import CreditNote, Document, Invoice

E_INVOICE = {"kind": Document.Kind.E_INVOICE}
urlpatterns = [
    path("invoices/print/", views.InvoicePrint.as_view(), name="invoice_print"),
    path("invoices/print/<int:pk>/", views.PrintDownload.as_view(), name="print_download"),
    path("invoices/<int:pk>/pdf/", views.DocumentMake.as_view(model=Invoice), name="invoice_pdf"),
    path(
        "invoices/<int:pk>/e-invoice/", views.DocumentMake.as_view(model=Invoice, **E_INVOICE), name="invoice_e_invoice"
    ),
    path("invoices/<int:pk>/email/", views.InvoiceEmail.as_view(), name="invoice_email"),
    path("credit-notes/<int:pk>/pdf/", views.DocumentMake.as_view(model=CreditNote), name="creditnote_pdf"),
    path(
        "credit-notes/<int:pk>/e-invoice/",
        views.DocumentMake.as_view(model=CreditNote, **E_INVOICE),
        name="creditnote_e_invoice",
    ),
    path("credit-notes/<int:pk>/email/", views.CreditNoteEmail.as_view(), name="creditnote_email"),
    path("customers/<int:pk>/statement/pdf/", views.StatementPdf.as_view(), name="statement_pdf"),
    path("documents/<int:pk>/", views.DocumentDownload.as_view(), name="document_download"),
]
