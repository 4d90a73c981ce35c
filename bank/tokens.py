"""What in the text of a payment may be a number of an invoice or a customer, however the payer wrote it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bank.identifiers import told_by_creditor_reference

# Words of letters and digits, joined by the signs that numbers have inside.
WORD = re.compile(r"[^\W_]+(?:[-/._][^\W_]+)*")
DIGIT = re.compile(r"\d")
PART = re.compile(r"[^\W_]+")
LETTERS_BEFORE = re.compile(r"[^\W\d_]+(?=\d)")
# Our own numbers of invoices where their sign is left out: 2026000012, 2026 000012.
TORN = re.compile(r"(?<!\d)(\d{4})[\s/._]?(\d{6})(?!\d)")
CREDITOR_REFERENCE = re.compile(r"\bRF\d\d[A-Z0-9]{1,21}\b")
# Shorter ones are days, and numbers of houses.
SHORTEST, LONGEST = 3, 40
MOST_PARTS = 6
MOST_TOKENS = 120


class Token(NamedTuple):
    """A text that may be a number, and where it stands."""

    text: str
    start: int
    end: int

    def overlaps(self, other: "Token") -> bool:
        """Return whether both use a letter of the text."""
        return self.start < other.end and other.start < self.end


def tokens_of(text: str) -> list[Token]:
    """Return what in `text` may be a number, the longest first; a number has a digit in it."""
    found: dict[str, tuple[int, int]] = {}
    for match in CREDITOR_REFERENCE.finditer(text):
        told = told_by_creditor_reference(match[0]).lstrip("0")
        for each in _variants(told):
            found[each] = match.span()
    for match in TORN.finditer(text):
        found.setdefault(f"{match[1]}-{match[2]}", match.span())
    for word in WORD.finditer(text):
        if DIGIT.search(word[0]):
            for start, end in _pieces(word):
                found.setdefault(text[start:end], (start, end))
                found.setdefault(text[start:end].upper(), (start, end))
    fit = [
        Token(each, start, end)
        for each, (start, end) in found.items()
        if SHORTEST <= len(each) <= LONGEST and DIGIT.search(each)
    ]
    return sorted(fit, key=lambda token: token.start - token.end)[:MOST_TOKENS]


def _pieces(word: re.Match) -> Iterator[tuple[int, int]]:
    """Yield where the parts of a word begin and end, alone and joined, with and without the letters before a digit."""
    parts = [part.span() for part in PART.finditer(word.string, *word.span())][:MOST_PARTS]
    for first, (start, _end) in enumerate(parts):
        letters = LETTERS_BEFORE.match(word.string, start)
        for _start, end in parts[first:]:
            yield start, end
            if letters:
                yield letters.end(), end


def _variants(told: str) -> list[str]:
    """Return how what a creditor reference carries may be written as a number: it has no signs inside."""
    torn = TORN.fullmatch(told)
    return [told, *([f"{torn[1]}-{torn[2]}"] if torn else [])] if told else []
