"""Another price of a plan for those who have it: who is affected, and what it does to revenue."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customerflow.money import ZERO, MoneyField, round_money
from customers.models import Plan, PriceChange, Service
from customers.models.service import ServiceQuerySet
from customers.price_changes import change_cost


@dataclass(frozen=True)
class PlanPrice:
    """
    A monthly price that takes the place of `old_price`, from the day `effective_on` on.

    Services that cost something else than the plan, and those under contract on that day, are left out unless they are
    `with_own_prices`, `with_contracts`.
    """

    price: Decimal
    old_price: Decimal
    effective_on: date
    with_own_prices: bool = False
    with_contracts: bool = False


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

    def chosen(self, change: PlanPrice) -> Group:
        """Return those whose price changes."""
        chosen = self.plain
        if change.with_own_prices:
            chosen += self.own_prices
        if change.with_contracts:
            chosen += self.contracts if change.with_own_prices else self.bound
        return chosen


def affected(plan: Plan, change: PlanPrice) -> ServiceQuerySet:
    """
    Return the services of a plan that go on on the day of the change, each with what it would cost then: `cost_then`.

    `is_own` says whether that is not the plan's price, `is_bound` whether its contract goes on on that day.
    """
    in_force = PriceChange.objects.in_force(change.effective_on).filter(service=OuterRef("pk")).values("cost")[:1]
    services = Service.objects.filter(plan=plan).not_ended(change.effective_on).annotate(cost_then=Subquery(in_force))
    prices = [
        When(billing_interval=months, then=Value(change.old_price * months)) for months in Service.Interval.values
    ]
    of_plan = Case(*prices, output_field=MoneyField())
    is_bound = Q(contract_ends_on__isnull=False, contract_ends_on__gte=change.effective_on)
    return services.annotate(is_own=~Q(cost_then=of_plan), is_bound=is_bound)


def effect(plan: Plan, change: PlanPrice) -> Effect:
    """Return who is affected and by how much: one question, whose answer has a row for each different price."""
    groups: dict[str, Group] = {}
    by = ("billing_interval", "is_bound", "cost_then")
    counted = affected(plan, change).order_by().values(*by).annotate(number=Count("pk"))
    for months, is_bound, cost, number in counted.values_list(*by, "number"):
        is_own = cost != change.old_price * months
        name = ("own_and_bound" if is_own else "bound") if is_bound else "own_prices" if is_own else "plain"
        found = Group(number, number * (change.price - cost / months))
        groups[name] = groups.get(name, Group()) + found
    return Effect(**{name: Group(group.number, round_money(group.monthly)) for name, group in groups.items()})


@recorded(gettext_lazy("Price of a plan changed"))
def change_to_plan_price(
    *, service: Service, change: PlanPrice, on: date, reason: str = "", by: AbstractBaseUser | None = None
) -> PriceChange | None:
    """
    Give one service of a plan the plan's new price; return None where it is its price on that day already.

    Raises `ValidationError` for a service that is to be left out, and as `change_cost` does.
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
    _set_catalogue(service.plan_id, change)
    return change_cost(
        service=service, cost=cost, on=on, effective_on=max(change.effective_on, on), reason=reason, by=by
    )


def _set_catalogue(plan_id: int, change: PlanPrice) -> None:
    """Let the plan itself cost the new price: who takes it up from now on pays that. Undone with the rest."""
    plan = Plan.objects.select_for_update().get(pk=plan_id)
    if plan.price == change.old_price:
        plan.price = change.price
        plan.version += 1
        plan.save()


def scheduled(plan: Plan) -> list[dict[str, object]]:
    """Return the days on which services of a plan get another price: `effective_on`, and how many do: `number`."""
    waiting = PriceChange.objects.live().filter(applied_at=None, service__plan=plan, effective_on__isnull=False)
    return list(waiting.order_by("effective_on").values("effective_on", "reason").annotate(number=Count(F("pk"))))
