"""How text is normalised before it is stored, compared and sorted; forms and loads share it."""

import re
import unicodedata
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

DIGITS = re.compile(r"[0-9]+")
SPACES = re.compile(r"\s+")
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# Characters without width, and those that turn the direction of writing: with them two texts look alike and differ. The
# joiners U+200C and U+200D stay, since Persian, Indic scripts and emoji need them.
HIDDEN = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
# Letters and symbols by their category, and yet nothing is seen of them.
FILLERS = frozenset("\u115f\u1160\u2800")
BREAKS = re.compile("[\t\n\r\u2028\u2029]")


def normalise(value: str) -> str:
    """Return `value` in Unicode's composed form (NFC), without white space at either end."""
    if value.isascii():
        return value.strip()
    return unicodedata.normalize("NFC", value).strip()


def refuse_unfit(value: str, *, several_lines: bool = True) -> None:
    """
    Raise `ValidationError` for a text that cannot be stored or that deceives the eye.

    That is one with control characters, halves of characters that no encoding can write, or hidden characters, and one
    of which nothing is seen. Tabs and line breaks are refused too where a text has one line.
    """
    if not value.isprintable():
        if UNFIT.search(value):
            raise ValidationError(_("It contains a control character."), code="control")
        if HIDDEN.search(value):
            raise ValidationError(_("It contains a character that cannot be seen. Type it anew."), code="hidden")
        if not several_lines and BREAKS.search(value):
            raise ValidationError(_("It contains a tab or a line break."), code="break")
    if not value.isascii() and value.strip() and not any(map(_is_seen, unicodedata.normalize("NFKD", value))):
        raise ValidationError(_("Nothing of it can be seen."), code="invisible")


def _is_seen(char: str) -> bool:
    """Return whether `char` shows by itself: no space, no mark that needs a letter, no filler."""
    return unicodedata.category(char)[0] in "LNPS" and char not in FILLERS


def fold(value: str) -> str:
    """
    Return the key by which names are compared and sorted: without case, accents and doubled spaces.

    >>> fold("  Luís  GONÇALVES ")
    'luis goncalves'
    """
    if not value.isascii():
        value = unicodedata.normalize("NFC", unicodedata.normalize("NFKD", value.casefold()).translate(_WITHOUT_MARKS))
    return SPACES.sub(" ", value.casefold()).strip()


class _Marks(dict):
    """What `str.translate` makes of each character: nothing of an accent or another mark, else what it was."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.category(chr(code)) == "Mn" else code
        return self[code]


_WITHOUT_MARKS = _Marks()


def natural_key(value: str) -> str:
    """
    Return a key that sorts numbers inside text by their value: 2 before 10, A-9 before A-10.

    Each run of digits is preceded by its length; leading zeros count only where all else is equal.

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
