"""
Loading files: read, map, clean, stage, compare, apply. One path for every kind of record; a check leaves out the last
step.

    with staged_files(files, policy) as loading:
        loading.compare()
        with recording(_("Load")):
            loading.apply(now)

Reading and comparing take no lock. What came between comparing and applying is noticed by the version of each record
and by the unique keys, and the comparison is made again. A load that is killed leaves nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from graphlib import TopologicalSorter
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser
from django.db import DataError, IntegrityError, OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from customerflow.changes.recording import recording
from customerflow.changes.scratch import roomy_cache
from customerflow.loads import outcomes
from customerflow.loads.applying import ChangedMeanwhileError, apply, lock
from customerflow.loads.cleaning import origin_named
from customerflow.loads.comparing import compare_all, merge_repeated
from customerflow.loads.declaration import KINDS
from customerflow.loads.failures import is_final, is_out_of_range
from customerflow.loads.filling import Filler
from customerflow.loads.findings import keep_findings
from customerflow.loads.headings import accepted
from customerflow.loads.models import Finding, Load, LoadedFile, OnExisting
from customerflow.loads.progress import Progress
from customerflow.loads.reading import open_table
from customerflow.loads.reconciling import ReadSums, Total, needs_keys, totals_of
from customerflow.loads.refusals import CannotRunError, FileRefusedError, Refusal
from customerflow.loads.refusing import count_refused
from customerflow.loads.reports import FileReport, Report
from customerflow.loads.sources import Measured, Table
from customerflow.loads.staging import Stage, Stages
from customerflow.loads.terms import CONFIRMED_CHANGES, LoadFile, Policy
from customerflow.loads.writing import write_whole
from customerflow.loads.zeros import lost_zeros

ATTEMPTS = 5
# The column of documents that says from which system they come.
ORIGIN = "origin"
# From so many changed records on, a load that changes more than half of them is confirmed by their number.
MANY = 50


@dataclass
class StagedFile:
    """A file on its way through the load."""

    file: LoadFile
    stage: Stage
    report: FileReport
    table: Table | None = field(default=None)
    sums: ReadSums | None = None
    # How many rows repeat others.
    repeated: int = 0
    # What was noticed while it was read.
    warnings: list[str] = field(default_factory=list)

    def refuse(self, error: FileRefusedError) -> None:
        """Report that the whole file is refused."""
        self.report.refuse(Refusal(self.report.file, error.line, error.heading, error.value, error.reason))


class Loading:
    """The files of one load, staged: they can be compared, as often as is wanted, and applied once."""

    def __init__(self, files: list[StagedFile], policy: Policy, by: AbstractBaseUser | None, origin: str) -> None:
        self.files, self.policy, self.by, self.origin = files, policy, by, origin
        self.report = Report([file.report for file in files])

    def compare(self) -> None:
        """Find what the files would do now, and report it."""
        whole = [file for file in self.files if not file.report.is_refused_whole]
        stages = Stages(file.stage for file in whole)
        for stage in stages:
            kinds = {kind for other in stages for kind in other.declaration.refers_to()}
            stage.is_referred = stage.declaration.kind in kinds or needs_keys(stage.declaration)
        compare_all(stages, self.policy.on_existing, self.policy.confirmed)
        for file in whole:
            _report(file, self.policy, stages)
        self.report.is_accepted = self._is_accepted()

    def _is_accepted(self) -> bool:
        if any(file.is_refused_whole for file in self.report.files):
            return False
        if any(file.must_confirm for file in self.report.files):
            return False
        return self.policy.skip_refused or not any(file.refused for file in self.report.files)

    def apply(self, now: datetime) -> None:
        """Write what the last comparison found, in a recording of the caller's. Raises as `applying.apply` does."""
        stages = Stages(file.stage for file in self.files)
        lock(stages)
        apply(stages, [file.report.rows for file in self.files], now, self.by, self.origin)
        for file in self.files:
            file.report.totals = _totals(file, is_applied=True)

    def write_rejects(self) -> list[str]:
        """Write the refused rows of each file that has some, and return the names of what was written."""
        written = []
        for file in self.files:
            if file.file.rejects and file.report.refused and not file.report.is_refused_whole:
                write_whole(file.file.rejects, file.table.rejects(file.stage.rejected()))
                written.append(str(file.file.rejects))
        return written


def in_order(files: Iterable[LoadFile]) -> list[LoadFile]:
    """Return files in the order in which they are loaded: what others refer to comes first."""
    after = {kind: {*declaration.after, *declaration.refers_to()} - {kind} for kind, declaration in KINDS.items()}
    ranks = {kind: rank for rank, kind in enumerate(TopologicalSorter(after).static_order())}
    return sorted(files, key=lambda file: ranks[file.declaration.kind])


@contextmanager
def staged_files(
    files: Iterable[LoadFile],
    policy: Policy,
    *,
    by: AbstractBaseUser | None = None,
    origin: str = "",
    progress: Callable[[str, Measured], Progress] = Progress,
) -> Iterator[Loading]:
    """
    Read files, and keep their rows in temporary tables.

    Raises `CannotRunError` for a file that cannot be opened, for a system that cannot be called `origin`, and for
    amounts that no database can add up.
    """
    origin = origin_named(origin)
    with roomy_cache(), ExitStack() as tables:
        staged = [_stage(file, number, tables, origin, progress) for number, file in enumerate(in_order(files), 1)]
        try:
            yield Loading(staged, policy, by, origin)
        except (DataError, OperationalError) as error:
            if not is_out_of_range(error):
                raise
            why = _("The amounts add up to more than the database can count. Nothing is loaded; look at the largest.")
            raise CannotRunError(why) from error


