"""What is known of all that a batch of lines may name: one query for each kind of record, over indexed columns."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import permutations

from django.db.models import Sum

from bank.models import Collection, CollectionItem, KnownPayer, LinePayment, Mandate, StatementLine
from bank.tokens import Token, tokens_of
from billing.models import Invoice
from customerflow.keys import among, among_texts
from customerflow.money import ZERO
from customerflow.text import fold
from customers.models import Customer, FormerNumber

# What stands before and behind names, and says nothing of who it is.
TITLES = frozenset({"mr", "mrs", "ms", "dr", "herr", "frau", "mag", "ing", "prof", "sr", "sra", "m", "mme"})
MOST_WORDS = 4
# So many of one name are looked at: more tell nothing.
MOST_NAMESAKES = 20


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
            hit = Hit(token, sorted(self.customers.get(token.text, ())), self.invoices.get(token.text, []))
            if not (hit.customers or hit.invoices):
                continue
            same = [other for other in hits if other.token.overlaps(token)]
            if all((other.token.start, other.token.end) == (token.start, token.end) for other in same):
                hits.append(hit)
        return hits

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
    texts = {token.text for found in tokens.values() for token in found}
    texts |= {line.reference for line in lines if line.reference}
    incoming = [line for line in lines if line.is_incoming]
    ibans = {line.party_iban for line in incoming if line.party_iban}
    names = {name for line in incoming for name in names_of(line.party_name)}
    facts = Facts(
        tokens=tokens,
        customers=_customers(texts),
        invoices=_invoices(texts),
        payers=_by_text(KnownPayer.objects.filter(iban__in=among_texts(ibans)).values_list("iban", "customer_id")),
        mandates=_by_text(Mandate.objects.filter(iban__in=among_texts(ibans)).values_list("iban", "customer_id")),
        names=_by_text(
            Customer.objects.filter(name_key__in=among_texts(names)).order_by().values_list("name_key", "pk")
        ),
        open=defaultdict(list),
        debits=_debits(texts),
        parts=_parts({line.reference for line in lines if line.reference and not line.is_incoming}),
        collections=_collections(texts),
    )
    candidates = set().union(*facts.customers.values(), *facts.payers.values(), *facts.mandates.values())
    candidates |= set().union(*(found for found in facts.names.values() if len(found) <= MOST_NAMESAKES))
    candidates |= {invoice.customer for found in facts.invoices.values() for invoice in found}
    invoices = Invoice.objects.open().filter(customer__in=among(candidates)).order_by("due_on", "issued_on", "pk")
    for each in _opened(invoices):
        facts.open[each.customer].append(each)
    return facts


def names_of(name: str) -> set[str]:
    """Return the keys of a name in any order of its words, without titles."""
    words = [word for word in fold(name).replace(",", " ").replace(".", " ").split() if word not in TITLES]
    if not 2 <= len(words) <= MOST_WORDS:
        return {fold(name)} if words else set()
    return {" ".join(order) for order in permutations(words)} | {fold(name)}


def _by_text(pairs: Iterable[tuple[str, int]]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for text, key in pairs:
        found[text].add(key)
    return found


def _customers(texts: set[str]) -> dict[str, set[int]]:
    found = _by_text(Customer.objects.filter(number__in=among_texts(texts)).order_by().values_list("number", "pk"))
    former = FormerNumber.objects.filter(number__in=among_texts(texts)).order_by()
    for number, key in former.values_list("number", "customer_id"):
        found[number].add(key)
    return found


def _invoices(texts: set[str]) -> dict[str, list[Open]]:
    found: dict[str, list[Open]] = defaultdict(list)
    issued = Invoice.objects.filter(number__in=among_texts(texts), status=Invoice.Status.ISSUED).order_by()
    for each in _opened(issued):
        found[each.number].append(each)
    return found


def _opened(invoices) -> Iterable[Open]:
    for pk, number, customer, total, settled in invoices.values_list("pk", "number", "customer", "total", "settled"):
        yield Open(pk, number, customer, total - settled)


def _debits(texts: set[str]) -> dict[str, CollectionItem]:
    items = CollectionItem.objects.filter(end_to_end_id__in=among_texts(texts), state__in=["pending", "collected"])
    return {item.end_to_end_id: item for item in items.order_by()}


def _parts(references: set[str]) -> dict[str, list[LinePayment]]:
    found: dict[str, list[LinePayment]] = defaultdict(list)
    if not references:
        return found
    parts = LinePayment.objects.filter(
        line__reference__in=among_texts(references), undone_on=None, returned_by=None, payment__reversed_on=None
    )
    for part in parts.select_related("line", "payment").order_by("pk"):
        found[part.line.reference].append(part)
    return found


def _collections(texts: set[str]) -> dict[str, Collection]:
    sent = ("confirmed", "collected")
    confirmed = Collection.objects.filter(reference__in=among_texts(texts), state__in=sent, credited_by=None).order_by()
    items = CollectionItem.objects.standing().filter(collection__in=confirmed).order_by()
    sums = dict(items.values("collection").annotate(sum=Sum("amount")).values_list("collection", "sum"))
    found = {}
    for collection in confirmed:
        collection.total = sums.get(collection.pk, ZERO)
        found[collection.reference] = collection
    return found
