"""Typed reading of environment variables; a wrong value stops the start with one line that names it."""

import os
import re
import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
# How mail servers are spoken to, and the port where none is named.
MAIL_SCHEMES = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
MAILBOX_SCHEMES = {"imap": 143, "imap+tls": 143, "imaps": 993}
PICTURES = {".svg", ".png", ".jpg", ".jpeg"}
ENGINES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}


@dataclass(frozen=True)
class Mailbox:
    """A folder of a mail server, and how it is reached."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str


def text(name: str, default: str | None = None) -> str:
    """Return the variable `name`; without a default it must be set."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set: it is required here.")
    return value


def boolean(name: str, default: bool) -> bool:
    """Return the variable `name` as a truth value."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}: write yes or no.")


def whole_number(name: str, default: int) -> int:
    """Return the variable `name` as a whole number that is more than none."""
    value = os.environ.get(name, str(default)).strip()
    if not (value.isascii() and value.isdigit() and int(value)):
        raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number such as {default}.")
    return int(value)


def amount(name: str, decimals: int) -> Decimal | None:
    """Return the variable `name` as money with at most so many decimals; None where it is not set."""
    value = os.environ.get(name, "").strip()
    if not value:
        return None
    whole, point, rest = value.partition(".")
    if not (value.isascii() and whole.isdigit() and (rest.isdigit() or not point)) or len(rest) > decimals:
        raise ImproperlyConfigured(f"{name} is {value!r}: write an amount such as 45 with at most {decimals} decimals.")
    return Decimal(value)


def words(name: str, default: str = "") -> list[str]:
    """Return the variable `name` as a list; its values are separated by commas."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def lines(name: str) -> list[str]:
    """Return the variable `name` as a list of lines; they are separated by |, or by ends of lines."""
    return [line.strip() for line in os.environ.get(name, "").replace("|", "\n").splitlines() if line.strip()]


def country(name: str, default: str) -> str:
    """Return the variable `name`, the two capital letters of a country."""
    value = text(name, default)
    if len(value) != 2 or not value.isalpha() or not value.isupper():
        raise ImproperlyConfigured(f"{name} is {value!r}: write an ISO 3166 code, such as US.")
    return value


def time_zone(name: str, default: str) -> str:
    """Return the variable `name`, the name of a time zone."""
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} is {value!r}: write an IANA name, such as Europe/Vienna.") from error
    return value


def hours(name: str, default: str) -> tuple[int, int]:
    """Return the variable `name`, a span of the day such as 08:00-17:00, as minutes of the day; the end is excluded."""
    value = text(name, default).strip()
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", value)
    begin, end = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else (0, 0)
    if begin >= end:
        raise ImproperlyConfigured(f"{name} is {value!r}: write two times of a day, such as {default}.")
    return begin, end


def picture(name: str) -> Path | None:
    """Return the variable `name`, the path of a picture, or None where there is none."""
    value = os.environ.get(name, "").strip()
    if not value:
        return None
    path = Path(value)
    if path.suffix.lower() not in PICTURES or not path.is_file():
        raise ImproperlyConfigured(f"{name} is {value!r}: write the path of an SVG, PNG or JPEG file.")
    return path


def program(name: str) -> str:
    """Return the variable `name`, the path of a program, or nothing where there is none."""
    value = os.environ.get(name, "").strip()
    if value and not (os.path.isabs(value) and os.path.isfile(value) and os.access(value, os.X_OK)):
        raise ImproperlyConfigured(f"{name} is {value!r}: write the whole path of a file that may be executed.")
    return value


def site(name: str) -> str:
    """Return the variable `name`, where people find the product, such as https://crm.example.com, or nothing."""
    value = os.environ.get(name, "").strip().removesuffix("/")
    try:
        parts = urlsplit(value)
        is_site = parts.scheme in {"http", "https"} and bool(parts.hostname) and value.endswith(f"://{parts.netloc}")
    except ValueError:
        is_site = False
    if value and not is_site:
        raise ImproperlyConfigured(f"{name} is {value!r}: write an address such as https://crm.example.com.")
    return value


def mail(name: str, default: str) -> dict[str, object] | None:
    """Return the variable `name`, the address of a mail server, as Django's settings for it; None where it is empty."""
    value = text(name, default).strip()
    if not value:
        return None
    if value == "console:":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port or MAIL_SCHEMES.get(parts.scheme)
    except ValueError:
        host = port = None
    if not host or not port:
        # The address itself is not repeated: it may contain a password.
        raise ImproperlyConfigured(
            f"{name} is no address of a mail server: write smtp+tls://name:password@mail.example.com:587, "
            "smtps:// for a server that speaks TLS from the start, smtp:// for one without, or nothing."
        )
    return {
        "EMAIL_BACKEND": "customerflow.smtp.SmtpBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def mailbox(name: str) -> Mailbox | None:
    """Return the variable `name`, the address of a mailbox; None where it is empty."""
    value = os.environ.get(name, "").strip()
    try:
        return mailbox_at(value) if value else None
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} {error}") from None


def mailbox_at(address: str) -> Mailbox:
    """Return the mailbox at an address such as imaps://name:password@host/INBOX. Raises `ValueError`, in words."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or MAILBOX_SCHEMES.get(parts.scheme)
    except ValueError:
        host = port = None
    if not host or not port or parts.scheme not in MAILBOX_SCHEMES or not parts.username:
        # The address itself is not repeated: it may contain a password.
        raise ValueError(
            "is no address of a mailbox: write imaps://name:password@mail.example.com/INBOX, imap+tls:// for a server "
            "that speaks TLS after a while, or imap:// for one without."
        )
    return Mailbox(
        scheme=parts.scheme,
        host=host,
        port=port,
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )


def database(name: str, default: str) -> dict[str, object]:
    """Return the variable `name`, the address of a database, as Django's settings for it."""
    try:
        parsed = dj_database_url.parse(text(name, default))
    except ValueError:
        parsed = {"ENGINE": None}
    if parsed["ENGINE"] not in ENGINES:
        # The address itself is not repeated: it may contain a password.
        raise ImproperlyConfigured(
            f"{name} is no address of a database that is supported: write postgres://name:password@host/database or "
            "sqlite:////path/to/file."
        )
    return parsed


def secret_key(file: Path, *, debug: bool) -> str:
    """Return SECRET_KEY; in development one is made once and kept in `file`."""
    if value := os.environ.get("SECRET_KEY"):
        return value
    if not debug:
        raise ImproperlyConfigured("SECRET_KEY is not set: it is required when DEBUG is off.")
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(50))
    return file.read_text()
