"""Which letters our fonts have: read from the table of each that says so (`cmap`, formats 4 and 12 of OpenType)."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from struct import unpack_from

FONTS = Path(__file__).parent / "fonts"
# In a segment of format 4 that has no list of glyphs, the glyph follows from the letter.
NO_LIST = 0


def missing_letters(text: str) -> str:
    """Return the letters of `text` that no font of ours has, each once, in order; they are boxes in a PDF."""
    return "".join(dict.fromkeys(letter for letter in text if letter.isprintable() and ord(letter) not in known()))


@cache
def known() -> frozenset[int]:
    """Return the code points of all letters that a font of ours has."""
    return frozenset(code for path in FONTS.glob("*.[ot]tf") for code in _codes(path.read_bytes()))


def _codes(font: bytes) -> Iterator[int]:
    (tables,) = unpack_from(">H", font, 4)
    records = [unpack_from(">4sLLL", font, 12 + 16 * number) for number in range(tables)]
    start = next(offset for tag, _sum, offset, _length in records if tag == b"cmap")
    (maps,) = unpack_from(">H", font, start + 2)
    for at in {start + unpack_from(">HHL", font, start + 4 + 8 * number)[2] for number in range(maps)}:
        (kind,) = unpack_from(">H", font, at)
        if kind == 4:
            yield from _short(font, at)
        elif kind == 12:
            yield from _long(font, at)


def _short(font: bytes, at: int) -> Iterator[int]:
    """Yield the letters of a table of format 4, up to U+FFFF."""
    count = unpack_from(">H", font, at + 6)[0] // 2
    # Four columns, with a gap of two bytes after the first.
    places = (at + 14, at + 16 + 2 * count, at + 16 + 4 * count, at + 16 + 6 * count)
    ends, starts, deltas, lists = (unpack_from(f">{count}H", font, place) for place in places)
    for number, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if lists[number] != NO_LIST:
                (glyph,) = unpack_from(">H", font, places[3] + 2 * number + lists[number] + 2 * (code - first))
                if not glyph:
                    continue
            if (glyph + deltas[number]) & 0xFFFF:
                yield code


def _long(font: bytes, at: int) -> Iterator[int]:
    """Yield the letters of a table of format 12, of all planes."""
    (groups,) = unpack_from(">L", font, at + 12)
    for number in range(groups):
        first, last, glyph = unpack_from(">LLL", font, at + 16 + 12 * number)
        yield from range(first if glyph else first + 1, last + 1)
