"""
Files of messages: checked, kept under names that nobody chose, and never opened, unpacked or shown.

The ending of the name says what a file is, and the content has to begin as such a file does. What the sender declares
is not asked.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from customerflow.storage import documents
from customerflow.text import BREAKS, HIDDEN, UNFIT, normalise
from tickets.models import Attachment, Message
from tickets.models.attachment import LONGEST_NAME

# Of one message.
MOST_FILES = 20
# What no name of a file has on any system.
RESERVED = str.maketrans('<>:"|?*', "_______")
OFFICE, OPEN = "application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument."
TEXT_STARTS_WITH_NONE_OF = (b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"MZ", b"\x7fELF")


def _begins(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(beginnings)


def _is_text(content: bytes) -> bool:
    return b"\0" not in content and not content.startswith(TEXT_STARTS_WITH_NONE_OF)


def _is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def _is_heic(content: bytes) -> bool:
    return content[4:12] in {b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1"}


ZIP, JPEG = _begins(b"PK\x03\x04", b"PK\x05\x06"), _begins(b"\xff\xd8\xff")
# By ending: what it is, and how it is known.
KINDS: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    "csv": ("text/csv", _is_text),
    "docx": (f"{OFFICE}wordprocessingml.document", ZIP),
    "eml": ("message/rfc822", _is_text),
    "gif": ("image/gif", _begins(b"GIF87a", b"GIF89a")),
    "heic": ("image/heic", _is_heic),
    "jpeg": ("image/jpeg", JPEG),
    "jpg": ("image/jpeg", JPEG),
    "log": ("text/plain", _is_text),
    "odt": (f"{OPEN}text", ZIP),
    "ods": (f"{OPEN}spreadsheet", ZIP),
    "pdf": ("application/pdf", _begins(b"%PDF-")),
    "png": ("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    "txt": ("text/plain", _is_text),
    "webp": ("image/webp", _is_webp),
    "xlsx": (f"{OFFICE}spreadsheetml.sheet", ZIP),
    "zip": ("application/zip", ZIP),
}
# What a file without a name, as mail programs send pictures, is called by its declared type.
ENDINGS = {content_type: ending for ending, (content_type, _is_such) in reversed(KINDS.items())}


@dataclass(frozen=True)
class SentFile:
    """A file as somebody sent it: what they call it, and all of its bytes."""

    name: str
    content: bytes


def safe_name(name: str) -> str:
    """
    Return what a file may be called anywhere: the last part of a path, seen as it is written, with its ending.

    >>> safe_name("../../etc/pass\\nwd.txt")
    'passwd.txt'
    """
    name = normalise(name.replace("\\", "/").rpartition("/")[2])
    for unfit in (UNFIT, HIDDEN, BREAKS):
        name = unfit.sub("", name)
    name = " ".join(name.translate(RESERVED).split()).strip(". ")
    stem, dot, ending = name.rpartition(".")
    if dot and len(ending) < 10:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
    return name[:LONGEST_NAME] or "attachment"


def content_type_of(file: SentFile) -> str:
    """Return what `file` is. Raises `ValidationError` where it is empty, or nothing that is kept here."""
    if not file.content:
        raise ValidationError(_("it is empty."))
    ending = safe_name(file.name).rpartition(".")[2].casefold()
    if ending not in KINDS:
        raise ValidationError(_("files of this kind are not kept. Those that are: %s.") % ", ".join(KINDS))
    content_type, is_such = KINDS[ending]
    if not is_such(file.content):
        raise ValidationError(_("it is called .%s and is something else.") % ending)
    return content_type


def attach(message: Message, files: Iterable[SentFile]) -> None:
    """Keep `files` with `message`, all of them. Raises `ValidationError`, keyed `files`, that says what is wrong."""
    checked = list(_checked(message, files))
    if refused := [f"{attachment.name}: {attachment.refused}" for attachment, _file in checked if attachment.refused]:
        raise ValidationError({"files": refused})
    _keep(checked)


def attach_what_may_be_kept(message: Message, files: Iterable[SentFile]) -> None:
    """Keep with `message` those of `files` that may be kept, and of each of the others why it is not."""
    _keep(_checked(message, files))


def erase_files(of: models.QuerySet[Attachment]) -> None:
    """Remove the files of attachments, once what is being done is done."""
    names = list(of.exclude(file="").values_list("file", flat=True))
    transaction.on_commit(lambda: [documents().delete(name) for name in names])


def _checked(message: Message, files: Iterable[SentFile]) -> Iterator[tuple[Attachment, SentFile]]:
    """Yield what is to be stored of each file; `refused` says of those that may not be kept why."""
    together = 0
    for number, file in enumerate(files, 1):
        attachment = Attachment(message=message, name=safe_name(file.name), size=len(file.content))
        try:
            if number > MOST_FILES:
                raise ValidationError(_("a message has at most %d files.") % MOST_FILES)
            if together + len(file.content) > settings.ATTACHMENT_LIMIT:
                limit = filesizeformat(settings.ATTACHMENT_LIMIT)
                raise ValidationError(_("the files of a message have at most %s together.") % limit)
            attachment.content_type = content_type_of(file)
            together += len(file.content)
        except ValidationError as error:
            attachment.refused = " ".join(error.messages)
        yield attachment, file


def _keep(checked: Iterable[tuple[Attachment, SentFile]]) -> None:
    for attachment, file in checked:
        if not attachment.refused:
            name = uuid.uuid4().hex
            attachment.file = documents().save(f"attachments/{name[:2]}/{name}", ContentFile(file.content))
        attachment.save(force_insert=True)
