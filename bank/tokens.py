"""What in the text of a payment may be a number of an invoice or a customer, however the payer wrote it."""

import re
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Token:
    """A text that may be a number, and where it stands."""

    text: str
    start: int
    end: int

    def overlaps(self, other: "Token") -> bool:
        """Return whether both use a letter of the text."""
        return self.start < other.end and other.start < self.end


def tokens_of(text: str) -> list[Token]:
    """Return what in `text` may be a number, the longest first; a number has a digit in it."""
    found = {}
    for match in CREDITOR_REFERENCE.finditer(text):
        told = told_by_creditor_reference(match[0]).lstrip("0")
        for each in _variants(told):
            found[each] = Token(each, *match.span())
    for match in TORN.finditer(text):
        found.setdefault(f"{match[1]}-{match[2]}", Token(f"{match[1]}-{match[2]}", *match.span()))
    for word in WORD.finditer(text):
        if not DIGIT.search(word[0]):
            continue
        parts = [part.span() for part in PART.finditer(word[0])][:MOST_PARTS]
        for first in range(len(parts)):
            for last in range(first, len(parts)):
                start, end = parts[first][0], parts[last][1]
                piece = word[0][start:end]
                letters = LETTERS_BEFORE.match(piece)
                for skipped in {0, letters.end() if letters else 0}:
                    token = Token(piece[skipped:], word.start() + start + skipped, word.start() + end)
                    found.setdefault(token.text, token)
                    found.setdefault(token.text.upper(), Token(token.text.upper(), token.start, token.end))
    fit = [token for token in found.values() if SHORTEST <= len(token.text) <= LONGEST and DIGIT.search(token.text)]
    return sorted(fit, key=lambda token: token.start - token.end)[:MOST_TOKENS]


def _variants(told: str) -> list[str]:
    """Return how what a creditor reference carries may be written as a number: it has no signs inside."""
    torn = TORN.fullmatch(told)
    return [told, *([f"{torn[1]}-{torn[2]}"] if torn else [])] if told else []
