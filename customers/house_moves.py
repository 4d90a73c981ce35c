"""
Whole locations: a customer moves house, or the next tenant takes over what is there.

It happens on a day that is today or before. For a day to come it is planned, and happens by itself on that day.
"""

from datetime import date

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded, recording
from customers.models import Customer, Equipment, HouseMove, Location, PriceChange, Service
from customers.stays import DAY, begin_stay, end_stay
from customers.subscriptions import add_service, end_service

# What the network knows a service by: nobody else has it, so it goes along.
WIRES = ("login", "ip_address", "port")
TERMS = ("plan", "name", "billing_interval", "contract_ends_on", "early_termination_fee")


@recorded(gettext_lazy("Moved house"))
def move_house(*, origin: Location, target: Location, first_day: date, on: date) -> Location:
    """
    Move services and equipment of a location to another of the same customer, which may be a new one.

    They are there from `first_day` on, today (`on`) or before. Services stay what they are, so their billing goes on;
    those that ended before that day stay behind. Raises `ValidationError` keyed by field for a day to come, for one
    before a unit came to the location, for another customer's location, and where there is nothing to move.
    """
    Customer.objects.lock_open(origin.customer_id)
    _refuse_to_come(first_day, on)
    if target.customer_id != origin.customer_id:
        raise ValidationError({"location": _("This location belongs to another customer: that is a takeover.")})
    services = list(origin.services.not_ended(first_day).select_for_update().order_by("pk"))
    _refuse_nothing(origin, target, services)
    _save_new(target)
    for service in services:
        service.location = target
        service.version += 1
        service.save()
    _move_units(origin, target, first_day)
    return target


@recorded(gettext_lazy("Taken over"))
def take_over(
    *, origin: Location, target: Location, first_day: date, on: date, by: AbstractBaseUser | None = None
) -> Location:
    """
    Let the next tenant, whose location is `target`, take over the services and equipment of a location.

    They are the next tenant's from `first_day` on, today (`on`) or before: each service ends the day before, without a
    fee for early termination, and begins anew on the same terms without a set-up fee, with its login and its prices to
    come. Raises `ValidationError` keyed by field for a day to come, for one on which a service or unit was not there
    yet, for the same customer's location, and where there is nothing to take over.
    """
    _lock_both(origin, target)
    _refuse_to_come(first_day, on)
    if target.customer_id == origin.customer_id:
        raise ValidationError({"location": _("This location belongs to the same customer: that is a house move.")})
    services = list(origin.services.not_ended(first_day).select_for_update().order_by("pk"))
    _refuse_nothing(origin, target, services)
    for service in services:
        if service.starts_on >= first_day:
            message = _("“%(service)s” begins on %(day)s only: nobody can take it over before the day after.")
            raise ValidationError({"first_day": message % {"service": service, "day": service.starts_on}})
    _save_new(target)
    for service in services:
        _hand_over(service, target, first_day, by)
    _move_units(origin, target, first_day)
    return target


@recorded(gettext_lazy("House move planned"))
def plan_move(
    *, origin: Location, target: Location, first_day: date, on: date, by: AbstractBaseUser | None = None
) -> HouseMove:
    """
    Let `move_house`, or `take_over` where `target` is another customer's, happen on a day to come, after today (`on`).

    Raises `ValidationError` keyed by field for another day, where a move from there is planned already, and where there
    would be nothing to move.
    """
    _lock_both(origin, target)
    if first_day <= on:
        raise ValidationError({"first_day": _("That day has come: nothing is left to plan.")})
    _refuse_nothing(origin, target, list(origin.services.not_ended(first_day)))
    _save_new(target)
    move = HouseMove(origin=origin, target=target, first_day=first_day, created_by=by)
    move.full_clean()
    move.save()
    return move


@recorded(gettext_lazy("House move cancelled"))
def cancel_move(*, move: HouseMove) -> None:
    """Take back a move that has not happened; raises `ValidationError` for one that has. A new location stays."""
    move = HouseMove.objects.select_for_update().get(pk=move.pk)
    if move.done_at:
        raise ValidationError(_("The move has happened. Move back instead."))
    move.delete()


