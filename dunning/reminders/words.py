"""
The words that letters and lists of invoices have beside their texts.

A customer may be written to in another language than the installation's, for which there need be no translation of the
product: the words of the languages in which texts come with it are here. What is in no list is translated as ever.
"""

from django.utils.translation import get_language, gettext

GERMAN = {
    "Invoice": "Rechnung",
    "Customer number": "Kundennummer",
    "Date": "Datum",
    "Issued on": "Ausgestellt am",
    "Due on": "Fällig am",
    "Days late": "Tage in Verzug",
    "Open (%(currency)s)": "Offen (%(currency)s)",
    "Amount due": "Zu zahlen",
    "Page %(page)s of %(pages)s": "Seite %(page)s von %(pages)s",
    "%(number)s, due on %(day)s: %(amount)s": "%(number)s, fällig am %(day)s: %(amount)s",
    "and %(number)d more": "und %(number)d weitere",
    "Late fee on invoice %(number)s": "Mahngebühr zu Rechnung %(number)s",
}
WORDS = {"de": GERMAN}


def word(text: str) -> str:
    """Return `text` in the language that is active now."""
    return WORDS.get((get_language() or "").partition("-")[0], {}).get(text) or gettext(text)
