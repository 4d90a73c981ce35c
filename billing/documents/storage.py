"""Where documents are kept, as they were issued."""

import hashlib

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _

from customerflow.storage import documents


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of `content` in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def keep(content: bytes, ending: str) -> str:
    """
    Store `content`, and return the name that it has there: its SHA-256 and `ending`.

    The same content is stored once, so that what was broken off and is done again leaves nothing behind.
    """
    digest = sha256_of(content)
    name = f"{digest[:2]}/{digest[2:4]}/{digest}.{ending}"
    if documents().exists(name):
        if sha256_of(_read(name)) == digest:
            return name
        # Broken off while it was written.
        documents().delete(name)
    documents().save(name, ContentFile(content))
    return name


def read(name: str, sha256: str) -> bytes:
    """Return the stored content `name`; raises `ValidationError` where it is not what was stored."""
    try:
        content = _read(name)
    except OSError as error:
        raise ValidationError(_("The file of this document is missing: restore it from a backup.")) from error
    if sha256_of(content) != sha256:
        raise ValidationError(_("The file of this document is damaged: restore it from a backup."))
    return content


def _read(name: str) -> bytes:
    with documents().open(name) as file:
        return file.read()
