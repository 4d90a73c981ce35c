"""What is to be loaded, and on which terms."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from customerflow.loads.declaration import Declaration
from customerflow.loads.mapping import Mapping
from customerflow.loads.models import OnExisting
from customerflow.loads.sources import AS_FOUND, Shape

AS_NAMED = Mapping()
# What a person confirms begins with it, where a load would change very much: the number of records stands behind it.
CONFIRMED_CHANGES = "changes:"


@dataclass(frozen=True)
class LoadFile:
    """
    A file to load: what it holds, how it is read, and where its refused rows are written.

    `name` is what people call it, where the path does not say it. With `keep_written` the rows are kept as they were
    written, for refusals that are shown later.
    """

    path: Path
    declaration: type[Declaration]
    shape: Shape = AS_FOUND
    mapping: Mapping = AS_NAMED
    rejects: Path | None = None
    name: str = ""
    keep_written: bool = False


@dataclass(frozen=True)
class Policy:
    """
    What becomes of rows that are refused, and of records that are there already.

    `confirmed` names what a person said is meant, such as "identity"; "changes:700" that 700 records are to change.
    """

    skip_refused: bool = False
    on_existing: OnExisting = OnExisting.UPDATE
    confirmed: Collection[str] = frozenset()
