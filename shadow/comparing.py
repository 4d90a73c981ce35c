"""In what a bill of ours is another than that of the other system: pure, in sentences that staff understand."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.engine.explaining import why
from billing.runs.bills import Bill
from customerflow.money import ZERO, format_money, round_money
from customerflow.text import fold

MOST_REASONS = 8


@dataclass(frozen=True)
class Part:
    """One amount on a bill: what it is called, the key of its service, and, of ours, why it is so much."""

    name: str
    amount: Decimal
    service: int | None = None
    why: str = ""


def reasons(there: list[Part], bill: Bill) -> list[str]:
    """
    Return in what `bill` is another than the parts `there`, whose sum is not its total.

    Other systems have their taxes in the amounts, or as parts of their own: they are compared in the way in which more
    of the parts are equal.
    """
    ways = [_Rest.of(there, here) for here in (_net(bill), _gross(bill))]
    rest = min(ways, key=lambda way: len(way.there) + len(way.here))
    found = list(rest.sentences())
    if not found:
        return [_("The parts agree; the sums are rounded in another way.")]
    if len(found) > MOST_REASONS:
        more = len(found) - MOST_REASONS
        found[MOST_REASONS:] = [ngettext("%(more)d more.", "%(more)d more.", more) % {"more": more}]
    return found


def _net(bill: Bill) -> list[Part]:
    parts = [Part(line.description, line.amount, line.service_id, why(line.inputs)) for line in bill.lines]
    return parts + [Part(f"{tax.name} {tax.percent.normalize():f} %", tax.amount) for tax in bill.taxes]


def _gross(bill: Bill) -> list[Part]:
    percents = {tax.code.pk: tax.percent for tax in bill.taxes}
    return [
        Part(
            line.description,
            round_money(line.amount * (100 + percents.get(line.tax_code_id, ZERO)) / 100),
            line.service_id,
            why(line.inputs),
        )
        for line in bill.lines
    ]


@dataclass
class _Rest:
    """What of two bills has no equal on the other side."""

    there: list[Part]
    here: list[Part]

    @classmethod
    def of(cls, there: list[Part], here: list[Part]) -> "_Rest":
        by_amount = defaultdict(list)
        for part in here:
            by_amount[part.amount].append(part)
        rest, taken = [], set()
        for part in there:
            equals = [each for each in by_amount[part.amount] if id(each) not in taken]
            # The same service before another one of the same price.
            if equal := min(equals, key=lambda each: not _is_same(part, each), default=None):
                taken.add(id(equal))
            elif part.amount:
                rest.append(part)
        return cls(rest, [part for part in here if id(part) not in taken and part.amount])

    def sentences(self) -> Iterator[str]:
        """Yield what of the same thing is another amount, then what is on one side only."""
        here = list(self.here)
        alone = []
        for part in self.there:
            pair = next((each for each in here if _is_same(part, each)), None)
            if pair is None:
                alone.append(part)
                continue
            here.remove(pair)
            amounts = {"name": pair.name, "there": format_money(part.amount), "here": format_money(pair.amount)}
            yield _because(_("%(name)s: %(there)s there, %(here)s here") % amounts, pair.why)
        for part in alone:
            yield _("%(name)s, %(amount)s: only there.") % {"name": part.name, "amount": format_money(part.amount)}
        for part in here:
            words = {"name": part.name, "amount": format_money(part.amount)}
            yield _because(_("%(name)s, %(amount)s: only here") % words, part.why)


def _is_same(there: Part, here: Part) -> bool:
    if there.service and here.service:
        return there.service == here.service
    one, other = fold(there.name), fold(here.name)
    return bool(one and other) and (one in other or other in one)


def _because(said: str, reason: str) -> str:
    return f"{said}: {reason}." if reason else f"{said}."
