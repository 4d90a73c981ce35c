"""What undoing does, or would do, told record by record."""

from dataclasses import dataclass, field

from customerflow.changes.models import Change, ChangeSet

Key = tuple[str, int]
# So many records are described; the rest are counted.
DESCRIBED = 200


@dataclass(frozen=True)
class Forcing:
    """Which records are put back over what others changed since: those named, or all, but none of some kinds."""

    named: frozenset[Key] = frozenset()
    is_all: bool = False
    never: frozenset[str] = frozenset()

    def allows(self, key: Key) -> bool:
        """Return whether a record is put back although it was changed since."""
        return key[0] not in self.never and (self.is_all or key in self.named)


@dataclass(frozen=True)
class Reversal:
    """
    What undoing makes of one record.

    `columns` are the attributes that are put back: what each is now, and what it was. `since` are the first changes
    that others made to the record later; `reason` says why it is left alone.
    """

    kind: str
    record_id: int
    action: str
    columns: dict[str, tuple[object, object]] = field(default_factory=dict)
    is_put_back: bool = True
    reason: str = ""
    since: tuple[Change, ...] = ()

    @property
    def can_be_forced(self) -> bool:
        """Whether the record is left alone only because it was changed since."""
        return not self.is_put_back and bool(self.since)


@dataclass
class Undone:
    """What undoing did, or would do. `refusal` says why the change set as a whole cannot be undone."""

    refusal: str = ""
    change_set: ChangeSet | None = None
    put_back: int = 0
    left_alone: int = 0
    reversals: list[Reversal] = field(default_factory=list)

    def add(self, reversal: Reversal) -> None:
        """Count what became of a record, and describe it while there is room; what is left alone comes first."""
        self.put_back += reversal.is_put_back
        self.left_alone += not reversal.is_put_back
        if (self.put_back if reversal.is_put_back else self.left_alone) <= DESCRIBED:
            self.reversals.append(reversal)

    def include(self, part: "Undone") -> None:
        """Add what became of a part."""
        for reversal in part.reversals:
            self.add(reversal)
        named = sum(reversal.is_put_back for reversal in part.reversals)
        self.put_back += part.put_back - named
        self.left_alone += part.left_alone - (len(part.reversals) - named)

    @property
    def in_order(self) -> list[Reversal]:
        """The described records, those that are left alone first."""
        return sorted(self.reversals, key=lambda reversal: reversal.is_put_back)
