"""Another price of a plan for those who have it: who is affected, what it does to revenue, and taking it back."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Case, Count, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customerflow.money import ZERO, MoneyField, round_money
from customers.models import Plan, PlanPriceChange, PriceChange, Service
from customers.models.service import ServiceQuerySet
from customers.price_changes import change_cost


@dataclass(frozen=True)
class Group:
    """Some services: how many there are, and what changes a month if all get the new price, before tax."""

    number: int = 0
    monthly: Decimal = ZERO

    def __add__(self, other: "Group") -> "Group":
        return Group(self.number + other.number, self.monthly + other.monthly)


@dataclass(frozen=True)
class Effect:
    """
    Who is affected: those at the plan's price, those with a price of their own, and of both those under contract:
    `bound` are at the plan's price, `own_and_bound` are not.
    """

    plain: Group = Group()
    own_prices: Group = Group()
    bound: Group = Group()
    own_and_bound: Group = Group()

    @property
    def contracts(self) -> Group:
        """Those under contract, whatever they cost."""
        return self.bound + self.own_and_bound

    def chosen(self, change: PlanPriceChange) -> Group:
        """Return those whose price changes."""
        chosen = self.plain
        if change.with_own_prices:
            chosen += self.own_prices
        if change.with_contracts:
            chosen += self.contracts if change.with_own_prices else self.bound
        return chosen


def affected(change: PlanPriceChange) -> ServiceQuerySet:
    """
    Return the services of the plan that go on on the day of the change, each with what it would cost then: `cost_then`.

    `is_own` says whether that is not the plan's price, `is_bound` whether its contract goes on on that day.
    """
    in_force = PriceChange.objects.in_force(change.effective_on).filter(service=OuterRef("pk")).values("cost")[:1]
    services = (
        Service.objects.filter(plan=change.plan).not_ended(change.effective_on).annotate(cost_then=Subquery(in_force))
    )
    prices = [
        When(billing_interval=months, then=Value(change.old_price * months, output_field=MoneyField()))
        for months in Service.Interval.values
    ]
    of_plan = Case(*prices)
    is_bound = Q(contract_ends_on__isnull=False, contract_ends_on__gte=change.effective_on)
    return services.annotate(is_own=~Q(cost_then=of_plan), is_bound=is_bound)


def effect(change: PlanPriceChange) -> Effect:
    """Return who is affected and by how much: one question, whose answer has a row for each different price."""
    groups: dict[str, Group] = {}
    by = ("billing_interval", "is_bound", "cost_then")
    counted = affected(change).order_by().values(*by).annotate(number=Count("pk"))
    for months, is_bound, cost, number in counted.values_list(*by, "number"):
        is_own = cost != change.old_price * months
        name = ("own_and_bound" if is_own else "bound") if is_bound else "own_prices" if is_own else "plain"
        found = Group(number, number * (change.price - cost / months))
        groups[name] = groups.get(name, Group()) + found
    return Effect(**{name: Group(group.number, round_money(group.monthly)) for name, group in groups.items()})


@recorded(gettext_lazy("Price of a plan changed"))
def change_to_plan_price(
    *, service: Service, change: PlanPriceChange, on: date, by: AbstractBaseUser | None = None
) -> PriceChange | None:
    """
    Give one service of a plan the plan's new price; return None where it is its price on that day already.

    The first one saves the change itself, and lets the plan cost the new price. Raises `ValidationError` for a service
    that is to be left out, where the change was cancelled, and as `change_cost` does.
    """
    if service.ends_on and service.ends_on < change.effective_on:
        raise ValidationError(_("It ends before that day."))
    before = service.price_changes.in_force(change.effective_on).values_list("cost", flat=True).first()
    if service.contract_ends_on and service.contract_ends_on >= change.effective_on and not change.with_contracts:
        raise ValidationError(_("Its contract goes on on that day."))
    if before != change.old_price * service.billing_interval and not change.with_own_prices:
        raise ValidationError(_("It has a price of its own."))
    cost = change.price * service.billing_interval
    if before == cost:
        return None
    return change_cost(
        service=service,
        cost=cost,
        on=on,
        effective_on=max(change.effective_on, on),
        reason=change.reason,
        plan_change=_announced(change),
        by=by,
    )


def _announced(change: PlanPriceChange) -> PlanPriceChange:
    """Return a change as it is on record; the first time it is written down, and the plan costs the new price."""
    plan = Plan.objects.select_for_update().get(pk=change.plan_id)
    known = PlanPriceChange.objects.filter(plan=plan, announced_at=change.announced_at).first()
    if known is None:
        change.full_clean()
        change.save()
        _set_catalogue(plan, change.old_price, change.price)
        return change
    if known.cancelled_at:
        raise ValidationError(_("The change of the plan's price was cancelled."))
    return known


def _set_catalogue(plan: Plan, before: Decimal, after: Decimal) -> None:
    """Let a locked plan cost something else for who takes it up from now on, unless it was changed since."""
    if plan.price == before:
        plan.price = after
        plan.version += 1
        plan.save()


@recorded(gettext_lazy("Price change of a plan cancelled"))
def cancel_plan_price(*, change: PlanPriceChange, on: date) -> PlanPriceChange:
    """
    Take a price of a plan back before its day: the plan and its services cost what they would have cost without it.

    What was changed again since by hand stays: see `changed_since`. Cancelling twice is cancelling once. Raises
    `ValidationError` from the day on which the price is in force, and while a newer one of the plan is announced: that
    one was built on this one.
    """
    plan = Plan.objects.select_for_update().get(pk=change.plan_id)
    change = PlanPriceChange.objects.select_for_update().get(pk=change.pk)
    if change.cancelled_at:
        return change
    if change.effective_on <= on:
        raise ValidationError(_("This price is in force already. Change the price of the plan once more instead."))
    if PlanPriceChange.objects.announced(on).filter(plan=plan, pk__gt=change.pk).exists():
        raise ValidationError(_("A newer price of this plan is announced. Cancel that one first."))
    change.cancelled_at = now = timezone.now()
    change.save(update_fields=["cancelled_at"])
    change.prices.live().filter(applied_at=None).update(cancelled_at=now)
    replaced = PriceChange.objects.filter(replaced_by__plan_change=change, replaced_by__cancelled_at=now)
    replaced.update(cancelled_at=None, replaced_by=None)
    _set_catalogue(plan, change.price, change.old_price)
    return change


def changed_since(change: PlanPriceChange) -> QuerySet[PriceChange]:
    """Return the prices of a change that somebody replaced or cancelled by hand, with their services."""
    by_hand = change.prices.exclude(cancelled_at=None)
    if change.cancelled_at:
        by_hand = by_hand.exclude(cancelled_at=change.cancelled_at)
    return by_hand.select_related("service__location__customer", "replaced_by").order_by("pk")
