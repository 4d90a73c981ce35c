"""What a load found and did, in words for people and as data for machines."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customerflow.loads.models import LoadedFile
from customerflow.loads.reconciling import Total, account_lines
from customerflow.loads.refusals import Change, Refusal

REFUSALS_SHOWN = 50
CHANGES_SHOWN = 20


@dataclass
class FileReport:
    """
    What was found in one file. `created`, `changed` and so on count rows; a file refused as a whole is one refusal.

    `refusals` and `changes` hold the first ones; the counts are complete.
    """

    file: str
    kind: str
    plural: str
    sha256: str = ""
    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: int = 0
    is_refused_whole: bool = False
    loaded_before: datetime | None = None
    # How many records it changes, where that is so many that a person must confirm it; else 0.
    must_confirm: int = 0
    warnings: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    refusals_omitted: int = 0
    changes: list[Change] = field(default_factory=list)
    # Rows and amounts, there and here; see `reconciling`.
    totals: list[Total] = field(default_factory=list)

    def refuse(self, refusal: Refusal) -> None:
        """Say that the file as a whole is refused; whatever was found in it before does not count."""
        self.created = self.changed = self.unchanged = self.skipped = self.refusals_omitted = 0
        self.refused, self.is_refused_whole, self.refusals, self.changes = 1, True, [refusal], []
        self.totals = []

    def summary(self) -> str:
        """Return the counts in one line."""
        if self.is_refused_whole:
            return _("%(file)s: refused as a whole.") % {"file": self.file}
        if not self.rows:
            return _("%(file)s: there are no rows in it (%(plural)s).") % {"file": self.file, "plural": self.plural}
        parts = [
            _("%(count)d created") % {"count": self.created},
            _("%(count)d changed") % {"count": self.changed},
            _("%(count)d unchanged") % {"count": self.unchanged},
            _("%(count)d refused") % {"count": self.refused},
        ]
        if self.skipped:
            parts.insert(3, _("%(count)d of them skipped") % {"count": self.skipped})
        return f"{self.file}: {self.rows} {self.plural}: {', '.join(parts)}."

    def as_dict(self) -> dict[str, object]:
        """Return the report of the file for machines."""
        return {
            "file": self.file,
            "kind": self.kind,
            "sha256": self.sha256,
            "rows": self.rows,
            "created": self.created,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "refused": self.refused,
            "loaded_before": self.loaded_before and self.loaded_before.isoformat(),
            "must_confirm": self.must_confirm,
            "warnings": self.warnings,
            "totals": [total.as_dict() for total in self.totals],
        }

    def describe(self, file: LoadedFile) -> None:
        """Write what was found to the record of the file; the caller saves it."""
        file.kind, file.name, file.sha256 = self.kind, Path(self.file).name[:255], self.sha256
        file.rows, file.created, file.changed, file.unchanged = self.rows, self.created, self.changed, self.unchanged
        file.skipped, file.refused, file.warnings = self.skipped, self.refused, self.warnings
        file.totals = [total.as_dict() for total in self.totals]
        file.problem = str(self.refusals[0]) if self.is_refused_whole else ""


@dataclass
class Report:
    """What a load of one or more files found, and whether it came into force."""

    files: list[FileReport]
    is_dry_run: bool = False
    # Whether the good rows are loaded; in a dry run, whether they would be.
    is_accepted: bool = False
    rejects: list[str] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many rows, and whole files, are refused."""
        return sum(file.refused for file in self.files)

    @property
    def writes(self) -> bool:
        """Whether any record is created or changed."""
        return any(file.created or file.changed for file in self.files)

    def counts(self) -> dict[str, int]:
        """Return the counts of all files together."""
        names = ("created", "changed", "unchanged", "refused")
        return {name: sum(getattr(file, name) for file in self.files) for name in names}

    def as_dict(self) -> dict[str, object]:
        """
        Return the report for machines.

        The counts at the top say what came into force, or would after a dry run: zeros where nothing is loaded. Those
        of each file say what was found in it.
        """
        counts = {
            name: sum(getattr(file, name) for file in self.files) if self.is_accepted else 0
            for name in ("created", "changed", "unchanged", "skipped")
        }
        return {
            **counts,
            "refused": self.refused,
            "refusals": [refusal.as_dict() for file in self.files for refusal in file.refusals],
            "refusals_omitted": sum(file.refusals_omitted for file in self.files),
            "changes": [change.as_dict() for file in self.files for change in file.changes],
            "dry_run": self.is_dry_run,
            "loaded": self.is_accepted and not self.is_dry_run,
            "rejects": self.rejects,
            "files": [file.as_dict() for file in self.files],
        }

    def lines(self) -> Iterator[str]:
        """Yield the report for people; the last line says what happened."""
        for file in self.files:
            yield from _details(file)
        for file in self.files:
            yield file.summary()
            # The rows are in the summary.
            yield from (f"  {total.line()}" for total in file.totals if total.column)
        yield from account_lines(total for file in self.files for total in file.totals)
        for name in self.rejects:
            yield _("The refused rows are in %(file)s.") % {"file": name}
        yield self.outcome()

    def outcome(self) -> str:
        """Return the one line that says what happened."""
        if not self.is_accepted:
            if any(file.is_refused_whole for file in self.files):
                return _("Nothing is loaded: a file is refused as a whole.")
            if much := next((file for file in self.files if file.must_confirm), None):
                return _(
                    "Nothing is loaded: more than half of all %(plural)s would change. "
                    "If that is meant, give --confirm-changes %(count)d."
                ) % {"plural": much.plural, "count": much.must_confirm}
            return ngettext(
                "Nothing is loaded: %(count)d row is refused. Correct it, or load the rest with --on-error skip.",
                "Nothing is loaded: %(count)d rows are refused. Correct them, or load the rest with --on-error skip.",
                self.refused,
            ) % {"count": self.refused}
        if self.is_dry_run:
            return _("Nothing is loaded: this was a dry run.")
        return _("Loaded.") if not self.refused else _("Loaded, without what is refused.")


def _details(file: FileReport) -> Iterator[str]:
    for warning in file.warnings:
        yield f"{file.file}: {warning}"
    if file.loaded_before:
        when = date_format(localtime(file.loaded_before), "DATETIME_FORMAT")
        yield _("%(file)s: this very file was loaded before, on %(when)s.") % {"file": file.file, "when": when}
    for change in file.changes[:CHANGES_SHOWN]:
        yield str(change)
    if file.changed and len(file.changes) > CHANGES_SHOWN:
        yield _("... and more changes.")
    for refusal in file.refusals[:REFUSALS_SHOWN]:
        yield str(refusal)
    more = len(file.refusals[REFUSALS_SHOWN:]) + file.refusals_omitted
    if more:
        yield _("... and %(count)d more refusals.") % {"count": more}
