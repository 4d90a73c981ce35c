"""Profiles that people keep: which column is what, for files of the same headings."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customerflow.loads import models
from customerflow.loads.declaration import Declaration
from customerflow.loads.mapping import Mapping, fingerprint_text
from customerflow.loads.profiles import Part, names, of_kept
from customerflow.loads.refusals import CannotRunError
from customerflow.loads.sources import Shape

# A profile of one file may be of any name.
ANY_FILE = "*"


def fingerprint(headings: Iterable[str]) -> str:
    """Return what files of the same headings have in common."""
    return hashlib.sha256(fingerprint_text(headings).encode()).hexdigest()


@recorded(gettext_lazy("Profile kept"))
def keep_profile(
    name: str,
    declaration: type[Declaration],
    mapping: Mapping,
    shape: Shape,
    headings: Iterable[str],
    *,
    by: AbstractBaseUser,
) -> models.Profile:
    """
    Keep how a file is read under a name, over one's own of that name.

    Raises `ValidationError` for a name that is taken.
    """
    own = models.Profile.objects.filter(name=name, made_by=by)
    if not own.exists() and name.casefold() in {known.casefold() for known in names()}:
        raise ValidationError(_("There is a profile of this name already: choose another name."))
    said = {key: value for key, value in asdict(shape).items() if value}
    content = {"load": [{"kind": declaration.kind, "file": ANY_FILE, **said, **mapping.as_said()}]}
    return models.Profile.objects.update_or_create(
        name=name, defaults={"content": content, "fingerprint": fingerprint(headings), "made_by": by}
    )[0]


def kept_part(declaration: type[Declaration], headings: Iterable[str]) -> Part | None:
    """Return how files of these headings were read last as records of a kind; None where that was never kept."""
    for kept in models.Profile.objects.filter(fingerprint=fingerprint(headings)).order_by("-pk"):
        try:
            parts = of_kept(kept).parts
        except CannotRunError:
            # It was kept for columns that are there no more.
            continue
        for part in parts:
            if part.declaration is declaration:
                return part
    return None
