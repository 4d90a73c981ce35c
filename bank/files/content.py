"""What every reader makes of a file, and how readers refuse one."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from customerflow.loads.refusals import FileRefusedError
from customerflow.money import to_minor

# A statement of so many lines is no statement of a bank: what reads it would hold all of it.
MOST_LINES = 200_000
LONGEST_TEXT = 1_000
# What banks write where they have no reference.
NO_REFERENCE = frozenset({"NONREF", "NOTPROVIDED", "NOREF"})


@dataclass
class FileLine:
    """One booking: `amount` above zero came in. `line` is where it stands in the file."""

    booked_on: date
    value_on: date
    amount: Decimal
    party_name: str = ""
    party_iban: str = ""
    bank_reference: str = ""
    reference: str = ""
    text: str = ""
    return_code: str = ""
    original_amount: Decimal | None = None
    balance: Decimal | None = None
    line: int = 0
    # Of one booking that the bank tells in parts, which part this is.
    place: int = 0


@dataclass
class FileStatement:
    """What a file says of one account: its balances as far as they stand there, and the lines."""

    account: str = ""
    currency: str = ""
    reference: str = ""
    opening: Decimal | None = None
    closing: Decimal | None = None
    first_on: date | None = None
    last_on: date | None = None
    lines: list[FileLine] = field(default_factory=list)
    line: int = 0

    def add(self, line: FileLine) -> None:
        """Take a line; raises `FileRefusedError` past the most that is taken."""
        if len(self.lines) >= MOST_LINES:
            raise FileRefusedError(_("the statement has more than %(most)d lines.") % {"most": MOST_LINES})
        self.lines.append(line)

    @property
    def difference(self) -> Decimal | None:
        """What the closing balance is beside the opening one and the lines; None where the file does not say both."""
        if self.opening is None or self.closing is None:
            return None
        return self.closing - self.opening - sum(line.amount for line in self.lines)


def identities(lines: Iterable[FileLine]) -> list[str]:
    """
    Return what tells each of `lines` from all others of its account, in this file and in any other.

    It is the bank's own reference of the entry where there is one, with the day and the amount, as some banks give one
    reference to several. Without one it is what the line says, the balance behind it included. The place among equals
    of the day is a part of it: two equal payments stay two, in whichever file they come. Without references, a file has
    all of a day or its beginning.
    """
    seen: Counter[tuple] = Counter()
    found = []
    for line in lines:
        if line.bank_reference and line.bank_reference.upper() not in NO_REFERENCE:
            facts = ("ref", line.bank_reference, line.place)
        else:
            facts = (line.party_name, line.party_iban, line.reference, line.text, line.balance)
        facts = (line.booked_on, to_minor(line.amount), *facts)
        seen[facts] += 1
        facts = (*facts, seen[facts])
        found.append(hashlib.sha256(repr(facts).encode("utf-8", "surrogatepass")).hexdigest())
    return found


def refused(reason: str, *, line: int = 0, value: str = "") -> FileRefusedError:
    """Return the refusal of a file."""
    return FileRefusedError(reason, line=line, value=value[:80])


def tidy(text: str | None, most: int) -> str:
    """Return what a bank wrote as one line that can be stored, of at most `most` characters."""
    if not text:
        return ""
    kept = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(kept.split())[:most].strip()
