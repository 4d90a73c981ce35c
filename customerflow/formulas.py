"""
Text that a spreadsheet would run as a formula: an apostrophe before it on export, exactly one taken off on load.

What already begins with apostrophes gets one more, so that export and load give back every text as it was. See
https://owasp.org/www-community/attacks/CSV_Injection.
"""

import re

FORMULA = re.compile(r"'*[=+\-@\t\r]")
STARTS = frozenset("'=+-@\t\r")


def guard(text: str) -> str:
    """Return `text` in the form that a spreadsheet shows and does not run."""
    return f"'{text}" if text[:1] in STARTS and FORMULA.match(text) else text


def unguard(text: str) -> str:
    """Return what `guard` was given."""
    return text[1:] if text[:1] == "'" and FORMULA.match(text, 1) else text
