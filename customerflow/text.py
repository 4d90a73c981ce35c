"""How text is normalised before it is stored, compared and sorted; forms and loads share it."""

import re
import unicodedata
from collections.abc import Callable

from django.db import models

DIGITS = re.compile(r"[0-9]+")
SPACES = re.compile(r"\s+")


def normalise(value: str) -> str:
    """Return `value` in Unicode's composed form (NFC), without white space at either end."""
    if value.isascii():
        return value.strip()
    return unicodedata.normalize("NFC", value).strip()


def fold(value: str) -> str:
    """
    Return the key by which names are compared and sorted: without case, accents and doubled spaces.

    >>> fold("  Luís  GONÇALVES ")
    'luis goncalves'
    """
    if not value.isascii():
        parts = unicodedata.normalize("NFKD", value.casefold())
        value = unicodedata.normalize("NFC", "".join(char for char in parts if unicodedata.category(char) != "Mn"))
    return SPACES.sub(" ", value.casefold()).strip()


def natural_key(value: str) -> str:
    """
    Return a key that sorts numbers inside text by their value: 2 before 10, A-9 before A-10.

    Each run of digits is preceded by its length as a letter; leading zeros count only where all else is equal.

    >>> sorted(["10", "2", "A-10", "A-9"], key=natural_key)
    ['2', '10', 'A-9', 'A-10']
    """

    def with_length(match: re.Match[str]) -> str:
        digits = match[0].lstrip("0") or "0"
        return f"{len(digits):02d}{digits}"

    return DIGITS.sub(with_length, value.casefold())


class KeyField(models.CharField):
    """
    A column derived from other columns of its row, kept by every save and every bulk insert.

    `QuerySet.update` and `bulk_update` do not pass here: whoever writes a source that way writes the key too.
    """

    def __init__(self, *args, derive: Callable[[models.Model], str] | None = None, **kwargs) -> None:
        self.derive = derive
        super().__init__(*args, **{"editable": False, "default": "", **kwargs})

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = self.derive(model_instance)[: self.max_length]
        setattr(model_instance, self.attname, key)
        return key
