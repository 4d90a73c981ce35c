"""Invoices and credit notes as files, kept as they were issued."""

from django.core.files.storage import Storage
from django.db import models
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from billing.documents import storage
from billing.models.credit_note import CreditNote
from billing.models.invoice import Invoice
from customerflow.constraints import one_of

# What is about one document of the books says which: an invoice, or a credit note.
ONE_OF_TWO = Q(invoice__isnull=False, credit_note=None) | Q(invoice=None, credit_note__isnull=False)


def documents() -> Storage:
    """Return where documents are kept."""
    return storage.documents()


class Document(models.Model):
    """
    An invoice or a credit note as a file, as it was issued.

    It is made when it is first asked for, and never again: what a customer was given is what is kept. The file has its
    SHA-256 for a name.
    """

    class Kind(models.TextChoices):
        PDF = "pdf", _("PDF")
        E_INVOICE = "e_invoice", _("E-invoice (Factur-X)")

    invoice = models.ForeignKey(
        Invoice, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name=_("invoice")
    )
    credit_note = models.ForeignKey(
        CreditNote, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name=_("credit note")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PDF)
    file = models.FileField(_("file"), storage=documents, max_length=100)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    # It changes nothing on the books, and is never changed itself.
    is_on_record = False

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            one_of("kind", ["pdf", "e_invoice"]),
            models.CheckConstraint(condition=ONE_OF_TWO, name="billing_document_of_one"),
            models.UniqueConstraint(fields=["invoice", "kind"], name="billing_document_once_of_an_invoice"),
            models.UniqueConstraint(fields=["credit_note", "kind"], name="billing_document_once_of_a_note"),
        ]

    def __str__(self) -> str:
        return f"{self.name}.pdf"

    def get_absolute_url(self) -> str:
        return self.of.get_absolute_url()

    @property
    def of(self) -> Invoice | CreditNote:
        """What it is the file of."""
        return self.invoice or self.credit_note

    @property
    def name(self) -> str:
        """What the file is called where it is downloaded or attached: letters and digits only."""
        word = "invoice" if self.invoice_id else "credit-note"
        ending = "-factur-x" if self.kind == self.Kind.E_INVOICE else ""
        return f"{word}-{slugify(self.of.number) or self.pk}{ending}"

    def content(self) -> bytes:
        """Return the bytes; raises `ValidationError` where they are not what was stored."""
        return storage.read(self.file.name, self.sha256)
