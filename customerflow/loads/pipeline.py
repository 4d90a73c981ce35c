"""
Loading files: read, clean, stage, compare, apply. One path for every kind of record; a dry run leaves out
the last step.

Reading and comparing take no lock. What came between comparing and applying is noticed by the version of each record
and by the unique key, and the comparison is made again. A load that is killed leaves nothing.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from customerflow.changes.recording import recording
from customerflow.loads import comparing
from customerflow.loads.applying import ChangedMeanwhileError, apply, lock
from customerflow.loads.comparing import OnExisting, compare, refuse_doubled
from customerflow.loads.declaration import Declaration
from customerflow.loads.filling import Filler
from customerflow.loads.models import Load
from customerflow.loads.opening import TextFile
from customerflow.loads.progress import Progress
from customerflow.loads.refusals import FileRefusedError, Refusal
from customerflow.loads.reports import FileReport, Report
from customerflow.loads.sources import Source
from customerflow.loads.staging import Stage, roomy_cache
from customerflow.loads.writing import write_whole

ATTEMPTS = 5


@dataclass(frozen=True)
class LoadFile:
    """A file to load: what it holds, how it is read, and where its refused rows are written."""

    path: Path
    declaration: type[Declaration]
    read: Callable[[TextFile], Source]
    encoding: str = ""
    rejects: Path | None = None


@dataclass(frozen=True)
class Policy:
    """What becomes of rows that are refused, and of records that are there already."""

    skip_refused: bool = False
    on_existing: OnExisting = OnExisting.UPDATE
    confirmed: Collection[str] = frozenset()


@dataclass
class Staged:
    """A file on its way through the load."""

    file: LoadFile
    stage: Stage
    report: FileReport
    source: Source | None = field(default=None)

    def refuse(self, error: FileRefusedError) -> None:
        """Report that the whole file is refused."""
        self.report.refuse(Refusal(self.report.file, error.line, error.heading, error.value, error.reason))


def load_files(
    files: Iterable[LoadFile],
    policy: Policy,
    *,
    is_dry_run: bool = False,
    loaded_by: AbstractBaseUser | None = None,
) -> Report:
    """
    Load `files` together: all of them, or nothing where one is refused. Return what was found and done.

    Raises `CannotRunError` for a file that cannot be opened.
    """
    with roomy_cache(connection), ExitStack() as tables:
        staged = [_stage(file, number, tables) for number, file in enumerate(files, 1)]
        report = Report([item.report for item in staged], is_dry_run)
        for attempt in range(ATTEMPTS):
            _compare(staged, policy)
            report.is_accepted = _is_accepted(staged, policy)
            # Before the last step: if they cannot be written, nothing is loaded.
            report.rejects = _write_rejects(staged)
            if is_dry_run or not report.is_accepted:
                break
            try:
                _apply(staged, loaded_by)
                break
            except (ChangedMeanwhileError, IntegrityError, OperationalError) as error:
                if attempt == ATTEMPTS - 1 or _is_final(error):
                    raise
    return report


def _is_final(error: Exception) -> bool:
    """Return whether to give up: of the database's own failures only a deadlock (SQLSTATE 40P01) passes by itself."""
    return isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", "") != "40P01"


def _stage(file: LoadFile, number: int, tables: ExitStack) -> Staged:
    name = str(file.path)
    report = FileReport(name, file.declaration.kind, file.declaration.plural())
    staged = Staged(file, Stage(connection, file.declaration, number), report)
    try:
        with TextFile(file.path, file.encoding) as text:
            progress = Progress(name, text.measured)
            staged.source = file.read(text)
            filler = Filler(staged.stage, staged.source, keep_written=file.rejects is not None)
            tables.enter_context(staged.stage.open(filler.fields))
            filler.fill(progress)
            report.rows, report.sha256 = filler.row_count, text.sha256
            progress.say(_("%(name)s: comparing") % {"name": name})
            refuse_doubled(staged.stage)
            progress.end()
    except FileRefusedError as error:
        staged.refuse(error)
        return staged
    earlier = Load.objects.filter(sha256=report.sha256, kind=report.kind).first()
    report.loaded_before = earlier and earlier.loaded_at
    return staged


def _compare(staged: list[Staged], policy: Policy) -> None:
    for item in staged:
        if item.report.is_refused_whole:
            continue
        stage, report = item.stage, item.report
        compare(stage, policy.on_existing, policy.confirmed)
        matched, report.changed = comparing.count_matched(stage)
        report.refused = comparing.count_refused(stage)
        report.created = report.rows - report.refused - matched
        report.unchanged = matched - report.changed
        report.skipped = matched if policy.on_existing is OnExisting.SKIP else 0
        report.refusals, report.refusals_omitted = comparing.refusals(stage, report.file)
        report.changes = list(comparing.changes(stage, report.file))[: comparing.MOST_KEPT] if report.changed else []


def _is_accepted(staged: list[Staged], policy: Policy) -> bool:
    if any(item.report.is_refused_whole for item in staged):
        return False
    return policy.skip_refused or not any(item.report.refused for item in staged)


def _apply(staged: list[Staged], loaded_by: AbstractBaseUser | None) -> None:
    now = timezone.now()
    with recording(_("Load")) as record:
        for item in staged:
            lock(item.stage)
        for item in staged:
            report = item.report
            apply(item.stage, report.rows, now)
            if report.rows:
                Load.objects.create(
                    kind=report.kind,
                    file_name=Path(report.file).name[:255],
                    sha256=report.sha256,
                    loaded_by=loaded_by,
                    created=report.created,
                    changed=report.changed,
                    unchanged=report.unchanged,
                    refused=report.refused,
                    # Kept when the transaction ends, if there is anything to keep.
                    change_set_id=record.change_set_id if report.created or report.changed else None,
                )


def _write_rejects(staged: list[Staged]) -> list[str]:
    """Write the refused rows of each file that has some, and return the names of what was written."""
    written = []
    for item in staged:
        if item.file.rejects and item.report.refused and not item.report.is_refused_whole:
            write_whole(item.file.rejects, item.source.rejects(item.stage.rejected()))
            written.append(str(item.file.rejects))
    return written