def do_due_moves(*, on: date) -> tuple[int, list[tuple[HouseMove, str]]]:
    """
    Let every move happen that is planned for the day `on` or a missed one; return how many did, and why others did not.

    It may stop anywhere and may be run again. What is refused stays planned, and is tried again the next time.
    """
    done, refused = 0, []
    for key in list(HouseMove.objects.waiting().filter(first_day__lte=on).order_by("first_day", "pk").values("pk")):
        try:
            done += _do_due(key["pk"], on)
        except ValidationError as error:
            # It went with an account that was closed at this moment, or is still there to be looked at.
            refused += [(move, " ".join(error.messages)) for move in HouseMove.objects.filter(**key)]
    return done, refused


def _do_due(pk: int, on: date) -> bool:
    """Let one planned move happen, unless it has; the move itself is an act that can be undone without planning it."""
    with transaction.atomic():
        move = HouseMove.objects.select_related("origin", "target").filter(pk=pk).first()
        if move is None:
            return False
        # First, as whoever closes an account does.
        _lock_both(move.origin, move.target)
        if not HouseMove.objects.waiting().select_for_update().filter(pk=pk).exists():
            return False
        with recording(_("Planned house move came due")):
            move.done_at = timezone.now()
            move.save(update_fields=["done_at"])
        act = take_over if move.is_takeover else move_house
        act(origin=move.origin, target=move.target, first_day=move.first_day, on=on)
    return True


def _lock_both(origin: Location, target: Location) -> None:
    """Lock the customers of two locations, in the order of their keys; raises `ValidationError` for a closed one."""
    for customer in sorted({origin.customer_id, target.customer_id}):
        Customer.objects.lock_open(customer)


def _refuse_to_come(first_day: date, on: date) -> None:
    if first_day > on:
        raise ValidationError({"first_day": _("That day is still to come. Plan it instead.")})


def _refuse_nothing(origin: Location, target: Location, services: list[Service]) -> None:
    if target.pk == origin.pk:
        raise ValidationError({"location": _("This is where they are already.")})
    if not services and not origin.equipment.exists():
        raise ValidationError(_("There is neither a service nor equipment at this location on that day."))


def _save_new(target: Location) -> None:
    if target.pk is None:
        target.full_clean()
        target.save()


def _move_units(origin: Location, target: Location, first_day: date) -> None:
    for unit in Equipment.objects.filter(location=origin).select_for_update().order_by("pk"):
        try:
            end_stay(unit, first_day)
        except ValidationError as error:
            raise ValidationError({"first_day": error.messages}) from error
        unit.location = target
        unit.version += 1
        unit.save()
        begin_stay(unit, first_day)


def _hand_over(old: Service, target: Location, first_day: date, by: AbstractBaseUser | None) -> Service:
    """End one service the day before, and begin the next tenant's."""
    prices = list(old.price_changes.in_force(date.max))
    new = Service(location=target, starts_on=first_day, ends_on=old.ends_on)
    for name in (*TERMS, *WIRES):
        setattr(new, name, getattr(old, name))
    new.cost = next(price.cost for price in prices if price.effective_on is None or price.effective_on <= first_day)
    for name in WIRES:
        setattr(old, name, None)
    old.early_termination_fee = 0
    old.version += 1
    old.save()
    end_service(service=old, last_day=first_day - DAY)
    add_service(service=new, by=by)
    _take_prices_along(old, new, [price for price in prices if price.effective_on and price.effective_on > first_day])
    return new


def _take_prices_along(old: Service, new: Service, later: list[PriceChange]) -> None:
    """Give the new service the prices that begin after its first day; those still to come are the old one's no more."""
    for price in reversed(later):
        PriceChange.objects.create(
            service=new,
            cost=price.cost,
            effective_on=price.effective_on,
            reason=price.reason,
            created_by=price.created_by,
            applied_at=price.applied_at,
            plan_change=price.plan_change,
        )
    if applied := [price for price in later if price.applied_at]:
        new.cost = applied[0].cost
        new.save()
    waiting = old.price_changes.live().filter(applied_at=None)
    waiting.update(cancelled_at=timezone.now())
