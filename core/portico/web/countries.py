"""Countries to choose from: codes of ISO 3166-1, with the names that Unicode's data gives them in each language."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale

# Codes that Unicode's data names and that ISO 3166-1 does not assign to a country.
_NOT_COUNTRIES = frozenset("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split())
CODES = frozenset(
    code
    for code in map(str, Locale("en").territories)
    if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES
)
"""ISO 3166-1 alpha-2, and XK for Kosovo."""


@lru_cache(maxsize=64)
def names(language: str) -> tuple[tuple[str, str], ...]:
    """(code, name) in that language, by name."""
    locale = Locale.parse(language, sep="-" if "-" in language else "_")
    found = [(code, str(locale.territories.get(code, code))) for code in CODES]
    return tuple(sorted(found, key=lambda one: one[1].casefold()))


def name(language: str, code: str) -> str:
    return dict(names(language)).get(code, code)
