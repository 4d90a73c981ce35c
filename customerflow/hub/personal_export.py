"""All that is held on one customer, as one JSON file: written while it is read, so that it may be of any size."""

import json
from collections.abc import Iterable, Iterator

from django.contrib.auth import get_user_model
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from billing.documents.emails import emails_of
from billing.models import Allocation, Email, Invoice, InvoiceLine, Payment
from customerflow.changes.images import values_of
from customerflow.changes.models import Change
from customerflow.changes.tracked import tracked_fields
from customerflow.hub.personal_data import CHUNK, changes_of, keys_of, records_of
from customers.models import Customer, Equipment, FormerNumber

Section = tuple[str, Iterable[object]]


def export_of(customer: Customer) -> Iterator[str]:
    """
    Yield a JSON object with a list for each kind of record, and one for what became of them.

    Colleagues are not in it: who wrote or changed something is not the customer's own data.
    """
    encode = DjangoJSONEncoder(ensure_ascii=False).encode
    opening = "{"
    for name, entries in _sections(customer):
        yield f"{opening}\n{json.dumps(name)}: ["
        for number, entry in enumerate(entries):
            yield f"{',' if number else ''}\n{encode(entry)}"
        yield "\n]"
        opening = ","
    yield "\n}\n"


def _sections(customer: Customer) -> Iterator[Section]:
    records = records_of(customer) | {
        FormerNumber: FormerNumber.objects.filter(customer=customer),
        Equipment: Equipment.objects.filter(location__customer=customer),
        Invoice: Invoice.objects.filter(customer=customer),
        InvoiceLine: InvoiceLine.objects.filter(invoice__customer=customer),
        Payment: Payment.objects.filter(customer=customer),
        Email: emails_of(customer),
        Allocation: Allocation.objects.filter(payment__customer=customer),
    }
    for model, rows in records.items():
        yield model._meta.label_lower, _entries(model, rows)
    yield "history", _history(customer)


def _entries(model: type[models.Model], rows: models.QuerySet) -> Iterator[dict[str, object]]:
    names = [model._meta.pk.attname, *_told(model)]
    yield from rows.order_by("pk").values(*names).iterator(chunk_size=CHUNK)


def _told(model: type[models.Model]) -> list[str]:
    """Return the attributes of a kind that tell of the customer: not what is derived, and no colleague."""
    return [field.attname for field in tracked_fields(model) if field.related_model is not get_user_model()]


def _history(customer: Customer) -> Iterator[dict[str, object]]:
    keys = keys_of(customer)
    for model in (Invoice, Payment):
        keys[model] = set(model.objects.filter(customer=customer).order_by().values_list("pk", flat=True))
    for model, known in keys.items():
        told = set(_told(model))
        for portion in changes_of(model, known):
            models.prefetch_related_objects(portion, "change_set")
            yield from (_entry(change, model, told) for change in portion)


def _entry(change: Change, model: type[models.Model], told: set[str]) -> dict[str, object]:
    images = {"before": change.old, "after": change.new}
    return {
        "at": change.change_set.at,
        "act": change.change_set.act,
        "why": change.change_set.why,
        "kind": change.kind,
        "id": change.record_id,
        "action": change.action,
    } | {
        name: {attribute: value for attribute, value in values_of(model, image).items() if attribute in told}
        for name, image in images.items()
        if image
    }
