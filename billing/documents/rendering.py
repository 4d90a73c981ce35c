"""
Making a PDF of a letter: what is in it is a plain dict, how it looks is `layouts/letter.typ`.

The content reaches the layout as JSON and is set as text, so that no name is ever read as markup. Nothing but the
layout, the fonts in this folder and the operator's logo is read, and nothing is fetched.
"""

import json
import re
from functools import cache
from pathlib import Path

import typst
from django.conf import settings

HERE = Path(__file__).parent
# PDF/A-3 with attachments, as an e-invoice wants it.
ARCHIVE = "a-3b"
# Without a space a word of so many letters could stand outside of its column.
LONG_WORD = re.compile(r"\S{25,}")
PIECE = 12
BREAK = "\u200b"
# What a letter never has: controls, and signs that turn the direction of the text around them.
UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]")


@cache
def fonts() -> typst.Fonts:
    """Return the fonts of all documents, read once in a process: no font of the machine is used."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(HERE / "fonts")])


@cache
def files() -> dict[str, bytes]:
    """Return the layout, and the operator's logo where there is one."""
    found = {"main.typ": (HERE / "layouts" / "letter.typ").read_bytes()}
    if settings.OPERATOR_LOGO:
        found[logo_name()] = settings.OPERATOR_LOGO.read_bytes()
    return found


def logo_name() -> str:
    """Return what the layout calls the operator's logo; nothing where there is none."""
    return f"logo{settings.OPERATOR_LOGO.suffix.lower()}" if settings.OPERATOR_LOGO else ""


def render(content: dict[str, object], *, standard: str = "", form: str = "pdf") -> bytes:
    """
    Return `content` (see `billing.documents.content`) as a PDF, or the first page as a picture where `form` is "png".

    The same content makes the same bytes. With the `standard` PDF/A raises `typst.TypstError` for letters that no font
    of ours has; without, they are boxes.
    """
    data = json.dumps(fit({**without_empty_columns(content), "logo": logo_name()}))
    options = {"pdf_standards": [standard]} if standard else {}
    return typst.compile(files(), format=form, font_paths=fonts(), sys_inputs={"data": data}, **options)


def without_empty_columns(content: dict[str, object]) -> dict[str, object]:
    """Return `content` without the columns in which no row has anything."""
    rows, columns = content["rows"], content["columns"]
    kept = [number for number in range(len(columns)) if not rows or any(row["cells"][number] for row in rows)]
    cells = [{**row, "cells": [row["cells"][number] for number in kept]} for row in rows]
    return {**content, "columns": [columns[number] for number in kept], "rows": cells}


def fit(value: object) -> object:
    """Return `value` with all texts in it as they can be set: without controls, and no word wider than a column."""
    if isinstance(value, str):
        return LONG_WORD.sub(_with_breaks, UNFIT.sub("", value))
    if isinstance(value, dict):
        return {name: fit(each) for name, each in value.items()}
    return [fit(each) for each in value] if isinstance(value, list | tuple) else value


def _with_breaks(word: re.Match) -> str:
    text = word.group()
    return BREAK.join(text[start : start + PIECE] for start in range(0, len(text), PIECE))
