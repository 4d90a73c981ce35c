"""
Finding customers who may be one: same e-mail, same phone, or a like name at the same address.

The table of customers is read once, in pieces, into temporary tables of the connection; there the database joins those
that share something. Memory stays flat, and staff are not held up until the last step, which writes what differs from
the run before.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customerflow.text import fold
from customers.models import Customer, DistinctPair, DuplicatePair, Likeness, Location

# Of so many customers who share an e-mail, each is compared with each; of more, only those of one name.
MOST_SHARING = 20
NEAR = 0.85
ROWS_A_PIECE = 2_000
# How much each likeness tells. What makes less than TELLS_ENOUGH together is no reason to look.
WEIGHTS = {
    Likeness.EMAIL: 3,
    Likeness.PHONE: 3,
    Likeness.ADDRESS: 1,
    Likeness.NAME: 3,
    Likeness.NEAR_NAME: 2,
}
TELLS_ENOUGH = 3

WORD = re.compile(r"\w+")
DIGITS = re.compile(r"\d+")
CUSTOMERS, PAIRS, DISTINCT = (model._meta.db_table for model in (Customer, DuplicatePair, DistinctPair))
TABLES = {
    "likeness_keys": "kind integer, value text, customer bigint, is_refined integer",
    "likeness_groups": "kind integer, value text, is_refined integer, size bigint",
    "likeness_candidates": "first bigint, second bigint, likeness integer, PRIMARY KEY (first, second)",
    "likeness_found": "first bigint, second bigint, likeness integer, weight integer, PRIMARY KEY (first, second)",
}
SIGNS_IN_PHONES = " -./()"


@dataclass(frozen=True)
class Found:
    """What a run found: pairs, and how many groups had too many members to compare each with each."""

    pairs: int
    large_groups: int


@recorded(gettext_lazy("Not a duplicate"))
def tell_apart(*, pair: DuplicatePair) -> DistinctPair:
    """Keep in mind that the two customers of `pair` are two; saying it twice is saying it once."""
    return DistinctPair.objects.get_or_create(first_id=pair.first_id, second_id=pair.second_id)[0]


def find_duplicates() -> Found:
    """
    Find all pairs of customers who may be one, and let `DuplicatePair` hold exactly them.

    It may be repeated at any time. A pair of two closed accounts is none, nor one of whom somebody said that they are
    two.
    """
    with _tables():
        _collect_keys()
        large_groups = _group()
        _pair_up()
        for judged in _in_pieces(_judge()):
            _insert("likeness_found", judged)
        return Found(_keep(), large_groups)


def sharing_contact(customer: Customer) -> models.QuerySet:
    """Return the other customers who have the e-mail or the phone of `customer`, found by the search index."""
    others = Customer.objects.none()
    for field in ("email", "phone_e164" if customer.phone_e164 else "phone"):
        if value := getattr(customer, field):
            found = Customer.objects.search(value).filter(**{f"{field}__iexact": value}).order_by()
            others |= Customer.objects.filter(pk__in=found.values("pk"))
    return others.exclude(pk=customer.pk).order_by("pk")


@contextmanager
def _tables() -> Iterator[None]:
    _drop()
    for name, columns in TABLES.items():
        _run(f"CREATE TEMPORARY TABLE {name} ({columns})")
    try:
        yield
    finally:
        _drop()


def _drop() -> None:
    for name in TABLES:
        _run(f"DROP TABLE IF EXISTS {name}")


def _run(sql: str, parameters: tuple = ()) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


def _rows(sql: str, parameters: tuple = ()) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def _insert(table: str, rows: list[tuple]) -> None:
    """Insert a piece of rows with one statement."""
    places = ", ".join(f"({', '.join(['%s'] * len(row))})" for row in rows)
    if rows:
        _run(f"INSERT INTO {table} VALUES {places}", tuple(value for row in rows for value in row))


def _in_pieces(rows: Iterator[tuple]) -> Iterator[list[tuple]]:
    while piece := list(islice(rows, ROWS_A_PIECE)):
        yield piece


def _collect_keys() -> None:
    """Write down what each customer can share with another."""
    digits = "phone"
    for sign in SIGNS_IN_PHONES:
        digits = f"REPLACE({digits}, '{sign}', '')"
    for kind, value, condition in (
        (Likeness.EMAIL, "LOWER(email)", "email <> ''"),
        # A number that only its neighbours can dial is compared by its digits.
        (Likeness.PHONE, f"CASE WHEN phone_e164 <> '' THEN phone_e164 ELSE {digits} END", "phone <> ''"),
    ):
        _run(f"INSERT INTO likeness_keys SELECT {kind:d}, {value}, id, 0 FROM {CUSTOMERS} WHERE {condition}")
    for piece in _in_pieces(_addresses()):
        _insert("likeness_keys", piece)
    _run("CREATE INDEX likeness_keys_by_value ON likeness_keys (kind, value, is_refined)")
    _analyze("likeness_keys")


def _addresses() -> Iterator[tuple]:
    """Yield the keys of all addresses: one with the postcode and one with the city, where they are known."""
    columns = ("pk", "customer_id", "address", "postcode", "city")
    last = 0
    while rows := list(Location.objects.filter(pk__gt=last).order_by("pk").values_list(*columns)[:ROWS_A_PIECE]):
        for _pk, customer, address, postcode, city in rows:
            street = _words(address)
            places = {_words(postcode), _words(city)} - {""} or {""}
            for place in places if street else ():
                yield int(Likeness.ADDRESS), f"{street}, {place}", customer, 0
        last = rows[-1][0]


def _words(text: str) -> str:
    return " ".join(WORD.findall(fold(text)))


def _group() -> int:
    """Find what is shared; return how many groups were too large, and hold now only customers of one name each."""
    grouped = """
        INSERT INTO likeness_groups
        SELECT kind, value, is_refined, COUNT(DISTINCT customer) FROM likeness_keys WHERE is_refined = %s
        GROUP BY kind, value, is_refined HAVING COUNT(DISTINCT customer) > 1
    """
    _run(grouped, (0,))
    _run(
        f"""
        INSERT INTO likeness_keys
        SELECT k.kind, k.value || ', ' || c.name_key, k.customer, 1
        FROM likeness_groups AS g
        JOIN likeness_keys AS k ON k.kind = g.kind AND k.value = g.value AND k.is_refined = 0
        JOIN {CUSTOMERS} AS c ON c.id = k.customer
        WHERE g.size > %s
        """,
        (MOST_SHARING,),
    )
    _run(grouped, (1,))
    _analyze("likeness_groups")
    sql = "SELECT COUNT(*) FROM likeness_groups WHERE is_refined = 0 AND size > %s"
    return _rows(sql, (MOST_SHARING,))[0][0]


def _pair_up() -> None:
    """Pair the members of each group, and add up what a pair shares."""
    same = "{0}.kind = g.kind AND {0}.value = g.value AND {0}.is_refined = g.is_refined"
    _run(
        f"""
        INSERT INTO likeness_candidates
        SELECT a.customer, b.customer, SUM(DISTINCT g.kind)
        FROM likeness_groups AS g
        JOIN likeness_keys AS a ON {same.format("a")}
        JOIN likeness_keys AS b ON {same.format("b")} AND b.customer > a.customer
        WHERE g.size <= %s
        GROUP BY a.customer, b.customer
        """,
        (MOST_SHARING,),
    )
    _analyze("likeness_candidates")


def _judge() -> Iterator[tuple]:
    """Yield the candidates that are alike enough, with all that makes them so."""
    sql = f"""
        SELECT c.first, c.second, c.likeness, a.name_key, b.name_key
        FROM likeness_candidates AS c
        JOIN {CUSTOMERS} AS a ON a.id = c.first
        JOIN {CUSTOMERS} AS b ON b.id = c.second
        WHERE (c.first, c.second) > (%s, %s) AND NOT (a.status = 'closed' AND b.status = 'closed')
        AND NOT EXISTS (SELECT 1 FROM {DISTINCT} AS d WHERE d.first_id = c.first AND d.second_id = c.second)
        ORDER BY c.first, c.second LIMIT {ROWS_A_PIECE}
    """
    place = (0, 0)
    while rows := _rows(sql, place):
        for first, second, shared, name, other_name in rows:
            likeness = shared | likeness_of_names(name, other_name)
            weight = sum(weight for each, weight in WEIGHTS.items() if likeness & each)
            if weight >= TELLS_ENOUGH:
                yield first, second, likeness, weight
        place = rows[-1][:2]


def likeness_of_names(one: str, other: str) -> int:
    """Return `Likeness.NAME`, `Likeness.NEAR_NAME` or 0 for two folded names; the order of the words is no matter."""
    one, other = (" ".join(sorted(WORD.findall(name) or name.split())) for name in (one, other))
    if one == other:
        return Likeness.NAME
    # Shop 12 is not shop 13.
    if DIGITS.findall(one) != DIGITS.findall(other):
        return 0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    ratios = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
    return Likeness.NEAR_NAME if all(ratio() >= NEAR for ratio in ratios) else 0


def _keep() -> int:
    """Write what differs from the pairs that are kept, and return how many there are."""
    # Who is being removed at this moment makes no pair, and is not waited for.
    lock = "" if connection.vendor == "sqlite" else "FOR KEY SHARE OF a, b SKIP LOCKED"
    _analyze("likeness_found")
    with transaction.atomic():
        _run(
            f"""
            DELETE FROM {PAIRS} WHERE NOT EXISTS (
                SELECT 1 FROM likeness_found AS f WHERE f.first = {PAIRS}.first_id AND f.second = {PAIRS}.second_id
            )
            """
        )
        _run(
            f"""
            UPDATE {PAIRS} SET likeness = f.likeness, weight = f.weight FROM likeness_found AS f
            WHERE f.first = {PAIRS}.first_id AND f.second = {PAIRS}.second_id
            AND (f.likeness <> {PAIRS}.likeness OR f.weight <> {PAIRS}.weight)
            """
        )
        _run(
            f"""
            INSERT INTO {PAIRS} (first_id, second_id, likeness, weight)
            SELECT f.first, f.second, f.likeness, f.weight
            FROM likeness_found AS f
            JOIN {CUSTOMERS} AS a ON a.id = f.first
            JOIN {CUSTOMERS} AS b ON b.id = f.second
            WHERE NOT EXISTS (SELECT 1 FROM {PAIRS} AS p WHERE p.first_id = f.first AND p.second_id = f.second)
            ORDER BY f.first, f.second {lock}
            ON CONFLICT DO NOTHING
            """
        )
        return DuplicatePair.objects.count()


def _analyze(table: str) -> None:
    """Tell PostgreSQL's planner how many rows there are; it knows nothing of temporary tables by itself."""
    if connection.vendor == "postgresql":
        _run(f"ANALYZE {table}")
