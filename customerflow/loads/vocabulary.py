"""What other systems call things: the words of their headings, in ours."""

import re

from customerflow.loads.declaration import Column

# Kinds of records that have the name of a person or a company.
PEOPLE = frozenset({"customers", "contacts"})
# A word in the headings of other systems, and what it says in ours; nothing where it says nothing.
MEANINGS = {
    meant: words
    for words, all_meant in {
        "": "1 e full on at of the",
        "customer": "cust client subscriber account acct acc",
        "id": "no nr num number ident identifier code #",
        "phone": "telephone tel mobile cell cellphone msisdn gsm",
        "email": "mail",
        "address": "street addr",
        "postcode": "zip postal post plz",
        "city": "town suburb locality",
        "region": "state province county",
        "note": "comment remark memo",
        "first": "given",
        "first name": "forename vorname",
        "last": "family",
        "last name": "surname nachname",
        "plan": "tariff package product",
        "price": "fee charge rate cost",
        "monthly price": "mrc",
        "user name": "username",
        "ip": "ipv4 ipv6",
        "serial": "sn",
        "issued": "issue",
        "quantity": "qty",
        "description": "desc",
    }.items()
    for meant in all_meant.split()
}
# Words that are often written as one with another.
COMMON = {*MEANINGS, *" ".join(MEANINGS.values()).split(), "name", "date", "invoice", "payment", "service", "monthly"}
# What is a number itself, so that a heading may say so: "phone no.", "zip code".
NUMBERS = frozenset(map(frozenset, ({"phone"}, {"postcode"}, {"country"}, {"serial"})))
# What else fields are called, by kind and heading.
NAMES = {
    ("locations", "Address"): ("Service Address", "Installation Address"),
    ("services", "Location"): ("Address",),
    ("services", "Cost"): ("Monthly Price",),
    ("equipment", "Monthly Rent"): ("Monthly Price",),
}
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|#|[^\W\d_a-zA-Z]+")
# Words that say nothing beside certain others.
BESIDE = {"email": {"address"}, "ip": {"address"}, "mac": {"address"}, "address": {"line"}}
LEAST_LETTERS = 2
PLURAL = re.compile("(?<=[a-z]{3})(?<!s)s")


def words_of(heading: str) -> frozenset[str]:
    """Return the words of a heading in our terms; `date` is left out beside others, as in "due date"."""
    whole = heading.strip().casefold()
    found = {part for word in ([whole] if whole in MEANINGS else WORD.findall(heading)) for part in _meant(word)}
    for word in found & BESIDE.keys():
        found -= BESIDE[word]
    return frozenset(found - {"date"} or found)


def words_in(heading: str, kind: str) -> frozenset[str]:
    """Return the words of a heading in a file of a kind, the name of which says nothing there."""
    words, subject = words_of(heading), words_of(kind)
    return words - subject if subject < words else words


def names_of(kind: str, column: Column) -> tuple[str, ...]:
    """Return what a field is called."""
    return column.heading, *column.aliases, *NAMES.get((kind, column.heading), ())


def _meant(word: str) -> list[str]:
    """Return what one word means, and each of two that are written as one."""
    word = word.casefold()
    single = PLURAL.sub("", word) if word.endswith("s") else word
    known = next((known for known in (word, single) if known in COMMON), "")
    if not known:
        for place in range(LEAST_LETTERS, len(word) - LEAST_LETTERS + 1):
            if word[:place] in COMMON and word[place:] in COMMON:
                return [*_meant(word[:place]), *_meant(word[place:])]
    return MEANINGS.get(known, known or single).split()
