"""
What a bulk edit finds out on its way: how many records fare how, which values become which, and why some are left out.

It is kept with the job and stays small however many records there are: of very many different values or reasons, those
that came first are named and the rest is counted.
"""

from dataclasses import asdict, dataclass, field

from customerflow.bulk.acts import Facts
from customerflow.bulk.models import BulkItem

# So many different pairs of old and new value are counted one by one, so many reasons, and so many records are shown.
PAIRS = 50
REASONS = 50
SAMPLE = 10


@dataclass
class Findings:
    """
    The findings on some records.

    `pairs` are heading, old value, new value and number; `reasons` each with its number; `sample` are keys of records
    with how they stand then.
    """

    counts: dict[str, int] = field(default_factory=dict)
    pairs: list[list] = field(default_factory=list)
    further_pairs: int = 0
    reasons: list[list] = field(default_factory=list)
    further_reasons: int = 0
    sample: list[list] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Return them as they are kept with a job."""
        return asdict(self)

    def number(self, *outcomes: str) -> int:
        """Return how many records fared like that."""
        return sum(self.counts.get(outcome, 0) for outcome in outcomes)

    def left_out(self) -> "Findings":
        """Return what stays true of the records that are not changed: what the result begins with."""
        counts = {outcome: number for outcome, number in self.counts.items() if outcome != BulkItem.Outcome.READY}
        return Findings(counts=counts, reasons=self.reasons, further_reasons=self.further_reasons)

    def note(self, item: BulkItem) -> None:
        """Count what became of a record, and why it was left out."""
        self.counts[item.outcome] = self.counts.get(item.outcome, 0) + 1
        if item.outcome in BulkItem.LEFT_OUT:
            self.further_reasons += not _count(self.reasons, [item.message], REASONS)

    def note_change(self, item: BulkItem, before: Facts, after: Facts, prose: frozenset[str]) -> None:
        """Count which values became which; of prose, only that there is some."""
        before, after = in_plain_words(before), in_plain_words(after)
        for heading, new in after.items():
            if (old := before.get(heading, "")) == new:
                continue
            pair = [heading, "…" if old else "", "…" if new else ""] if heading in prose else [heading, old, new]
            self.further_pairs += not _count(self.pairs, pair, PAIRS)
        if len(self.sample) < SAMPLE:
            self.sample.append([item.record_id, after])


def in_plain_words(facts: Facts) -> Facts:
    """Return facts as text that can be kept."""
    return {str(heading): str(words) for heading, words in facts.items()}


def _count(rows: list[list], key: list[str], most: int) -> bool:
    """Count one more with this key, at the end of its row; return False where there are too many others."""
    for row in rows:
        if row[:-1] == key:
            row[-1] += 1
            return True
    if len(rows) < most:
        rows.append([*key, 1])
        return True
    return False