def load_files(
    files: Iterable[LoadFile],
    policy: Policy,
    *,
    is_dry_run: bool = False,
    by: AbstractBaseUser | None = None,
    origin: str = "",
    profile: str = "",
) -> Report:
    """
    Load `files` together: all of them, or nothing where one is refused. Return what was found and done.

    Raises `CannotRunError` as `staged_files` does.
    """
    with staged_files(files, policy, by=by, origin=origin) as loading:
        report = loading.report
        report.is_dry_run = is_dry_run
        for attempt in range(ATTEMPTS):
            loading.compare()
            # Before the last step: if they cannot be written, nothing is loaded.
            report.rejects = loading.write_rejects()
            if is_dry_run or not report.is_accepted:
                break
            try:
                _apply(loading, profile)
                break
            except (ChangedMeanwhileError, IntegrityError, OperationalError) as error:
                if attempt == ATTEMPTS - 1 or is_final(error):
                    raise
    return report


def _stage(
    file: LoadFile,
    number: int,
    tables: ExitStack,
    origin: str,
    watch: Callable[[str, Measured], Progress],
) -> StagedFile:
    name, declaration = file.name or str(file.path), file.declaration
    report = FileReport(name, declaration.kind, declaration.plural())
    stage = Stage(connection, declaration, number)
    stage.origin = origin
    staged = StagedFile(file, stage, report)
    try:
        with open_table(file.path, file.shape, accepted(declaration.columns), name=file.name) as table:
            staged.table, progress = table, watch(name, table.measured)
            bound = file.mapping.bind(table.headings, declaration, line=table.header_line)
            filler = Filler(stage, table, bound, keep_written=file.keep_written or file.rejects is not None)
            tables.enter_context(stage.open(filler.fields))
            filler.fill(progress)
            progress.say(_("%(name)s: comparing") % {"name": name})
            repeated = merge_repeated(stage) if file.mapping.is_distinct else 0
            _give_origin(stage, origin)
            staged.sums, staged.repeated = filler.sums, repeated
            staged.warnings = list(filler.guards.damage.warnings())
            report.rows, report.sha256 = filler.row_count - repeated, table.measured.sha256
            progress.end()
    except FileRefusedError as error:
        staged.refuse(error)
        return staged
    earlier = LoadedFile.objects.filter(sha256=report.sha256, kind=report.kind).exclude(load__loaded_at=None)
    report.loaded_before = earlier.order_by("-pk").values_list("load__loaded_at", flat=True).first()
    return staged


def _give_origin(stage: Stage, origin: str) -> None:
    """Say of documents that do not say it themselves from which system they come."""
    if ORIGIN in stage.columns():
        stage.run(f"UPDATE {stage.rows} SET {ORIGIN} = %s WHERE COALESCE({ORIGIN}, '') = ''", [origin])
        stage.filled += [ORIGIN] if ORIGIN not in stage.filled else []


def _report(staged: StagedFile, policy: Policy, stages: Stages) -> None:
    stage, report = staged.stage, staged.report
    matched, report.changed = outcomes.count_matched(stage)
    report.refused = count_refused(stage)
    report.created = report.rows - report.refused - matched
    report.unchanged = matched - report.changed
    report.skipped = matched if policy.on_existing is OnExisting.SKIP else 0
    report.refusals, report.refusals_omitted = outcomes.refusals(stage, report.file)
    report.changes = list(outcomes.changes(stage, report.file))[: outcomes.MOST_KEPT] if report.changed else []
    is_much = report.changed > MANY and report.changed * 2 > outcomes.count_records(stage)
    is_confirmed = f"{CONFIRMED_CHANGES}{report.changed}" in policy.confirmed
    report.must_confirm = report.changed if is_much and not is_confirmed else 0
    report.warnings = [*staged.warnings, *lost_zeros(stage, stages)]
    report.totals = _totals(staged, is_applied=False)


def _totals(file: StagedFile, *, is_applied: bool) -> list[Total]:
    return totals_of(file.stage, file.sums, rows=file.report.rows, repeated=file.repeated, is_applied=is_applied)


def _apply(loading: Loading, profile: str) -> None:
    now = timezone.now()
    with recording(_("Load"), by=loading.by) as record:
        loading.apply(now)
        reports = [report for report in loading.report.files if report.rows]
        if not reports:
            return
        load = Load.objects.create(
            name=name_of([report.file for report in reports]),
            origin=loading.origin,
            profile=profile,
            skip_refused=loading.policy.skip_refused,
            on_existing=loading.policy.on_existing,
            confirmed=sorted(loading.policy.confirmed),
            loaded_at=now,
            loaded_by=loading.by,
            **loading.report.counts(),
            # Kept when the transaction ends, if there is anything to keep.
            change_set_id=record.change_set_id if loading.report.writes else None,
        )
        for position, file in enumerate((file for file in loading.files if file.report.rows), 1):
            kept = LoadedFile(load=load, position=position, mapping=file.file.mapping.as_said())
            file.report.describe(kept)
            kept.save()
            keep_findings(file.stage, kept, [Finding.Outcome.CHANGED, Finding.Outcome.REFUSED])


def name_of(paths: list[str]) -> str:
    """Return what a load of these files is called: by the first."""
    names = list(dict.fromkeys(Path(path).name for path in paths))
    if len(names) == 1:
        return names[0][:255]
    return (_("%(name)s and %(count)d more") % {"name": names[0][:200], "count": len(names) - 1})[:255]
