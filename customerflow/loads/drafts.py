"""
Loads that are made in the browser: checked by a worker, looked at by a person, and applied just as they were shown.

The check keeps what it found in every row. The last step compares once more; where it would do anything else now, since
somebody has changed a record meanwhile, nothing is loaded, and what is different is said.
"""

from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customerflow.changes.recording import recording
from customerflow.jobs.models import Job
from customerflow.jobs.turns import Turn
from customerflow.loads.applying import ChangedMeanwhileError
from customerflow.loads.declaration import KINDS
from customerflow.loads.failures import is_disk_full, is_final
from customerflow.loads.findings import differences, keep_findings
from customerflow.loads.mapping import Mapping
from customerflow.loads.models import Finding, Load, LoadedFile, OnExisting
from customerflow.loads.pipeline import ATTEMPTS, Loading, staged_files
from customerflow.loads.refusals import CannotRunError
from customerflow.loads.sources import Measured, Shape
from customerflow.loads.terms import LoadFile, Policy

# So many findings are removed at once, that nobody waits.
REMOVED_AT_ONCE = 5_000


class TurnProgress:
    """Tells a job how far its load is: the rows that are read, of those that there will be as far as can be seen."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.before = self.rows = 0
        self.measured: Measured | None = None

    def next_file(self, _name: str, measured: Measured) -> "TurnProgress":
        """Go on with another file."""
        self.before, self.rows, self.measured = self.before + self.rows, 0, measured
        return self

    def __call__(self, rows: int) -> None:
        self.rows = rows
        share = min(1, self.measured.position / max(1, self.measured.size))
        self.turn.advance(self.before + rows, self.before + (round(rows / share) if share else rows))

    def say(self, text: str) -> None:
        """Let others see that it goes on; raises `StoppedError` where it is to stop."""
        self.turn.advance(self.before + self.rows)

    def end(self) -> None:
        """There is nothing to take away."""


def parts_of(load: Load) -> list[tuple[LoadFile, LoadedFile]]:
    """Return the files of a draft as the pipeline takes them. Raises `ValidationError` where one is there no more."""
    parts = []
    for file in load.files.select_related("upload").order_by("position"):
        if file.upload is None or not file.upload.file:
            raise ValidationError(_("The file %(name)s is not kept any more. Send it again.") % {"name": file.name})
        shape, mapping = Shape(**file.upload.shape), Mapping.of(file.mapping)
        path = Path(file.upload.file.path)
        part = LoadFile(path, KINDS[file.kind], shape, mapping, name=file.upload.name, keep_written=True)
        parts.append((part, file))
    return parts


def policy_of(load: Load) -> Policy:
    """Return the policy that a person chose."""
    return Policy(load.skip_refused, OnExisting(load.on_existing), frozenset(load.confirmed))


def check(load: Load, job: Job, turn: Turn) -> None:
    """
    Find what a draft would do, and keep that: with the load, its files and the rows. The job ends as checked.

    Raises `ValidationError` where it cannot be done.
    """
    with _staged(load, turn) as (loading, files):
        loading.compare()
        forget_findings(files)
        for staged, file in zip(loading.files, files, strict=True):
            if not staged.report.is_refused_whole:
                keep_findings(staged.stage, file, Finding.Outcome.values)
        with transaction.atomic():
            _keep_counts(load, loading, files)
            job.result = {
                "is_accepted": loading.report.is_accepted,
                "must_confirm": sum(report.must_confirm for report in loading.report.files),
            }
            _end(job, loading, turn)


def apply(load: Load, job: Job, turn: Turn) -> None:
    """
    Load a draft that was checked, exactly as it was shown. The job ends as finished in the same transaction.

    Raises `ValidationError` where it would do anything else now, and where it cannot be done.
    """
    with _staged(load, turn) as (loading, files):
        for attempt in range(ATTEMPTS):
            loading.compare()
            _refuse_differences(loading, files)
            if not loading.report.is_accepted:
                raise ValidationError(loading.report.outcome())
            try:
                _apply(load, loading, files, job, turn)
                break
            except (ChangedMeanwhileError, IntegrityError, OperationalError) as error:
                if attempt == ATTEMPTS - 1 or is_final(error):
                    raise
    forget_uploads(load)


def _apply(load: Load, loading: Loading, files: list[LoadedFile], job: Job, turn: Turn) -> None:
    now = timezone.now()
    with recording(_("Load"), by=job.by) as record:
        loading.apply(now)
        load.loaded_at, load.loaded_by = now, job.by
        _keep_counts(load, loading, files)
        if loading.report.writes:
            # It is kept when the transaction ends.
            load.change_set_id = job.change_set_id = record.change_set_id
        load.save()
        _end(job, loading, turn)


@contextmanager
def _staged(load: Load, turn: Turn):
    """Stage the files of a draft; yield them with their records, in the order in which they are loaded."""
    parts = parts_of(load)
    kept = {id(part): file for part, file in parts}

    watch = TurnProgress(turn).next_file
    try:
        with staged_files(
            [part for part, _file in parts], policy_of(load), by=load.loaded_by, origin=load.origin, progress=watch
        ) as loading:
            yield loading, [kept[id(staged.file)] for staged in loading.files]
    except CannotRunError as error:
        raise ValidationError(str(error)) from error
    except ChangedMeanwhileError as error:
        raise ValidationError(_("Others kept changing the same records. Nothing is loaded; try again.")) from error
    except IntegrityError as error:
        raise ValidationError(
            _("The database refused a row, and nothing is loaded: %(why)s") % {"why": error}
        ) from error
    except OperationalError as error:
        if is_disk_full(error):
            raise ValidationError(_("The disk is full, and nothing is loaded. Make room, then try again.")) from error
        raise


def _refuse_differences(loading: Loading, files: list[LoadedFile]) -> None:
    """Raise `ValidationError` that names the rows that would do another thing than was shown."""
    found = []
    for staged, file in zip(loading.files, files, strict=True):
        if staged.report.sha256 != file.sha256 or staged.report.is_refused_whole:
            raise ValidationError(_("It has not been checked as it is now. Check it again."), code="unchecked")
        found += differences(staged.stage, file)
    if found:
        message = _("Records were changed since the check, so nothing is loaded. Check it again.")
        raise ValidationError([message, *found], code="meanwhile")


def _keep_counts(load: Load, loading: Loading, files: list[LoadedFile]) -> None:
    for staged, file in zip(loading.files, files, strict=True):
        staged.report.describe(file)
        file.save()
    for name, count in loading.report.counts().items():
        setattr(load, name, count)
    load.save(update_fields=list(loading.report.counts()))


def _end(job: Job, loading: Loading, turn: Turn) -> None:
    counts = loading.report.counts()
    job.refused = counts["refused"]
    job.done = sum(report.rows for report in loading.report.files) - job.refused
    job.total = job.done + job.refused
    turn.end(job)


def forget_findings(files: Iterable[LoadedFile]) -> None:
    """Remove what was found before, in pieces, so that nobody waits for long."""
    findings = Finding.objects.filter(file__in=[file.pk for file in files]).order_by("pk")
    while some := list(findings.values_list("pk", flat=True)[:REMOVED_AT_ONCE]):
        Finding.objects.filter(pk__in=some).delete()


def forget_uploads(load: Load) -> None:
    """Remove the bytes of the files of a load: what was found in them stays."""
    for upload in load.uploads.exclude(file=""):
        upload.file.delete(save=True)
