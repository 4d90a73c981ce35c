"""What the pages of invoices and credit notes show of their files and e-mails."""

from django import template
from django.urls import reverse

from billing.documents import e_invoice
from billing.documents.emails import why_not_sent
from billing.documents.files import why_not
from billing.documents.glyphs import missing_letters
from billing.documents.views import VIEW
from billing.models import CreditNote, Document, Email, Invoice
from customerflow.tables import state

register = template.Library()

# Of the newest so many are shown; nobody sends one document more often.
MOST_EMAILS = 20
SHAPES = {Email.State.SENT: "active", Email.State.FAILED: "bad"}


@register.inclusion_tag("billing/_documents.html", takes_context=True)
def documents_panel(context: template.Context, record: Invoice | CreditNote) -> dict[str, object]:
    """Draw the files of an invoice or a credit note, and what became of e-mails with it."""
    user, name = context["request"].user, record._meta.model_name
    may_send = user.has_perm("billing.add_email")
    emails = record.emails.select_related("by")[:MOST_EMAILS] if user.has_perm("billing.view_email") else []
    return {
        "csrf_token": context.get("csrf_token"),
        "is_shown": user.has_perm(VIEW),
        "refusal": why_not(record),
        "missing_letters": missing_letters(_texts(record)),
        "files": [_file(record, name, kind) for kind in Document.Kind] if user.has_perm(VIEW) else [],
        "email_url": reverse(f"billing:{name}_email", args=[record.pk]) if may_send else "",
        "email_refusal": why_not_sent(record),
        "emails": [(email, state(email.get_state_display(), SHAPES.get(email.state, "new"))) for email in emails],
    }


def _texts(record: Invoice | CreditNote) -> str:
    """Return what stands in the file of a record that somebody typed."""
    said = record.note if isinstance(record, Invoice) else record.reason
    lines = (line.description for line in record.lines.all())
    return " ".join((record.customer_name, record.customer_address, said, *lines))


def _file(record: Invoice | CreditNote, name: str, kind: Document.Kind) -> dict[str, object]:
    """Return what is shown of one kind of file: where it is, or how it is made, or why there is none."""
    made = next((document for document in record.documents.all() if document.kind == kind), None)
    return {
        "label": kind.label,
        "made": made,
        "url": reverse("billing:document_download", args=[made.pk]) if made else "",
        "make_url": reverse(f"billing:{name}_{kind.value}", args=[record.pk]),
        "refusal": "" if made or kind == Document.Kind.PDF else e_invoice.why_not(record),
    }
