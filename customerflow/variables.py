"""
Words in braces in texts that staff write, such as `{customer}`, of which each kind of text has a closed set.

A text is taken apart and put together, never evaluated: a template of Django or `str.format` would let who writes it
ask for anything that an object leads to.
"""

from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from string import Formatter

from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# A text, and the name of the variable behind it, if one is.
Piece = tuple[str, str | None]


def in_braces(names: Collection[str]) -> str:
    """Return the names of variables as they are written."""
    return ", ".join(f"{{{name}}}" for name in names)


def help_on(names: Collection[str]) -> str:
    """Return in words, made when it is shown, which variables there are."""
    return format_lazy(gettext_lazy("Variables: {names}."), names=lazy(in_braces, str)(names))


def check_variables(text: str, names: Collection[str]) -> None:
    """Raise `ValidationError` for a variable that is none of `names`, and for a brace without its other."""
    for _literal, name in pieces(text):
        if name is not None and name not in names:
            message = _("There is no variable {%(name)s}. These are: %(accepted)s.")
            raise ValidationError(message, code="variable", params={"name": name, "accepted": in_braces(names)})


def fill(parts: Iterable[Piece], value_of: Callable[[str], str]) -> str:
    """Return a text, taken apart by `pieces`, with its variables filled in by `value_of`."""
    return "".join(literal + ("" if name is None else value_of(name)) for literal, name in parts)


def around(text: str, variable: str) -> tuple[list[Piece], list[Piece]]:
    """Return what stands before and behind the first place of a variable; all before where it has none."""
    parts = list(pieces(text))
    place = next((number for number, (_literal, name) in enumerate(parts) if name == variable), None)
    if place is None:
        return parts, []
    return [*parts[:place], (parts[place][0], None)], parts[place + 1 :]


@lru_cache(maxsize=100)
def pieces(text: str) -> tuple[Piece, ...]:
    """Return each text and the name of the variable behind it, None behind the last; {{ and }} stand for braces."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        message = _("A brace stands alone: write {customer} for a variable, and {{ or }} for a brace.")
        raise ValidationError(message, code="brace") from error
    return tuple((literal, _whole(name, form, conversion)) for literal, name, form, conversion in parts)


def _whole(name: str | None, form: str | None, conversion: str | None) -> str | None:
    """Return all that stands in braces: what is behind a colon or an exclamation mark makes it no variable of ours."""
    if name is None:
        return None
    return f"{name}{'!' + conversion if conversion else ''}{':' + form if form else ''}".strip()
