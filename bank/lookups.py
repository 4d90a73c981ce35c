"""What is known of all that a batch of lines may name: one query for each kind of record, over indexed columns."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import permutations

from django.db.models import Model, QuerySet, Sum

from bank.models import Collection, CollectionItem, KnownPayer, LinePayment, Mandate, StatementLine
from bank.tokens import Token, tokens_of
from billing.models import Invoice
from customerflow.keys import among, among_texts, keys_by_text
from customerflow.money import ZERO
from customerflow.text import fold
from customers.models import Customer, FormerNumber

# What stands before and behind names, and says nothing of who it is.
TITLES = frozenset({"mr", "mrs", "ms", "dr", "herr", "frau", "mag", "ing", "prof", "sr", "sra", "m", "mme"})
MOST_WORDS = 4
# So many of one name, and so many for whom one account pays, are looked at: more tell nothing.
MOST_NAMESAKES, MOST_PAID_FOR = 20, 200
# So many lines of one reference are looked at: the payers of a reference such as "internet" are many.
MOST_OF_REFERENCE = 200


@dataclass(frozen=True)
class Open:
    """An invoice and what of it is open, which may be nothing."""

    pk: int
    number: str
    customer: int
    amount: Decimal


@dataclass
class Hit:
    """What one number in a text names."""

    token: Token
    customers: list[int] = field(default_factory=list)
    invoices: list[Open] = field(default_factory=list)


@dataclass
class Facts:
    """All that was found for a batch of lines."""

    tokens: dict[int, list[Token]]
    customers: dict[str, set[int]]
    invoices: dict[str, list[Open]]
    payers: dict[str, set[int]]
    mandates: dict[str, set[int]]
    names: dict[str, set[int]]
    open: dict[int, list[Open]]
    debits: dict[str, CollectionItem]
    parts: dict[str, list[LinePayment]]
    collections: dict[str, Collection]

    def hits_of(self, line: StatementLine) -> list[Hit]:
        """Return what the numbers in the text of `line` name; of two that overlap, what the longer one does."""
        hits: list[Hit] = []
        for token in self.tokens[id(line)]:
            customers, invoices = self.customers.get(token.text), self.invoices.get(token.text)
            if not (customers or invoices):
                continue
            same = [other for other in hits if other.token.overlaps(token)]
            if all((other.token.start, other.token.end) == (token.start, token.end) for other in same):
                hits.append(Hit(token, sorted(customers or ()), invoices or []))
        return hits

    def candidates(self) -> set[int]:
        """Return all customers of whom anything that was found tells."""
        found = set().union(*self.customers.values(), *self.payers.values(), *self.mandates.values())
        found |= {invoice.customer for invoices in self.invoices.values() for invoice in invoices}
        return found.union(*self.names.values())

    def namesakes(self, line: StatementLine) -> set[int]:
        """Return the customers of the name of `line`, whatever the order of its words."""
        found = set().union(*(self.names.get(name, set()) for name in names_of(line.party_name)))
        return found if len(found) <= MOST_NAMESAKES else set()

    def collections_named(self, line: StatementLine) -> list[Collection]:
        """Return the collection that `line` names."""
        return [self.collections[text] for text in self._texts(line) if text in self.collections][:1]

    def debits_named(self, line: StatementLine) -> list[CollectionItem]:
        """Return the direct debits that `line` names."""
        return list({each.pk: each for text in self._texts(line) if (each := self.debits.get(text))}.values())

    def parts_named(self, line: StatementLine) -> list[LinePayment]:
        """Return the payments from the bank that `line` names, by the reference that they had."""
        return list({part.pk: part for part in self.parts.get(line.reference, ())}.values()) if line.reference else []

    def _texts(self, line: StatementLine) -> list[str]:
        return [line.reference, *(token.text for token in self.tokens[id(line)])]


def facts_of(lines: Sequence[StatementLine]) -> Facts:
    """Return what is known of all that `lines` may name."""
    tokens = {id(line): tokens_of(f"{line.reference} {line.text}") for line in lines}
    incoming = [line for line in lines if line.is_incoming]
    outgoing = [line for line in lines if not line.is_incoming]
    said, ibans = _texts_of(incoming, tokens), {line.party_iban for line in incoming}
    names = {name for line in incoming for name in names_of(line.party_name)}
    facts = Facts(
        tokens=tokens,
        customers=_customers(said),
        invoices=_invoices(said),
        payers=keys_by_text(KnownPayer, "iban", ibans, key="customer_id", most=MOST_PAID_FOR),
        mandates=keys_by_text(Mandate, "iban", ibans, key="customer_id", most=MOST_PAID_FOR),
        names=keys_by_text(Customer, "name_key", names, most=MOST_NAMESAKES),
        open=defaultdict(list),
        debits=_debits(_texts_of(outgoing, tokens)),
        parts=_parts({line.reference for line in outgoing if line.reference}),
        collections=_collections(said),
    )
    invoices = Invoice.objects.open().filter(customer__in=among(facts.candidates()))
    invoices = invoices.order_by("due_on", "issued_on", "pk")
    for each in _opened(invoices):
        facts.open[each.customer].append(each)
    return facts


def _texts_of(lines: Iterable[StatementLine], tokens: dict[int, list[Token]]) -> set[str]:
    """Return all that `lines` say that may be a number or a reference."""
    texts = {token.text for line in lines for token in tokens[id(line)]}
    return texts | {line.reference for line in lines if line.reference}


def names_of(name: str) -> set[str]:
    """Return the keys of a name in any order of its words, without titles."""
    words = [word for word in fold(name).replace(",", " ").replace(".", " ").split() if word not in TITLES]
    if not 2 <= len(words) <= MOST_WORDS:
        return {fold(name)} if words else set()
    return {" ".join(order) for order in permutations(words)} | {fold(name)}


def _customers(texts: set[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for model, key in ((Customer, "pk"), (FormerNumber, "customer_id")):
        for number, customer in _with(model, "number", texts).values_list("number", key):
            found[number].add(customer)
    return found


def _with(model: type[Model], column: str, texts: set[str]) -> QuerySet:
    """Return the rows of `model` that have one of `texts` in `column`, in no order."""
    return model.objects.filter(**{f"{column}__in": among_texts(texts)}).order_by()


def _invoices(texts: set[str]) -> dict[str, list[Open]]:
    found: dict[str, list[Open]] = defaultdict(list)
    issued = _with(Invoice, "number", texts).filter(status=Invoice.Status.ISSUED)
    for each in _opened(issued):
        found[each.number].append(each)
    return found


def _opened(invoices) -> Iterable[Open]:
    for pk, number, customer, total, settled in invoices.values_list("pk", "number", "customer", "total", "settled"):
        yield Open(pk, number, customer, total - settled)


def _debits(texts: set[str]) -> dict[str, CollectionItem]:
    items = _with(CollectionItem, "end_to_end_id", texts).filter(state__in=["pending", "collected"])
    return {item.end_to_end_id: item for item in items} if texts else {}


def _parts(references: set[str]) -> dict[str, list[LinePayment]]:
    found: dict[str, list[LinePayment]] = defaultdict(list)
    lines = keys_by_text(StatementLine, "reference", references, most=MOST_OF_REFERENCE)
    if keys := set().union(*lines.values()):
        parts = LinePayment.objects.standing().filter(line__in=among(keys))
        for part in parts.select_related("line", "payment").order_by("pk"):
            found[part.line.reference].append(part)
    return found


def _collections(texts: set[str]) -> dict[str, Collection]:
    confirmed = _with(Collection, "reference", texts).filter(state__in=("confirmed", "collected"), credited_by=None)
    found = {collection.reference: collection for collection in confirmed}
    items = CollectionItem.objects.standing().filter(collection__in=found.values()).order_by()
    sums = dict(items.values("collection").annotate(sum=Sum("amount")).values_list("collection", "sum"))
    for collection in found.values():
        collection.total = sums.get(collection.pk, ZERO)
    return found
