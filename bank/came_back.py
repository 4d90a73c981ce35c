"""Which payment came back, where the line by which the bank took it names none: what is proposed."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bank.lookups import facts_of
from bank.models import CollectionItem, LinePayment, StatementLine
from billing.models import Payment
from customerflow.keys import among
from customers.models import Customer

# So many of the newest of each kind are offered.
MOST_OFFERED = 20


@dataclass(frozen=True)
class MayBe:
    """A direct debit or a payment from the bank that may have come back; `offer` is what a line keeps of it."""

    offer: dict[str, int]
    customer: Customer
    amount: Decimal
    paid_on: date
    name: str
    payment: Payment | None

    @property
    def key(self) -> str:
        """What tells it from the others in a form."""
        ((kind, key),) = self.offer.items()
        return f"{kind}-{key}"


def may_have_come_back(line: StatementLine, customer: Customer | None = None) -> list[MayBe]:
    """
    Return what may have come back by `line`: of `customer`, else of those whom the account, the text or the name tell.

    The bank may have kept charges out of what went out: then it is more than was paid. Those of exactly the amount come
    first, then the newest.
    """
    of = {customer.pk} if customer else _told_by(line)
    found = [*_debits(line, of), *_parts(line, of)]
    return sorted(found, key=lambda each: (each.amount != line.moved, -each.paid_on.toordinal(), each.key))


def _told_by(line: StatementLine) -> set[int]:
    """Return the customers of whom `line` tells, as if what went out had come in."""
    as_paid = StatementLine(amount=line.moved, party_name=line.party_name, party_iban=line.party_iban)
    as_paid.reference, as_paid.text = line.reference, line.text
    return facts_of([as_paid]).candidates()


def _debits(line: StatementLine, customers: Collection[int]) -> Iterator[MayBe]:
    debits = CollectionItem.objects.filter(
        customer__in=among(customers),
        amount__lte=line.moved,
        state__in=["pending", "collected"],
        collection__collect_on__lte=line.booked_on,
    )
    for each in debits.select_related("customer", "collection", "payment").order_by("-pk")[:MOST_OFFERED]:
        on = each.collection.collect_on
        yield MayBe({"debit": each.pk}, each.customer, each.amount, on, each.end_to_end_id, each.payment)


def _parts(line: StatementLine, customers: Collection[int]) -> Iterator[MayBe]:
    parts = LinePayment.objects.standing().filter(
        payment__customer__in=among(customers), payment__amount__lte=line.moved, line__booked_on__lte=line.booked_on
    )
    for each in parts.select_related("line", "payment__customer").order_by("-pk")[:MOST_OFFERED]:
        paid = each.payment
        yield MayBe({"part": each.pk}, paid.customer, paid.amount, each.line.booked_on, f"#{paid.pk}", paid)
