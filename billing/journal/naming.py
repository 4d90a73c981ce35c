"""What a posting is about, for people: the document, its page and whose it is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db import models
from django.urls import NoReverseMatch

from billing.journal.chart import Account, Chart
from billing.journal.postings import Posting
from billing.journal.sides import Kind
from billing.models import Allocation, CreditNote, Invoice, Payment, Refund
from customers.models import Customer

BATCH = 1_000
OF_KIND: dict[Kind, type[models.Model]] = {
    Kind.INVOICE: Invoice,
    Kind.INVOICE_VOIDED: Invoice,
    Kind.CREDIT_NOTE: CreditNote,
    Kind.CREDIT_NOTE_VOIDED: CreditNote,
    Kind.PAYMENT: Payment,
    Kind.PAYMENT_REVERSED: Payment,
    Kind.REFUND: Refund,
    Kind.REFUND_REVERSED: Refund,
}
RELATED = {
    Invoice: ("customer",),
    CreditNote: ("customer",),
    Payment: ("customer",),
    Refund: ("customer", "payment", "credit_note"),
    Allocation: ("invoice__customer",),
}


@dataclass(frozen=True)
class Named:
    """A posting with its account, and the document that it is of."""

    posting: Posting
    account: Account
    document: models.Model

    def get_absolute_url(self) -> str:
        """Return the address of the document's page; of what settles an invoice, that of the invoice."""
        try:
            return self.of.get_absolute_url()
        except NoReverseMatch:
            return ""

    def __str__(self) -> str:
        return self.reference

    @property
    def of(self) -> models.Model:
        """The record that has a page: the document, or the invoice that is settled."""
        return self.document.invoice if isinstance(self.document, Allocation) else self.document

    @property
    def reference(self) -> str:
        """The number of the document; of a payment of ours, what people know it by."""
        return str(self.of)

    @property
    def customer(self) -> Customer:
        """Whose it is."""
        return self.of.customer


def named(postings: Iterable[Posting], chart: Chart) -> Iterator[Named]:
    """Yield `postings` with what people know them by: a few queries for each batch of them."""
    remaining = iter(postings)
    while batch := list(islice(remaining, BATCH)):
        keys: dict[type[models.Model], set[int]] = {}
        for posting in batch:
            keys.setdefault(_model_of(posting), set()).add(posting.key.document)
        found = {
            model: model.objects.select_related(*RELATED[model]).in_bulk(of_model) for model, of_model in keys.items()
        }
        for posting in batch:
            account = chart.account(posting.place, posting.key.day)
            yield Named(posting, account, found[_model_of(posting)][posting.key.document])


def _model_of(posting: Posting) -> type[models.Model]:
    return OF_KIND.get(posting.side.kind, Allocation)
