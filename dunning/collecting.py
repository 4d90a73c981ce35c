"""Collecting what is late: who looks after whom, who was spoken to, and what comes next."""

from collections.abc import Collection
from datetime import date

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.allocations import lock_books
from customerflow.changes.recording import recorded
from customers.models import Customer
from dunning.models import Assignment, CallTask, ContactAttempt, NextAction
from dunning.reminders.calls import finish_call


@recorded(_("Owner in collections changed"))
def assign(
    *, customers: Collection[Customer], owner: AbstractUser | None, on: date, by: AbstractUser | None = None
) -> int:
    """
    Let `owner` look after `customers` from the day `on`; None is nobody. Return for how many that is a change.

    Who does already is left alone. Of two that assign at once the later holds, and both stay on record.
    """
    keys = [customer.pk for customer in customers]
    # In the order of the keys, as everybody locks several customers.
    locked = Customer.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    present = [customer.pk for customer in locked]
    current = Assignment.objects.filter(customer__in=present, ended_on=None)
    owners = {each.customer_id: each.owner_id for each in current.order_by("pk")}
    changed = [key for key in present if owners.get(key) != (owner and owner.pk)]
    current.filter(customer__in=changed).update(ended_on=models.functions.Greatest("assigned_on", models.Value(on)))
    if owner:
        Assignment.objects.bulk_create(Assignment(customer_id=key, owner=owner, assigned_on=on) for key in changed)
    return len(changed)


@recorded(_("Contact recorded"))
def record_contact(
    *,
    customer: Customer,
    way: str,
    is_reached: bool,
    note: str = "",
    next_on: date | None = None,
    next_way: str = "",
    on: date,
    by: AbstractUser | None = None,
    key: str | None = None,
) -> ContactAttempt:
    """
    Record that somebody called, wrote to or visited `customer` on the day `on`, and return it.

    What was to be done by that day is done with it, a call that a rule asked for too. With `next_on` something is to be
    done on that day: the same again, unless `next_way` says otherwise. A second call with the same idempotency `key`
    returns the first contact and changes nothing. Raises `ValidationError`, keyed by field.
    """
    customer = lock_books(customer)
    if key and (first := ContactAttempt.objects.filter(idempotency_key=key).first()):
        return first
    attempt = ContactAttempt(
        customer=customer,
        made_on=on,
        made_by=by,
        way=way,
        is_reached=is_reached,
        note=note,
        idempotency_key=key or None,
    )
    attempt.full_clean(exclude={"customer", "made_by"})
    attempt.save()
    customer.next_actions.due(on).update(done_on=on, version=models.F("version") + 1)
    result = CallTask.Result.REACHED if is_reached else CallTask.Result.NOT_REACHED
    for call in CallTask.objects.to_do(on).filter(customer=customer):
        finish_call(call=call, result=result, at=attempt.created_at, note=note, by=by)
    if next_on:
        plan_action(customer=customer, way=next_way or way, due_on=next_on, on=on, by=by, key=key and f"after-{key}")
    return attempt


@recorded(_("Next action planned"))
def plan_action(
    *,
    customer: Customer,
    way: str,
    due_on: date,
    note: str = "",
    on: date,
    by: AbstractUser | None = None,
    key: str | None = None,
) -> NextAction:
    """
    Plan what is to be done about `customer` on the day `due_on`, such as a call that a reminder rule asks for.

    What is planned already stays; the earliest is shown. A second call with the same idempotency `key` returns the
    first one. Raises `ValidationError`, keyed by field, for a day before `on`.
    """
    customer = lock_books(customer)
    if key and (first := NextAction.objects.filter(idempotency_key=key).first()):
        return first
    if due_on < on:
        raise ValidationError({"next_on": _t("This day is over.")})
    action = NextAction(customer=customer, way=way, due_on=due_on, note=note, made_by=by, idempotency_key=key or None)
    action.full_clean(exclude={"customer", "made_by"})
    action.save()
    return action


@recorded(_("Next action done"))
def finish_action(*, action: NextAction, on: date, by: AbstractUser | None = None) -> NextAction:
    """Say that `action` was done on the day `on`, or is not to be done any more; raises `ValidationError` if it was."""
    lock_books(action.customer)
    action = NextAction.objects.get(pk=action.pk)
    if action.done_on:
        raise ValidationError({"action": _t("This is done already.")})
    action.done_on = on
    action.version += 1
    action.save()
    return action
