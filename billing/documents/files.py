"""Making the files of invoices and credit notes, once each, and keeping them."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from billing.documents import e_invoice
from billing.documents.content import content_of_credit_note, content_of_invoice
from billing.documents.rendering import render
from billing.documents.storage import keep, sha256_of
from billing.models import CreditNote, Document, Invoice


def why_not(record: Invoice | CreditNote) -> str:
    """Return in words why `record` has no file; nothing where it has, or may have."""
    if getattr(record, "origin", ""):
        return _("It comes from another system (%(origin)s), which has its PDF.") % {"origin": record.origin}
    return "" if record.number else _("A draft is no document yet.")


def make_document(record: Invoice | CreditNote, kind: str = Document.Kind.PDF) -> Document:
    """
    Return the file of `record`, made now if it was never made before.

    Two who ask at once get the same one. Raises `ValidationError` where there can be none.
    """
    about = {"invoice": record} if isinstance(record, Invoice) else {"credit_note": record}
    if made := Document.objects.filter(**about, kind=kind).first():
        return made
    if reason := why_not(record):
        raise ValidationError(reason)
    content = content_of(record)
    made = e_invoice.make(record, content) if kind == Document.Kind.E_INVOICE else render(content)
    kept = {"file": keep(made, "pdf"), "size": len(made), "sha256": sha256_of(made)}
    return Document.objects.get_or_create(**about, kind=kind, defaults=kept)[0]


def content_of(record: Invoice | CreditNote) -> dict[str, object]:
    """Return what stands in the letter of `record`."""
    return content_of_invoice(record) if isinstance(record, Invoice) else content_of_credit_note(record)
