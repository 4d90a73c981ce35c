"""
Where e-mails come from: a folder of a mail server (IMAP), a Maildir, or an mbox file.

A mail is marked as seen only when it is on record: whoever is stopped before finds it again, and takes it once.
"""

import imaplib
import mailbox
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext as _

from customerflow.environment import Mailbox
from tickets.mail.parsing import LONGEST_HEADERS
from tickets.mail.receiving import receive, refuse_unread
from tickets.models import IncomingMail

# In seconds.
TIMEOUT = 30
# The flag of a Maildir.
SEEN = "S"
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class SourceError(Exception):
    """Where e-mails should come from does not answer, or is not there."""


@dataclass(frozen=True)
class Waiting:
    """An e-mail that is there: `read` returns all of it, `size` bytes; `read_headers` its beginning."""

    size: int
    read: Callable[[], bytes]
    read_headers: Callable[[], bytes]
    # Says that it is on record.
    mark: Callable[[], object]


@dataclass(frozen=True)
class Taken:
    """What became of an e-mail, and whether it was new."""

    mail: IncomingMail
    is_new: bool


def take_all(waiting: Iterator[Waiting], at: Callable[[], datetime]) -> Iterator[Taken]:
    """Take the e-mails that are there, one after the other, and yield what became of each."""
    for each in waiting:
        if each.size > settings.MAIL_LIMIT:
            headers = each.read_headers()
            taken = _once(lambda headers=headers, size=each.size: refuse_unread(headers=headers, size=size, at=at()))
        else:
            raw = each.read()
            taken = _once(lambda raw=raw: receive(raw=raw, at=at()))
        each.mark()
        yield Taken(*taken)


def _once(take: Callable[[], tuple[IncomingMail, bool]]) -> tuple[IncomingMail, bool]:
    """Take a mail; where somebody else has just taken it, return what they made of it."""
    try:
        return take()
    except IntegrityError:
        return take()


def in_mbox(path: Path) -> Iterator[Waiting]:
    """Yield the e-mails of an mbox file, which is only read: each is known when it is read again."""
    if not path.is_file():
        raise SourceError(_("%s: there is no such file.") % path)
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            with box.get_file(key) as file:
                size = file.seek(0, 2) or file.tell()
            yield Waiting(
                size,
                read=lambda key=key: box.get_bytes(key),
                read_headers=lambda key=key: box.get_file(key).read(LONGEST_HEADERS),
                mark=lambda: None,
            )
    finally:
        box.close()


def in_maildir(path: Path) -> Iterator[Waiting]:
    """Yield the e-mails of a Maildir that nobody has seen; what is taken counts as seen."""
    if not all((path / part).is_dir() for part in ("new", "cur", "tmp")):
        raise SourceError(_("%s: there is no Maildir, with the folders new, cur and tmp.") % path)
    for file in sorted([*(path / "new").iterdir(), *(path / "cur").iterdir()], key=lambda file: file.name):
        if file.is_file() and SEEN not in _flags(file):
            yield Waiting(
                file.stat().st_size,
                read=file.read_bytes,
                read_headers=lambda file=file: _beginning(file),
                mark=lambda file=file: _see(file, path),
            )


@contextmanager
def in_folder(box: Mailbox) -> Iterator[Iterator[Waiting]]:
    """Give the unseen e-mails of a folder of a mail server. Raises `SourceError` where it does not give them."""
    try:
        server = _connect(box)
        try:
            _log_in(server, box)
            status, _answer = server.select(f'"{box.folder}"')
            if status != "OK":
                raise SourceError(_("The mail server has no folder %s.") % box.folder)
            yield _unseen(server)
        finally:
            server.shutdown()
    except imaplib.IMAP4.error as error:
        raise SourceError(_("The mail server refuses: %s") % _said(error)) from error
    except OSError as error:
        raise SourceError(_("The mail server does not answer: %s") % (error.strerror or error)) from error


def _flags(file: Path) -> str:
    """Return the flags of a mail in a Maildir, which stand in its name."""
    return file.name.partition(":2,")[2]


def _see(file: Path, maildir: Path) -> None:
    flags = "".join(sorted({*_flags(file), SEEN}))
    file.rename(maildir / "cur" / f"{file.name.partition(':2,')[0]}:2,{flags}")


def _beginning(file: Path) -> bytes:
    with file.open("rb") as content:
        return content.read(LONGEST_HEADERS)


def _connect(box: Mailbox) -> imaplib.IMAP4:
    if box.scheme == "imaps":
        return imaplib.IMAP4_SSL(box.host, box.port, ssl_context=ssl.create_default_context(), timeout=TIMEOUT)
    server = imaplib.IMAP4(box.host, box.port, timeout=TIMEOUT)
    if box.scheme == "imap+tls":
        server.starttls(ssl.create_default_context())
    return server


def _log_in(server: imaplib.IMAP4, box: Mailbox) -> None:
    if f"{box.user}{box.password}".isascii():
        server.login(box.user, box.password)
    else:
        # The usual command knows no other letters.
        server.authenticate("PLAIN", lambda _challenge: f"\0{box.user}\0{box.password}".encode())


def _unseen(server: imaplib.IMAP4) -> Iterator[Waiting]:
    for uid in _asked(server, "SEARCH", "UNSEEN")[0].split():
        size = SIZE.search(_flat(_asked(server, "FETCH", uid.decode(), "(RFC822.SIZE)")))
        # A colleague has just removed it.
        if not size:
            continue
        yield Waiting(
            int(size[1]),
            read=lambda uid=uid: _literal(_asked(server, "FETCH", uid.decode(), "(BODY.PEEK[])")),
            read_headers=lambda uid=uid: _literal(_asked(server, "FETCH", uid.decode(), "(BODY.PEEK[HEADER])")),
            mark=lambda uid=uid: _asked(server, "STORE", uid.decode(), "+FLAGS", r"(\Seen)"),
        )


def _asked(server: imaplib.IMAP4, command: str, *arguments: str) -> list:
    """Return what the server answers to a command on mails by their UID."""
    status, data = server.uid(command, *arguments)
    if status != "OK":
        raise imaplib.IMAP4.error(_flat(data).decode(errors="replace"))
    return data


def _flat(data: list) -> bytes:
    return b" ".join(part[0] if isinstance(part, tuple) else part or b"" for part in data)


def _literal(data: list) -> bytes:
    """Return the mail in an answer, which the library gives with what stands before it."""
    for part in data:
        if isinstance(part, tuple):
            return part[1]
    raise imaplib.IMAP4.error(_("it sends no mail where it has one."))


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
