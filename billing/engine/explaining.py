"""Why a line has its amount: a sentence that a customer understands, made from the `inputs` kept with the line."""

from decimal import Decimal

from django.utils import formats
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from customerflow.money import format_money, round_money


def why(inputs: dict) -> str:
    """Return why the line with these `inputs` (see `charging` and `billing.runs.due`) has its amount, no full stop."""
    return capfirst(_sentence(inputs))


def _sentence(inputs: dict) -> str:
    kind = inputs["kind"]
    if kind == "adjustment":
        return _adjustment(inputs)
    if kind in ("recurring", "part"):
        return _part(inputs, inputs)
    return _once(inputs)


def _once(inputs: dict) -> str:
    """Return the sentence on what is charged once: a fee, or a quantity of something."""
    if inputs["kind"] == "setup":
        return _("set-up fee, charged once, with the start of the service on %(on)s") % inputs
    if inputs["kind"] == "termination" and Decimal(inputs["amount"]) < 0:
        return _("the early termination fee is given back: the service does not end before its contract")
    if inputs["kind"] == "termination":
        return _("early termination fee: the service ended on %(on)s, before its contract") % inputs
    values = {"quantity": inputs["quantity"], "price": _money(inputs["unit_price"])}
    return _("charged once: %(quantity)s at %(price)s") % values


def _adjustment(inputs: dict) -> str:
    parts = "; ".join(_part(part, inputs) for part in inputs["parts"])
    return _(
        "%(first)s to %(last)s: charged before %(billed)s, right is %(correct)s (%(parts)s), difference %(amount)s"
    ) % {
        "first": inputs["first_day"],
        "last": inputs["last_day"],
        "billed": _money(inputs["billed"]),
        "correct": _money(inputs["correct"]),
        "parts": parts or _("no day of it is charged"),
        "amount": _money(inputs["amount"]),
    }


def _part(part: dict, cycle: dict) -> str:
    """Return the sentence on one run of days of the cycle that `cycle` tells of."""
    days = part["days_after"] - part["days_before"]
    values = {
        "days": days,
        "of": cycle["cycle_days"],
        "first": part["first_day"],
        "last": part["last_day"],
        "price": _price(part, cycle),
        "amount": _money(part["amount"]),
    }
    if days == cycle["cycle_days"]:
        return _("full period (%(first)s to %(last)s) at %(price)s") % values
    sentence = (
        _("%(days)d of %(of)d days (%(first)s to %(last)s) at %(price)s for the full period = %(amount)s") % values
    )
    if Decimal(part["amount"]) != round_money(Decimal(part["unit_price"]) * days / cycle["cycle_days"]):
        sentence = _("%(sentence)s, rounded so that the parts of the period add up") % {"sentence": sentence}
    return sentence


def _price(part: dict, cycle: dict) -> str:
    """Return the price of a full cycle: since when, where that is inside of the cycle, and what was taken off it."""
    values = {
        "cost": _money(part["unit_price"]),
        "price": _money(part["price"]),
        "day": part["price_from"],
        "discounts": _(" and ").join(map(_discount, part["discounts"])),
    }
    # Days as ISO compare like days.
    is_new = part["price_from"] is not None and cycle["cycle_first"] < part["price_from"]
    if part["discounts"] and is_new:
        return _("%(cost)s (%(price)s from %(day)s, less %(discounts)s)") % values
    if part["discounts"]:
        return _("%(cost)s (%(price)s less %(discounts)s)") % values
    return _("%(cost)s (the price from %(day)s)") % values if is_new else values["cost"]


def _discount(discount: dict) -> str:
    """Return what one discount takes off: a percentage, an amount, or both."""
    percent, amount = Decimal(discount["percent"]), Decimal(discount["amount"])
    words = []
    if percent or not amount:
        words.append(_("%(percent)s %%") % {"percent": formats.number_format(percent.normalize())})
    if amount:
        words.append(format_money(amount))
    return _(" and ").join(words)


def _money(text: str) -> str:
    return format_money(Decimal(text))
