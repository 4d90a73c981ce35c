"""Typed reading of environment variables; a wrong value stops the start with one line that names it."""

import os
import secrets
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
ENGINES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}


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


def words(name: str, default: str = "") -> list[str]:
    """Return the variable `name` as a list; its values are separated by commas."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


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
