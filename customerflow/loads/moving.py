"""A draft made of everything that another system gave, as a profile says."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from customerflow.loads.headings import plain
from customerflow.loads.looking import Look, look
from customerflow.loads.making import may_load
from customerflow.loads.models import Load, LoadedFile, Upload, uploads
from customerflow.loads.pipeline import name_of
from customerflow.loads.profiles import Part, Profile
from customerflow.loads.refusals import CannotRunError
from customerflow.loads.sources import AS_FOUND
from customerflow.loads.uploading import StoredFile, stored


def make_draft_of_profile(sent: Iterable[UploadedFile], profile: Profile, *, by: AbstractBaseUser) -> Load:
    """
    Store what was sent, and return a draft that is to load it as a profile says: a file for each kind it is read as.

    Raises `ValidationError` for what cannot be loaded, for files that are not those of the profile, and for kinds that
    this person may not load.
    """
    with stored(sent, _headings_of(profile)) as files, transaction.atomic():
        try:
            matched = profile.match([file.name for file in files])
        except CannotRunError as error:
            raise ValidationError(str(error)) from error
        _refuse_forbidden([part for part, _place in matched], by)
        load = Load.objects.create(
            name=name_of([files[place].name for _part, place in matched]),
            origin=profile.origin,
            profile=profile.name,
            loaded_by=by,
        )
        kept: dict[tuple[int, object], Upload] = {}
        for position, (part, place) in enumerate(matched, 1):
            file, read_as = files[place], (place, part.shape)
            seen = _seen(file, part)
            kept[read_as] = kept.get(read_as) or _upload(load, file, seen)
            LoadedFile.objects.create(
                load=load,
                upload=kept[read_as],
                position=position,
                kind=part.declaration.kind,
                name=file.name,
                sha256=file.sha256,
                mapping={**part.mapping.as_said(), "headings": seen.headings},
            )
    return load


def _refuse_forbidden(parts: Iterable[Part], by: AbstractBaseUser) -> None:
    forbidden = [part.declaration.plural() for part in parts if not may_load(by, part.declaration)]
    if forbidden:
        names = ", ".join(dict.fromkeys(forbidden))
        raise ValidationError(_("You may not load what this profile is for: %(names)s."), params={"names": names})


def _headings_of(profile: Profile) -> set[str]:
    """Return the headings that the files of a profile are known to have, in plain form."""
    origins = [origin for part in profile.parts for origin in part.mapping.columns.values()]
    return {plain(heading) for origin in origins for heading in origin.headings}


def _seen(file: StoredFile, part: Part) -> Look:
    """Return what a file looks like, read as the profile says."""
    if part.shape == AS_FOUND:
        return file.seen
    return look(Path(uploads().path(file.stored_as)), part.shape, name=file.name)


def _upload(load: Load, file: StoredFile, seen: Look) -> Upload:
    return Upload.objects.create(
        load=load, name=file.name, file=file.stored_as, size=file.size, sha256=file.sha256, shape=asdict(seen.shape)
    )
