"""
All that is held on one customer, as one JSON file: written while it is read, so that it may be of any size.

What belongs to a customer is found by following relations, so that a kind of record that is added later is in it too.
"""

import json
from collections.abc import Callable, Iterable, Iterator

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from bank.models import Collection
from customerflow.changes.images import values_of
from customerflow.changes.models import Change
from customerflow.changes.tracked import is_tracked, tracked_fields
from customerflow.hub.personal_data import CHUNK, Keys, changes_of, keys_of, portions
from customers.models import Customer, DistinctPair, DuplicatePair, Equipment
from incidents.models import AnsweredTicket
from tickets.models import Attachment, Message, StaffNotice, Ticket, TicketLink, TicketPresence, TicketRound, TicketStep

Section = tuple[str, Iterable[object]]
# They are about somebody else as much, who may be a stranger; or colleagues among themselves.
LEFT_OUT = frozenset({Collection, DuplicatePair, DistinctPair, StaffNotice, TicketLink, TicketPresence})
LEFT_OUT |= {Ticket.tags.through, Ticket.watchers.through}
# They follow from the events of tickets, which are in it.
LEFT_OUT |= {TicketRound, TicketStep}
# Its history tells of other customers at whom it was.
WITHOUT_HISTORY = frozenset({Equipment})
# What colleagues say among themselves never leaves, nor do the files that go with it.
WITHHELD = {
    Message: models.Q(kind=Message.Kind.INTERNAL),
    Attachment: models.Q(message__kind=Message.Kind.INTERNAL),
    AnsweredTicket: models.Q(answer__kind=Message.Kind.INTERNAL),
}


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


def records_by_kind(customer: Customer) -> dict[type[models.Model], models.QuerySet]:
    """Return the customer and all records of every kind that are theirs."""
    found = {Customer: Customer.objects.filter(pk=customer.pk)}
    for model in apps.get_models(include_auto_created=True):
        if model not in LEFT_OUT and (ways := ways_to_customer(model)):
            found[model] = _reached(model, ways, customer).exclude(WITHHELD.get(model, models.Q(pk__in=[])))
    return found


def ways_to_customer(model: type[models.Model]) -> list[str]:
    """
    Return the shortest chains of relations by which records of a kind are a customer's; none where they are nobody's.

    Relations that no record lacks come first: whoever has a unit now is not who was charged for it once.
    """
    return _shortest(model, lambda field: not field.null) or _shortest(model, lambda field: True)


def _shortest(model: type[models.Model], may_follow: Callable[[models.Field], bool]) -> list[str]:
    steps, seen = [(model, ())], {model}
    while steps:
        links = [
            (field.related_model, (*way, field.name))
            for each, way in steps
            for field in each._meta.local_concrete_fields
            if field.related_model and may_follow(field)
        ]
        if ways := ["__".join(way) for target, way in links if target is Customer]:
            return ways
        steps = [(target, way) for target, way in links if target not in seen]
        seen.update(target for target, _way in steps)
    return []


def _reached(model: type[models.Model], ways: list[str], customer: Customer) -> models.QuerySet:
    """Return the records that one of the ways leads to; each way by itself, for which there is an index."""
    rows = model._base_manager
    first, *others = [rows.filter(**{way: customer}).order_by() for way in ways]
    if not others:
        return first
    return rows.filter(pk__in=first.values("pk").union(*(other.values("pk") for other in others)))


def _sections(customer: Customer) -> Iterator[Section]:
    for model, rows in records_by_kind(customer).items():
        yield model._meta.label_lower, _entries(model, rows)
    yield "history", _history(customer)


def _entries(model: type[models.Model], rows: models.QuerySet) -> Iterator[dict[str, object]]:
    names = [model._meta.pk.attname, *_told(model)]
    yield from rows.order_by("pk").values(*names).iterator(chunk_size=CHUNK)


def _told(model: type[models.Model]) -> list[str]:
    """
    Return the attributes of a kind that tell of the customer: not what is derived, no colleague, and not what
    colleagues say among themselves, which the model names by `internal_fields`.
    """
    internal = getattr(model, "internal_fields", ())
    return [
        field.attname
        for field in tracked_fields(model)
        if field.related_model is not get_user_model() and field.name not in internal
    ]


def _history(customer: Customer) -> Iterator[dict[str, object]]:
    keys = keys_of(customer)
    for model, rows in records_by_kind(customer).items():
        if model not in keys and model not in WITHOUT_HISTORY and is_tracked(model):
            keys[model] = set(rows.order_by().values_list("pk", flat=True))
    withheld = _withheld(keys)
    for model, known in keys.items():
        told = set(_told(model))
        for portion in changes_of(model, known - withheld.get(model, set())):
            models.prefetch_related_objects(portion, "change_set")
            yield from (_entry(change, model, told) for change in portion)


def _withheld(keys: Keys) -> Keys:
    """Return the keys of internal notes and of the files that go with them, also of those that were removed."""
    notes = _such(Message, keys[Message], lambda image: image.get("kind") == Message.Kind.INTERNAL)
    return {
        Message: notes,
        Attachment: _such(Attachment, keys[Attachment], lambda image: image.get("message_id") in notes),
    }


def _such(model: type[models.Model], keys: set[int], is_such: Callable[[dict], bool]) -> set[int]:
    """Return those of `keys` of which the history or, where it is forgotten, the record says so."""
    told = {
        change.record_id
        for portion in changes_of(model, keys)
        for change in portion
        if is_such(change.new or change.old)
    }
    present = model._base_manager.filter(WITHHELD[model]).order_by().values_list("pk", flat=True)
    return told.union(*(present.filter(pk__in=some) for some in portions(keys)))


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
