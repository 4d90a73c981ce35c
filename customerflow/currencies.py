"""The number of decimals of a currency (ISO 4217, as of 2026): two, but for those named here."""

from django.core.exceptions import ImproperlyConfigured

NO_DECIMALS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())  # noqa: SIM905
THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())  # noqa: SIM905


def decimals_of(currency: str) -> int:
    """Return how many decimals the amounts of `currency` have."""
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha() or not currency.isupper():
        raise ImproperlyConfigured(f"CURRENCY is {currency!r}: write an ISO 4217 code, such as EUR.")
    if currency in NO_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2
