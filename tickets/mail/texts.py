"""What is said in an e-mail, as plain text: HTML without its marks, and what is new of an answer."""

import re
from collections.abc import Iterator
from html import unescape
from string import ascii_lowercase, ascii_uppercase

from customerflow.text import HIDDEN, UNFIT, normalise

# What is not meant to be read, up to its end.
UNREAD = frozenset({"script", "style", "title"})
PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
LINES = frozenset(
    {
        *("address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "footer", "form", "header", "hr", "li"),
        *("main", "nav", "ol", "pre", "section", "table", "tr", "ul"),
    }
)
# What a browser takes for a mark; any other < is a sign.
OPENS = re.compile(r"<[a-z/!?]")
LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
TAG = re.compile(r"</?([a-z][a-z0-9]*)")
LINK = re.compile(r"""\bhref\s{0,9}=\s{0,9}["']?(https?://[^\s"'<>]{1,500})""", re.IGNORECASE)
LONGEST_TAG = 2_000
BLANK_LINES = re.compile(r"\n{3,}")
# What programs write above the message that is answered. Each stands at the beginning of a line.
QUOTE_BEGINS = re.compile(
    r"""
    ^(?:
      On\ [^\n]{5,200}(?:\n[^\n]{0,200})?\ wrote:\s*$
    | Am\ [^\n]{5,200}(?:\n[^\n]{0,200})?\ schrieb[^\n]{0,200}:\s*$
    | Le\ [^\n]{5,200}(?:\n[^\n]{0,200})?\ a\ écrit\s?:\s*$
    | El\ [^\n]{5,200}(?:\n[^\n]{0,200})?\ escribió:\s*$
    | -{3,}\s?(?:Original\ Message|Ursprüngliche\ Nachricht|Forwarded\ message|Message\ d'origine)\s?-{3,}\s*$
    | (?:From|Von|De):\ [^\n]{1,300}\n(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado):\ [^\n]{1,200}\n
    | _{20,}\s*$
    )
    """,
    re.MULTILINE | re.VERBOSE,
)


def clean(text: str, longest: int, *, several_lines: bool = False) -> str:
    """Return `text` as it may be stored: without what no text has and what deceives the eye, and not too long."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = HIDDEN.sub("", UNFIT.sub("", text))
    if not several_lines:
        text = " ".join(text.split())
    return normalise(normalise(text)[:longest])


def new_part(text: str) -> str:
    """
    Return what is new of an answer: what stands above the message that it answers, and not quoted below.

    Where nothing would be left, all of it.

    >>> new_part("It works.\\n\\nOn Mon, 2 Mar 2026 at 10:00, Example Net wrote:\\n> Does it?")
    'It works.'
    """
    begins = QUOTE_BEGINS.search(text)
    said = text[: begins.start()] if begins else text
    lines = said.split("\n")
    while lines and (not lines[-1].strip() or lines[-1].startswith(">")):
        lines.pop()
    return "\n".join(lines).strip() or text.strip()


def text_of_html(html: str) -> str:
    """
    Return what is read of an HTML page: no script, no style, no mark; of a link the address too.

    It is read once from the beginning to the end, whatever is in it: the parsers of the library take the square of the
    time for what was made to last.
    """
    pieces, address = [], ""
    for text, tag in _split(html):
        pieces.append(" ".join(unescape(text).split("\n")))
        match = TAG.match(tag[:LONGEST_TAG].lower())
        name = match[1] if match else ""
        if name in PARAGRAPHS:
            pieces.append("\n\n")
        elif name in LINES:
            pieces.append("\n")
        elif name in {"td", "th"}:
            pieces.append(" ")
        elif name == "a":
            if address and pieces[-1].strip() != address:
                pieces.append(f" <{address}>")
            link = LINK.search(tag[:LONGEST_TAG])
            address = unescape(link[1]) if link else ""
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _split(html: str) -> Iterator[tuple[str, str]]:
    """Yield each text and the mark after it, in lower case up to its name; what never ends is left out to the end."""
    # Of ASCII alone, so that places stay the same.
    lower, place, begin = html.translate(LOWER), 0, 0
    while (start := html.find("<", begin)) >= 0:
        is_comment = lower.startswith("<!--", start)
        if not is_comment and not OPENS.match(lower, start):
            begin = start + 1
            continue
        end = html.find("-->", start + 4) if is_comment else html.find(">", start)
        yield html[place:start], html[start : end + 1]
        match = TAG.match(lower[start : start + LONGEST_TAG])
        if end >= 0 and match and match[1] in UNREAD and lower[start + 1] != "/":
            end = lower.find(f"</{match[1]}", end)
            place = begin = end
        else:
            place = begin = end + (3 if is_comment else 1)
        if end < 0:
            return
    yield html[place:], ""
