"""What there is of one customer: the records, also those that were removed, and every change of them."""

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from django.db import models
from django.utils.translation import gettext as _

from bank.models import KnownPayer, Mandate
from customerflow.changes.models import Change, ChangeCount
from customers.models import Contact, Customer, Location, PriceChange, Service
from dunning.models import CallTask, ContactAttempt, NextAction, Promise
from reports.models import AcceptedLeak
from suspensions.models import Hold
from tickets.models import Attachment, Message, Ticket
from visits.models import Visit, VisitItem

# Each kind that has personal data, and the relation by which it belongs to a customer; owners come first.
BELONGS_BY = {
    Contact: "customer",
    Location: "customer",
    Service: "location",
    PriceChange: "service",
    Promise: "customer",
    ContactAttempt: "customer",
    NextAction: "customer",
    AcceptedLeak: "customer",
    Hold: "customer",
    KnownPayer: "customer",
    Mandate: "customer",
    Ticket: "customer",
    Message: "ticket",
    Attachment: "message",
    Visit: "ticket",
    VisitItem: "visit",
    CallTask: "customer",
}
# So many keys go into one question.
CHUNK = 500

Keys = dict[type[models.Model], set[int]]


def records_of(customer: Customer) -> dict[type[models.Model], models.QuerySet]:
    """Return the customer and all that has personal data of theirs, by kind."""
    found = {Customer: Customer.objects.filter(pk=customer.pk)}
    for model, relation in BELONGS_BY.items():
        owners = found[model._meta.get_field(relation).related_model]
        found[model] = model._base_manager.filter(**{f"{relation}__in": owners.order_by().values("pk")}).order_by("pk")
    return found


def keys_of(customer: Customer) -> Keys:
    """
    Return the keys of the same records and of those that were removed before, as far as the history goes back.

    What was merged into the customer is theirs. A removed record is found by what it belonged to, which the history
    says of each removal: those are read, and nothing else of it.
    """
    keys: Keys = {model: set(records.values_list("pk", flat=True)) for model, records in records_of(customer).items()}
    keys[Customer].update(customer.former_numbers.values_list("former_pk", flat=True))
    # What was removed with its owner stands before it in the history.
    while _add_removed(keys):
        pass
    return keys


def _add_removed(keys: Keys) -> bool:
    """Add the removed records that belonged to one in `keys`; return whether there were any."""
    owners, is_growing = {}, False
    for model, relation in BELONGS_BY.items():
        field = model._meta.get_field(relation)
        owned_by = re.compile(rf'"{field.column}" ?: ?(\d+)')
        owners[model._meta.label_lower] = (keys[model], owned_by, keys[field.related_model])
    for kind, key, image in _removals(owners):
        known, owned_by, present = owners.get(kind, (None, None, None))
        if known is None or key in known:
            continue
        owner = owned_by.search(image)
        if owner and int(owner[1]) in present:
            known.add(key)
            is_growing = True
    return is_growing


def _removals(kinds: Collection[str]) -> Iterator[tuple[str, int, str]]:
    """Yield kind, key and last image of all that was ever removed in acts that removed records of these kinds."""
    acts = ChangeCount.objects.filter(kind__in=kinds, action=Change.Action.DELETE).order_by()
    for some in portions(acts.values_list("change_set", flat=True).distinct().iterator()):
        # By the act alone: an index by kind would lead through all that ever happened to records of the kind.
        removed = Change.objects.filter(change_set__in=some, action=Change.Action.DELETE).order_by()
        yield from removed.values_list("kind", "record_id", "before").iterator()


def changes_of(model: type[models.Model], keys: Collection[int]) -> Iterator[list[Change]]:
    """Yield the changes of the records of one kind with these keys, in portions."""
    for some in portions(sorted(keys)):
        changes = Change.objects.filter(kind=model._meta.label_lower, record_id__in=some).order_by("pk")
        beyond = 0
        # Read anew for each portion: whoever asked may write to them.
        while portion := list(changes.filter(pk__gt=beyond)[:CHUNK]):
            yield portion
            beyond = portion[-1].pk


def neutral(field: models.Field) -> str | None:
    """Return what stands in a field for what was erased: nothing where that is allowed."""
    if field.null:
        return None
    if field.blank:
        return ""
    return {
        Customer._meta.get_field("name"): _("Erased customer"),
        Location._meta.get_field("address"): _("Erased address"),
    }.get(field, _("(erased)"))


def portions(rows: Iterable) -> Iterator[list]:
    """Yield what there is, so many at a time."""
    rest = iter(rows)
    while portion := list(islice(rest, CHUNK)):
        yield portion
