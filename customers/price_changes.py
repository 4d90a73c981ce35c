"""What services cost: changed today or on a later day, the past never rewritten."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded, recording
from customerflow.money import format_money, round_money
from customers.models import PlanPriceChange, PriceChange, Service

BATCH = 500


@recorded(gettext_lazy("Cost changed"))
def change_cost(
    *,
    service: Service,
    cost: Decimal,
    on: date,
    effective_on: date | None = None,
    reason: str = "",
    plan_change: PlanPriceChange | None = None,
    by: AbstractBaseUser | None = None,
) -> PriceChange:
    """
    Give a service a new net price for a billing cycle from the day `effective_on` on: today (`on`), or later.

    A price already there for that day is replaced and kept as cancelled. `plan_change` is the change of the plan's
    price that this is a part of. Raises `ValidationError` keyed by field for a negative price, a day in the past or
    after the end of the service, and a price that is in force already.
    """
    service = Service.objects.select_for_update().get(pk=service.pk)
    effective_on = effective_on or on
    _refuse(service, cost, on, effective_on)
    now = timezone.now()
    change = PriceChange(
        service=service,
        cost=cost,
        effective_on=effective_on,
        reason=reason,
        plan_change=plan_change,
        created_by=by,
    )
    if effective_on <= on:
        change.applied_at = now
        _set_cost(service, cost)
    _save_in_place(change, now)
    return change


def _save_in_place(change: PriceChange, now: datetime) -> None:
    """Save a price in place of the one of its service for that day, if there is one."""
    replaced = change.service.price_changes.live().filter(effective_on=change.effective_on).first()
    if replaced is None:
        change.save()
        return
    replaced.cancelled_at = now
    replaced.save(update_fields=["cancelled_at"])
    change.save()
    replaced.replaced_by = change
    replaced.save(update_fields=["replaced_by"])


def _refuse(service: Service, cost: Decimal, on: date, effective_on: date) -> None:
    if cost < 0:
        raise ValidationError({"cost": _("A price is not negative.")})
    if effective_on < on:
        raise ValidationError({"effective_on": _("A price can change today or later, not in the past.")})
    if service.ends_on and effective_on > service.ends_on:
        raise ValidationError({"effective_on": _("The service ends on %(day)s.") % {"day": service.ends_on}})
    if service.price_changes.in_force(effective_on).values_list("cost", flat=True).first() == cost:
        raise ValidationError({"cost": _("It costs %(cost)s on that day already.") % {"cost": format_money(cost)}})


def _set_cost(service: Service, cost: Decimal) -> None:
    service.cost = cost
    service.version += 1
    service.save()


@recorded(gettext_lazy("Price change cancelled"))
def cancel_price_change(*, change: PriceChange, on: date) -> PriceChange:
    """Cancel a price that has not begun on the day `on`; raises `ValidationError` for any other."""
    change = PriceChange.objects.select_for_update().get(pk=change.pk)
    if change.cancelled_at:
        raise ValidationError(_("This price change is cancelled already."))
    if change.effective_on is None or change.effective_on <= on:
        raise ValidationError(_("This price is in force already. Change it instead."))
    change.cancelled_at = timezone.now()
    change.save(update_fields=["cancelled_at"])
    return change


@recorded(gettext_lazy("Costs changed"))
def change_costs(
    *,
    services: Iterable[Service],
    on: date,
    percent: Decimal = Decimal(0),
    amount: Decimal = Decimal(0),
    effective_on: date | None = None,
    reason: str = "",
    by: AbstractBaseUser | None = None,
) -> list[PriceChange]:
    """
    Change many services' prices by a percentage and then an amount, each rounded half up; all or none.

    What changes is the price in force on the day that the new one begins, a scheduled one included. Services whose
    price stays the same are left out of the result. Raises `ValidationError` that names the service.
    """
    changes = []
    for service in services:
        service = Service.objects.select_for_update().get(pk=service.pk)
        before = service.price_changes.in_force(effective_on or on).values_list("cost", flat=True)[0]
        cost = round_money(before * (100 + percent) / 100) + amount
        if cost == before:
            continue
        try:
            changes.append(
                change_cost(service=service, cost=cost, on=on, effective_on=effective_on, reason=reason, by=by)
            )
        except ValidationError as error:
            raise ValidationError([f"{service}: {message}" for message in error.messages]) from error
    return changes


def apply_due_prices(*, on: date) -> int:
    """
    Let every price that has begun by the day `on` be its service's cost; return how many did.

    It works in batches, may stop anywhere and may be run again.
    """
    applied = 0
    while True:
        with recording(_("Prices came into force")):
            waiting = PriceChange.objects.live().filter(applied_at=None, effective_on__lte=on)
            waiting = waiting.order_by("effective_on", "pk")
            found = dict(waiting.values_list("pk", "service")[:BATCH])
            # The services are locked first, as by everybody who changes a price, and what waits is read again.
            locked = Service.objects.select_for_update().filter(pk__in=found.values()).order_by("pk").in_bulk()
            for change in waiting.filter(pk__in=found):
                _apply(change, locked[change.service_id], on)
                applied += 1
        if len(found) < BATCH:
            return applied


def _apply(change: PriceChange, service: Service, on: date) -> None:
    cost = service.price_changes.in_force(on).values_list("cost", flat=True).first()
    if cost != service.cost:
        _set_cost(service, cost)
    change.applied_at = timezone.now()
    change.save(update_fields=["applied_at"])
