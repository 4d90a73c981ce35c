"""Merging: two accounts of one customer become one, and nothing that either had is lost."""

from collections.abc import Mapping
from datetime import date

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customers.models import Customer, DistinctPair, DuplicatePair, FormerNumber
from customers.stays import DAY, charge_nothing

# What may be chosen of the one or the other. The number is the survivor's: swap the two to keep the other.
CHOSEN = ("name", "phone", "email", "status", "billing_day", "payment_terms", "is_tax_exempt")
CHOSEN += ("language", "channel", "note")
# They are about two customers, and go when one goes.
PAIRS = (DuplicatePair, DistinctPair)


@recorded(gettext_lazy("Customers merged"))
def merge_customers(
    *,
    survivor: Customer,
    duplicate: Customer,
    values: Mapping[str, object],
    by: AbstractBaseUser | None = None,
    on: date,
) -> Customer:
    """
    Make two accounts one on the day `on`: everything of `duplicate` moves to `survivor`, who takes on `values`.

    The two are as the person saw them: `ValidationError` is raised, keyed by field, where a colleague has changed or
    removed one since, as for a customer merged with itself, an open account merged into a closed one, and a value that
    is not allowed. Documents keep the names that they were issued with; the number of `duplicate` goes on finding
    `survivor`. The history names `by`.
    """
    if survivor.pk == duplicate.pk:
        raise ValidationError({"other": _("This is the same customer. Choose another one.")})
    if unknown := set(values) - set(CHOSEN):
        raise ValueError(f"Nobody chooses {', '.join(sorted(unknown))} in a merge.")
    survivor, duplicate = _lock_as_seen(survivor, duplicate)
    _refuse_closed(survivor, duplicate)
    _keep_free(survivor, duplicate, on)
    _take_on(survivor, duplicate, values)
    for relation in _pointing_at(duplicate):
        _move(relation, survivor, duplicate)
    _carry_over_distinctions(survivor, duplicate)
    duplicate_pk = duplicate.pk
    duplicate.delete()
    FormerNumber.objects.create(number=duplicate.number, former_pk=duplicate_pk, customer=survivor, merged_on=on)
    return survivor


def moved_relations() -> list[models.ForeignObjectRel]:
    """Return what may point at a customer and moves in a merge: every relation of every app, also of later ones."""
    return [
        relation
        for relation in Customer._meta.get_fields(include_hidden=True)
        if isinstance(relation, models.ManyToOneRel) and relation.related_model not in PAIRS
    ]


def _pointing_at(duplicate: Customer) -> list[models.ForeignObjectRel]:
    """Return the relations by which anything points at the duplicate, found by one question for all."""
    relations = {f"relation_{number}": relation for number, relation in enumerate(moved_relations())}
    found = {
        name: Exists(relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")}))
        for name, relation in relations.items()
    }
    is_there = Customer.objects.filter(pk=duplicate.pk).values(**found).get()
    return [relation for name, relation in relations.items() if is_there[name]]


def _lock_as_seen(survivor: Customer, duplicate: Customer) -> tuple[Customer, Customer]:
    """Return both as stored, locked; what is written for one of them meanwhile waits, and is then refused."""
    pair = {"survivor": survivor, "other": duplicate}
    keys = [customer.pk for customer in pair.values()]
    # No weaker lock: a row that points at the duplicate must not come in between what is moved and what is deleted.
    stored = {
        customer.pk: customer for customer in Customer.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    }
    for field, seen in pair.items():
        if seen.pk not in stored:
            message = _("A colleague has just removed %(customer)s. Nothing was merged.")
        elif stored[seen.pk].version != seen.version:
            message = _("A colleague has just changed %(customer)s. Nothing was merged.")
        else:
            continue
        raise ValidationError({field: ValidationError(message, code="stale", params={"customer": seen})})
    return stored[survivor.pk], stored[duplicate.pk]


def _refuse_closed(survivor: Customer, duplicate: Customer) -> None:
    if survivor.is_closed and not duplicate.is_closed:
        message = _("The account of %(closed)s is closed, that of %(open)s is not. Swap the two, or reopen it first.")
        raise ValidationError({"survivor": message % {"closed": survivor, "open": duplicate}})


def _keep_free(survivor: Customer, duplicate: Customer, on: date) -> None:
    """Let units that were not given back cost nothing on the days on which only the account of the other was open."""
    last_days = [customer.closed_on for customer in (survivor, duplicate)]
    until = max(last_days) if all(last_days) else on - DAY
    for customer in (survivor, duplicate):
        if customer.is_closed:
            charge_nothing(customer, customer.closed_on + DAY, until)


def _take_on(survivor: Customer, duplicate: Customer, values: Mapping[str, object]) -> None:
    """Give the survivor the chosen values. Whether the account is closed is not chosen: see `_refuse_closed`."""
    was_closed = survivor.is_closed
    for field, value in values.items():
        setattr(survivor, field, value)
    if survivor.is_closed != was_closed:
        raise ValidationError({"status": _("A merge neither closes nor reopens an account.")})
    if was_closed:
        # The last day of the services of both.
        survivor.closed_on = max(survivor.closed_on, duplicate.closed_on)
    survivor.version += 1
    survivor.full_clean()
    survivor.save()


def _move(relation: models.ManyToOneRel, survivor: Customer, duplicate: Customer) -> None:
    """Let every row that points at the duplicate point at the survivor."""
    model, changed = relation.related_model, {relation.field.name: survivor}
    names = {field.name for field in model._meta.local_concrete_fields}
    if "version" in names:
        changed["version"] = F("version") + 1
    if "updated_at" in names:
        changed["updated_at"] = timezone.now()
    model._base_manager.filter(**{relation.field.name: duplicate}).update(**changed)


def _carry_over_distinctions(survivor: Customer, duplicate: Customer) -> None:
    """Who is another than the duplicate is another than the survivor."""
    said = DistinctPair.objects.filter(models.Q(first=duplicate) | models.Q(second=duplicate))
    others = {key for pair in said.values_list("first", "second") for key in pair} - {duplicate.pk, survivor.pk}
    pairs = [sorted((survivor.pk, other)) for other in others]
    DistinctPair.objects.bulk_create(
        (DistinctPair(first_id=first, second_id=second) for first, second in pairs), ignore_conflicts=True
    )
