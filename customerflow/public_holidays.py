"""The public holidays of countries and their parts, by name."""

from collections.abc import Iterable
from functools import lru_cache

from django.utils.translation import to_locale
from holidays import HolidayBase, country_holidays, list_supported_countries


@lru_cache
def public_holidays(country: str, subdivision: str, language_code: str) -> HolidayBase:
    """
    Return the names of the public holidays of a country, and of a state or province of it, by day.

    They are in the language where there are names in it, and in that of the country otherwise.
    """
    known = list_supported_countries()
    if country not in known:
        return HolidayBase()
    subdivision = subdivision if subdivision in known[country] else None
    native = country_holidays(country, subdiv=subdivision)
    # Always named: without one, the environment of the process would choose.
    language = _closest(language_code, filter(None, [native.default_language, *native.supported_languages]))
    return country_holidays(country, subdiv=subdivision, language=language or native.default_language)


def _closest(language_code: str, languages: Iterable[str]) -> str | None:
    """Return which of the languages, such as "en_US", is that of the code or, failing that, its first variety."""
    varieties = [language for language in languages if language.partition("_")[0] == language_code.partition("-")[0]]
    exact = to_locale(language_code)
    return exact if exact in varieties else next(iter(varieties), None)
