"""What a person does with a draft: made of files, checked, confirmed or given up. What a check is, `drafts` says."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from customerflow.jobs.models import Job
from customerflow.jobs.running import check_now, enqueue, enqueue_check, run_now
from customerflow.loads.declaration import KINDS, Declaration
from customerflow.loads.guessing import guess
from customerflow.loads.headings import accepted
from customerflow.loads.looking import Look
from customerflow.loads.mapping import Mapping
from customerflow.loads.models import Load, LoadedFile, Upload
from customerflow.loads.pipeline import name_of
from customerflow.loads.profiles import Profile, profiles
from customerflow.loads.profiles_kept import kept_part
from customerflow.loads.terms import CONFIRMED_CHANGES
from customerflow.loads.uploading import StoredFile, forget, stored

KIND = "load"
# Files of so many bytes together are checked and loaded while the person waits.
AT_ONCE = 100_000


def may_load(user: AbstractBaseUser, declaration: type[Declaration]) -> bool:
    """Say whether a person may load records of a kind: whoever may add and change them by hand."""
    opts = declaration.model._meta
    return user.has_perms([f"{opts.app_label}.{get_permission_codename(action, opts)}" for action in ("add", "change")])


def kinds_for(user: AbstractBaseUser) -> list[type[Declaration]]:
    """Return the kinds of record that a person may load."""
    return [declaration for declaration in KINDS.values() if may_load(user, declaration)]


def profiles_for(user: AbstractBaseUser) -> Iterator[tuple[str, Profile]]:
    """Yield the profiles, with their names, of which a person may load all that is in them."""
    for name, profile in profiles():
        if all(may_load(user, part.declaration) for part in profile.parts):
            yield name, profile


def make_draft(sent: Iterable[UploadedFile], declaration: type[Declaration], *, by: AbstractBaseUser) -> Load:
    """
    Store what was sent, and return a draft that is to load it as records of one kind.

    Raises `ValidationError` for what cannot be loaded.
    """
    with stored(sent, accepted(declaration.columns)) as files, transaction.atomic():
        load = Load.objects.create(name=name_of([file.name for file in files]), loaded_by=by)
        _add(load, files, declaration)
    return load


def add_files(load: Load, sent: Iterable[UploadedFile], declaration: type[Declaration]) -> None:
    """Add files to a draft. Raises `ValidationError` for what cannot be loaded, and where it is no draft any more."""
    with stored(sent, accepted(declaration.columns)) as files, transaction.atomic():
        load = locked_draft(load)
        _add(load, files, declaration)
        load.name = name_of(list(load.files.values_list("name", flat=True)))
        changed(load)


def _add(load: Load, files: list[StoredFile], declaration: type[Declaration]) -> None:
    """Add files to a locked draft; those with headings that somebody kept a profile for are read as it says."""
    last = load.files.count()
    for position, file in enumerate(files, last + 1):
        upload = Upload.objects.create(
            load=load,
            name=file.name,
            file=file.stored_as,
            size=file.size,
            sha256=file.sha256,
            shape=asdict(file.seen.shape),
        )
        part, seen = kept_part(declaration, file.seen.headings), file.seen
        mapping = part.mapping if part else guess(seen.headings, seen.rows, declaration)
        LoadedFile.objects.create(
            load=load,
            upload=upload,
            position=position,
            kind=declaration.kind,
            name=file.name,
            sha256=file.sha256,
            mapping={**mapping.as_said(), "headings": seen.headings},
        )


def read_again(file: LoadedFile, seen: Look, mapping: Mapping) -> None:
    """
    Let a file of a draft be read as it was `seen`, and its columns be what `mapping` says.

    Raises `ValidationError` where it is no draft any more.
    """
    with transaction.atomic():
        load = locked_draft(file.load)
        Upload.objects.filter(pk=file.upload_id).update(shape=asdict(seen.shape))
        for other in LoadedFile.objects.filter(upload=file.upload_id):
            said = mapping.as_said() if other == file else other.mapping
            other.mapping, other.problem = {**said, "headings": seen.headings}, ""
            other.save(update_fields=["mapping", "problem"])
        changed(load)


def locked_draft(load: Load) -> Load:
    """
    Return a draft again, locked until the transaction ends.

    Raises `ValidationError` where it is in force already, and while it is being checked or loaded.
    """
    current = Load.objects.select_for_update(of=("self",)).select_related("job").filter(pk=load.pk).first()
    if current is None:
        raise ValidationError(_("This load was given up."))
    if current.is_loaded:
        raise ValidationError(_("This is loaded already."))
    if current.job and current.job.is_active:
        raise ValidationError(_("It is being worked on. Stop that first."))
    return current


def changed(load: Load) -> None:
    """Keep a locked draft that is not what was checked any more: what was found is of no more use."""
    if load.job:
        load.job.delete()
    load.job, load.confirmed = None, [each for each in load.confirmed if not each.startswith(CONFIRMED_CHANGES)]
    load.save()


def is_small(load: Load) -> bool:
    """Return whether a draft is checked and loaded while the person waits."""
    return sum(load.uploads.values_list("size", flat=True)) <= AT_ONCE


def check(load: Load, **policy: object) -> Job:
    """
    Check a draft with this policy: large ones by a worker. Return the job that does it, or has done it.

    Raises `ValidationError` where it is none any more.
    """
    with transaction.atomic():
        load = locked_draft(load)
        for name, value in policy.items():
            setattr(load, name, value)
        changed(load)
        load.job = Job.objects.open(KIND, title=_("Load %(name)s") % {"name": load.name}, by=load.loaded_by)
        load.save()
        if not (is_at_once := is_small(load)):
            enqueue_check(load.job)
    if is_at_once:
        check_now(load.job)
    return load.job


def confirm(load: Load, *, turn: str, number: str = "", skip_refused: bool = False) -> Job:
    """
    Load what was checked in this `turn` of its job, large drafts by a worker. Return the job.

    `number` is typed where the check asks for it. Raises `ValidationError` where this is not what was shown.
    """
    with transaction.atomic():
        load = locked_draft(load)
        job = load.job
        if job is None or str(job.turn) != turn or job.state != Job.State.CHECKED:
            raise ValidationError(_("This is not what was checked any more. Look again."))
        if changes := job.result["must_confirm"]:
            if "".join(filter(str.isdecimal, number)) != str(changes):
                message = _("Type %(number)d to confirm that so many records are to change.")
                raise ValidationError(message, params={"number": changes})
            load.confirmed = [*load.confirmed, *(f"{CONFIRMED_CHANGES}{file.changed}" for file in load.files.all())]
        load.skip_refused = load.skip_refused or skip_refused
        load.save()
        if not (is_at_once := is_small(load)):
            enqueue(job)
    if is_at_once:
        run_now(job)
    return job


def give_up(load: Load) -> None:
    """Throw a draft away, with its files. Raises `ValidationError` where it is none any more."""
    with transaction.atomic():
        load = locked_draft(load)
        remove(load)


def remove(load: Load) -> None:
    """Remove a locked draft, its job and, when the transaction ends, its files."""
    names = [upload.file.name for upload in load.uploads.all() if upload.file]
    if load.job:
        load.job.delete()
    load.delete()
    transaction.on_commit(lambda: forget(names))
