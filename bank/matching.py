"""
Whose money a line is: sure, likely and why, or unknown.

A batch of lines is matched by a fixed number of queries over indexed columns, however many customers there are. Of two
candidates that are equally good none is taken: a person says which. Nothing here applies a line.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bank.lookups import Facts, Open, facts_of
from bank.models import StatementLine
from bank.reasons import in_words
from customerflow.money import ZERO, format_money

Kind, Level, State = StatementLine.Kind, StatementLine.Level, StatementLine.State
BY = {
    "iban": gettext_lazy("Paid from this account before"),
    "mandate": gettext_lazy("The account is that of the customer's mandate"),
    "name": gettext_lazy("The name is the same"),
}
WEAK = re.compile(r"\w{1,3}|(19|20)\d\d", re.ASCII)


@dataclass
class Candidate:
    """A customer whose money it may be: by what, which invoices were named, and whether the amount fits."""

    customer: int
    by: str
    named: list[Open] = field(default_factory=list)
    fits: bool = False
    # The number may as well be a year or a house: it names nobody surely.
    is_weak: bool = False
    invoices: list[int] = field(default_factory=list)


def match_lines(lines: Sequence[StatementLine]) -> None:
    """Say of each of `lines` what it is and whose; they are not saved. A fixed number of queries."""
    facts = facts_of(lines)
    for line in lines:
        found = _match_incoming(line, facts) if line.is_incoming else _match_outgoing(line, facts)
        line.kind, line.level, why, line.customer_id, line.offer = found
        line.why = why[:300]


Found = tuple[str, str, str, int | None, dict[str, object]]


def _match_outgoing(line: StatementLine, facts: Facts) -> Found:
    said = in_words(line.return_code) if line.return_code else _("what was paid came back")
    debits = facts.debits_named(line)
    if len(debits) == 1 and debits[0].amount == line.moved:
        (debit,) = debits
        why = _("Direct debit %(name)s was returned: %(why)s") % {"name": debit.end_to_end_id, "why": said}
        return Kind.RETURN, Level.SURE, why, debit.customer_id, {"debit": debit.pk}
    parts = [part for part in facts.parts_named(line) if part.payment.amount == line.moved]
    if len(parts) == 1:
        (part,) = parts
        why = _("The payment #%(number)s came back: %(why)s") % {"number": part.payment_id, "why": said}
        level = Level.SURE if line.return_code else Level.LIKELY
        return Kind.RETURN, level, why, part.payment.customer_id, {"part": part.pk}
    if line.return_code:
        return Kind.RETURN, Level.UNKNOWN, said, None, {}
    return Kind.OUTGOING, Level.UNKNOWN, "", None, {}


def _match_incoming(line: StatementLine, facts: Facts) -> Found:
    for collection in facts.collections_named(line):
        level = Level.SURE if collection.total == line.amount else Level.LIKELY
        why = _("Direct debits of %(name)s, %(amount)s in all")
        words = {"name": collection.reference, "amount": format_money(collection.total)}
        return Kind.COLLECTION, level, why % words, None, {"collection": collection.pk}
    named = _weigh(line, facts, _named(line, facts))
    payers = _weigh(line, facts, [Candidate(key, "iban") for key in sorted(facts.payers[line.party_iban])])
    sure = {each.customer: each for each in [*payers, *named] if each.fits}
    if len(sure) == 1:
        (best,) = sure.values()
        others = [each for each in named if each.customer != best.customer]
        if best.by == "iban" and others:
            message = _("%(why)s; but the text names another customer")
            return _found(Level.LIKELY, message % {"why": _why(line, best, facts)}, best)
        if best.by == "number" or len(payers) == 1:
            level = Level.LIKELY if best.is_weak else Level.SURE
            return _found(level, _why(line, best, facts), best)
    if len(sure) > 1:
        return _found(Level.UNKNOWN, _("%(number)d customers fit equally well") % {"number": len(sure)})
    mandates = _weigh(line, facts, [Candidate(key, "mandate") for key in sorted(facts.mandates[line.party_iban])])
    alike = _weigh(line, facts, [Candidate(key, "name") for key in sorted(facts.namesakes(line))])
    for tier in (named, payers, mandates, alike):
        fitting = [each for each in tier if each.fits]
        best = tier if len(tier) == 1 else fitting
        if len(best) == 1:
            return _found(Level.LIKELY, _why(line, best[0], facts), best[0])
        if tier:
            return _found(Level.UNKNOWN, _("%(number)d customers fit equally well") % {"number": len(tier)})
    return _found(Level.UNKNOWN, "")


def _found(level: str, why: str, best: Candidate | None = None) -> Found:
    if best is None:
        return Kind.PAYMENT, level, why, None, {}
    return Kind.PAYMENT, level, why, best.customer, {"invoices": best.invoices}


def _named(line: StatementLine, facts: Facts) -> list[Candidate]:
    """Return the customers whom the text names, by their number or by that of an invoice."""
    found: dict[int, Candidate] = {}
    for hit in facts.hits_of(line):
        for key in hit.customers:
            found.setdefault(key, Candidate(key, "number", is_weak=bool(WEAK.fullmatch(hit.token.text))))
        for invoice in hit.invoices:
            found.setdefault(invoice.customer, Candidate(invoice.customer, "number")).named.append(invoice)
    return [*found.values()]


def _weigh(line: StatementLine, facts: Facts, candidates: list[Candidate]) -> list[Candidate]:
    """Say of each candidate whether the amount is what is open: on the invoices named, in all, or on one invoice."""
    for each in candidates:
        named = [invoice for invoice in each.named if invoice.amount]
        still_open = facts.open[each.customer]
        if named and _sum(named) == line.amount:
            each.fits, each.invoices = True, [invoice.pk for invoice in named]
        elif still_open and _sum(still_open) == line.amount:
            each.fits, each.invoices = True, [invoice.pk for invoice in still_open]
        elif one := next((invoice for invoice in still_open if invoice.amount == line.amount), None):
            each.fits, each.invoices = not named, [one.pk] if not named else []
    return candidates


def _sum(invoices: Collection[Open]) -> Decimal:
    return sum((invoice.amount for invoice in invoices), ZERO)


def _why(line: StatementLine, best: Candidate, facts: Facts) -> str:
    if best.by == "number":
        names = ", ".join(each.number for each in best.named[:5])
        said = _("The text names invoice %(names)s") % {"names": names} if names else _("The text names the customer")
    else:
        said = str(BY[best.by])
    if best.fits:
        return _("%(said)s; the amount is what is open") % {"said": said}
    owed = _sum(facts.open[best.customer])
    if not owed:
        return _("%(said)s; nothing is open") % {"said": said}
    return _("%(said)s; open is %(amount)s") % {"said": said, "amount": format_money(owed)}


def by_level(lines: Sequence[StatementLine]) -> dict[str, int]:
    """Return how many of `lines` are of each level."""
    counted: dict[str, int] = defaultdict(int)
    for line in lines:
        counted[line.level] += 1
    return counted
