"""Countries to choose from, and what a postal code looks like where that is certain. Lenient: elsewhere anything goes."""

from __future__ import annotations

import re

from portico.web.countries import CODES, name, names

__all__ = ["CODES", "example", "name", "names", "tidy"]

_POSTCODES = {
    **dict.fromkeys(("DE", "DZ", "EG", "ES", "FI", "FR", "IT", "MA", "MX", "TR", "UA"), (r"\d{5}", "12345")),
    **dict.fromkeys(("AT", "AU", "BE", "CH", "DK", "HU", "LU", "NO", "NZ", "TN", "ZA"), (r"\d{4}", "1234")),
    **dict.fromkeys(("CN", "IN", "RO", "RU", "SG"), (r"\d{6}", "123456")),
    **dict.fromkeys(("CZ", "GR", "SE", "SK"), (r"\d{3} ?\d{2}", "123 45")),
    "BR": (r"\d{5}-?\d{3}", "12345-678"),
    "CA": (r"[A-Z]\d[A-Z] ?\d[A-Z]\d", "A1A 1A1"),
    "GB": (r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", "AB1 2CD"),
    "IE": (r"[A-Z]\d[\dW] ?[A-Z\d]{4}", "A12 B3C4"),
    "JP": (r"\d{3}-?\d{4}", "123-4567"),
    "NL": (r"\d{4} ?[A-Z]{2}", "1234 AB"),
    "PL": (r"\d{2}-?\d{3}", "12-345"),
    "PT": (r"\d{4}(-?\d{3})?", "1234-567"),
    "US": (r"\d{5}(-\d{4})?", "12345"),
}


def tidy(postcode: str) -> str:
    """As it is written on a parcel: one blank where there were several, letters in capitals, digits of any script in ours."""
    text = " ".join(postcode.split()).upper()
    return "".join(str(int(one)) if one.isdecimal() else one for one in text)


def example(country: str, postcode: str) -> str | None:
    """What a postal code of that country looks like, if this is certainly none; else None. An empty one is always good."""
    pattern, sample = _POSTCODES.get(country, ("", ""))
    return sample if pattern and postcode and not re.fullmatch(pattern, postcode, re.ASCII) else None
