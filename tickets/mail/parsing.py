"""
E-mails as anybody may have sent them, read with limits: any bytes become a `Mail`, or are refused in words.

Nothing here asks the database. HTML becomes text; what is attached stays as it is, and is not opened.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import EmailPolicy
from email.utils import getaddresses
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from tickets.attachments import ENDINGS, SentFile
from tickets.mail.texts import clean, text_of_html
from tickets.models.email import LONGEST_ID
from tickets.models.incoming_mail import LONGEST_TEXT

MOST_PARTS = 100
MOST_LINES = 600_000
# In bytes: all headers of the mail together.
LONGEST_HEADERS = 256 * 1024
# In characters: no header is looked at beyond.
LONGEST_HEADER = 4_000
MOST_REFERENCES = 50
LONGEST_HTML = 1_000_000
LONGEST_PROBLEM = 200
ID = re.compile(rf"<[^<>\s]{{1,{LONGEST_ID - 2}}}>")
# Encodings of Python that are none of texts in mails; some take long.
NO_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"})
BLANK = re.compile(rb"\r?\n\r?\n|\r\r")


class MailRefusedError(Exception):
    """An e-mail that cannot be read, with the reason."""


@dataclass(frozen=True)
class Mail:
    """What an e-mail says. `automatic` is why it must not be answered, and empty where a person wrote it."""

    key: str
    size: int
    mail_id: str = ""
    # What it answers, the nearest first.
    references: tuple[str, ...] = ()
    sender: str = ""
    sender_name: str = ""
    subject: str = ""
    text: str = ""
    files: tuple[SentFile, ...] = field(default=(), repr=False)
    automatic: str = ""
    # The Message-ID of what did not arrive, in a report that says so, and why.
    returned: str = ""
    problem: str = ""


class CautiousPolicy(EmailPolicy):
    """The library's policy for mails of today, which looks at no header beyond so many characters."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        """Return a header's value, parsed."""
        return super().header_fetch_parse(name, value[:LONGEST_HEADER])


POLICY = CautiousPolicy(utf8=True)


def parse(raw: bytes, *, limit: int) -> Mail:
    """Return what the e-mail `raw` of at most `limit` bytes says. Raises `MailRefusedError` for what cannot be read."""
    if len(raw) > limit:
        raise MailRefusedError(_("it has more than %s bytes.") % f"{limit:,}")
    headers = headers_of(raw)
    if len(headers) > LONGEST_HEADERS:
        raise MailRefusedError(_("its headers have more than %s bytes.") % f"{LONGEST_HEADERS:,}")
    if raw.count(b"\n") + raw.count(b"\r") > 2 * MOST_LINES:
        raise MailRefusedError(_("it has more than %s lines.") % f"{MOST_LINES:,}")
    try:
        message = BytesParser(_class=_counted(), policy=POLICY).parsebytes(raw)
        return _read(message, raw, headers)
    except MailRefusedError:
        raise
    # The library raises whatever comes up in what is no mail: this is where that ends.
    except Exception as error:
        raise MailRefusedError(_("it cannot be read (%s).") % type(error).__name__) from error


def headers_of(raw: bytes) -> bytes:
    """Return the part of an e-mail above its first blank line."""
    blank = BLANK.search(raw[: LONGEST_HEADERS + 4])
    return raw[: blank.start()] if blank else raw


def key_of(raw: bytes) -> str:
    """
    Return by what an e-mail is known when it comes again: by all of it but the headers that each way adds.

    The same mail by two ways is one; two mails with the same Message-ID are two.
    """
    headers = headers_of(raw)
    hashed = sha256(raw[len(headers) :])
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", headers[:LONGEST_HEADERS])
    for line in sorted(re.split(rb"\r?\n", unfolded)):
        if line.lower().startswith((b"message-id:", b"from:", b"date:", b"subject:")):
            hashed.update(b"\0" + line.strip())
    return hashed.hexdigest()


def _counted() -> Callable[..., EmailMessage]:
    """Return what makes the parts of a mail, and refuses those with too many, however they are nested."""
    made = 0

    def make(policy: EmailPolicy) -> EmailMessage:
        nonlocal made
        made += 1
        if made > MOST_PARTS:
            raise MailRefusedError(_("it has more than %d parts.") % MOST_PARTS)
        return EmailMessage(policy=policy)

    return make


def _read(message: EmailMessage, raw: bytes, headers: bytes) -> Mail:
    sender_name, sender = _sender(message)
    texts, files = _contents(message)
    returned, problem = _returned(message)
    return Mail(
        key=key_of(raw),
        size=len(raw),
        mail_id=next(iter(_ids(message, "Message-ID")), ""),
        references=tuple(_references(message)),
        sender=sender,
        sender_name=clean(sender_name, 200),
        subject=clean(_header(message, "Subject"), 200),
        text=clean("\n\n".join(filter(None, texts)), LONGEST_TEXT, several_lines=True),
        files=tuple(files),
        automatic=_why_automatic(message, sender),
        returned=returned,
        problem=problem,
    )


def _header(message: EmailMessage, name: str) -> str:
    """Return a header as text; as it was written where the library cannot make sense of it."""
    try:
        return str(message.get(name, ""))
    except (MessageError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        written = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
        return str(written)[:LONGEST_HEADER]


def _sender(message: EmailMessage) -> tuple[str, str]:
    """Return name and address of who says to have written it; nothing of an address that is none."""
    for name in ("From", "Sender"):
        for called, address in getaddresses([_header(message, name)]):
            try:
                validate_email(address)
            except ValidationError:
                continue
            return called, address.casefold()[:254]
    return "", ""


def _ids(message: EmailMessage, name: str) -> list[str]:
    return ID.findall(_header(message, name))


def _references(message: EmailMessage) -> Iterator[str]:
    found = [*_ids(message, "In-Reply-To"), *reversed(_ids(message, "References"))]
    yield from dict.fromkeys(found[:MOST_REFERENCES])


def _why_automatic(message: EmailMessage, sender: str) -> str:
    """Return why a mail was written by a program, which must not be answered; nothing where it was not."""

    def said(name: str) -> str:
        return _header(message, name).partition(";")[0].strip().lower()

    if said("Auto-Submitted") not in {"", "no"}:
        return _("It is an automatic answer (Auto-Submitted).")
    if said("Precedence") in {"bulk", "junk", "list", "auto_reply"}:
        return _("It was sent to many (Precedence).")
    if said("X-Auto-Response-Suppress") not in {"", "none"} or said("X-Autoreply") or said("X-Autorespond"):
        return _("It is an automatic answer (X-Auto-Response-Suppress).")
    if said("List-Id") or said("List-Unsubscribe"):
        return _("It comes from a mailing list.")
    if _header(message, "Return-Path").strip() == "<>" or message.get_content_type() == "multipart/report":
        return _("It is a report that an e-mail was not delivered.")
    if sender.partition("@")[0] in {"mailer-daemon", "postmaster"}:
        return _("It comes from a mail server.")
    return ""


def _returned(message: EmailMessage) -> tuple[str, str]:
    """Return the Message-ID of the e-mail that a report (RFC 3464) says was not delivered, and why; else nothing."""
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return "", ""
    problem = mail_id = ""
    for part in message.get_payload():
        kind = part.get_content_type()
        if kind == "message/delivery-status" and part.is_multipart():
            failed = [each for each in part.get_payload() if _header(each, "Action").strip().lower() == "failed"]
            for each in failed[:1]:
                said = _header(each, "Diagnostic-Code").partition(";")[2] or _header(each, "Status")
                problem = clean(said, LONGEST_PROBLEM) or _("no reason is given")
        elif kind == "message/rfc822" and part.is_multipart():
            mail_id = next(iter(_ids(part.get_payload(0), "Message-ID")), "")
        elif kind == "text/rfc822-headers":
            headers = BytesParser(policy=POLICY).parsebytes(_bytes_of(part)[:LONGEST_HEADERS], headersonly=True)
            mail_id = next(iter(_ids(headers, "Message-ID")), "")
    return (mail_id, problem) if mail_id and problem else ("", "")


def _contents(part: EmailMessage) -> tuple[list[str], list[SentFile]]:
    """Return what is to be read in a part, and what is attached; of alternatives the plain one is read."""
    if part.get_content_type() == "message/rfc822" and part.is_multipart():
        return [], [SentFile(_name_of(part) or "e-mail.eml", _bytes_of_mail(part.get_payload(0)))]
    if part.is_multipart():
        read = [_contents(inner) for inner in part.get_payload()]
        files = [file for _texts, inner in read for file in inner]
        if part.get_content_type() == "multipart/alternative":
            kinds = [inner.get_content_type() for inner in part.get_payload()]
            plain = [texts for kind, (texts, _files) in zip(kinds, read, strict=True) if kind == "text/plain"]
            said = [texts for texts in [*plain, *(texts for texts, _files in read)] if any(texts)]
            return (said[0] if said else []), files
        return [text for texts, _files in read for text in texts], files
    content, kind, name = _bytes_of(part), part.get_content_type(), _name_of(part)
    if kind in {"text/plain", "text/html"} and not name and part.get_content_disposition() != "attachment":
        text = _decoded(content, part.get_content_charset())
        return [text_of_html(text[:LONGEST_HTML]) if kind == "text/html" else text.strip()], []
    if not content and not name:
        return [], []
    return [], [SentFile(name or f"attachment.{ENDINGS.get(kind, 'bin')}", content)]


def _bytes_of(part: EmailMessage) -> bytes:
    return part.get_payload(decode=True) or b""


def _bytes_of_mail(message: EmailMessage) -> bytes:
    """Return an e-mail that is attached to another; nothing of one that cannot be written again."""
    try:
        return message.as_bytes()
    except (MessageError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return b""


def _name_of(part: EmailMessage) -> str:
    return str(part.get_filename() or "")


def _decoded(content: bytes, charset: str | None) -> str:
    """Return a text by its declared encoding; where that is none, or does not fit, by what is likely."""
    try:
        codec = codecs.lookup(charset or "utf-8").name
        if codec.replace("-", "_") not in NO_CHARSETS:
            return content.decode(codec)
    except (LookupError, UnicodeError, ValueError):
        pass
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
