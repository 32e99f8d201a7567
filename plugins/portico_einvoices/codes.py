"""Forms of what identifies companies and their accounts, and the lists that people choose from."""

from __future__ import annotations

import re

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
_VAT = re.compile(r"[A-Z]{2}[A-Z0-9+*.]{2,18}")
_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21,
    "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
    "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22,
    "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24,
    "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "XK": 20,
}  # fmt: skip
"""Characters of an IBAN by country (ISO 13616), of those that have had one for long; any other country's may have any length."""
SEPA = frozenset(
    "AD AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MT NL NO PL PT RO SE SI SK SM VA".split()
)
EUROPEAN_UNION = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
)
SCHEMES = {
    "EM": "E-mail", "0002": "SIREN", "0009": "SIRET", "0060": "DUNS", "0088": "GLN", "0106": "KvK", "0151": "ABN",
    "0184": "CVR", "0190": "OIN", "0192": "Organisasjonsnummer", "0195": "UEN", "0204": "Leitweg-ID", "0208": "KBO/BCE",
    "0210": "Codice fiscale", "0211": "Partita IVA", "0007": "Organisationsnummer", "0037": "Y-tunnus",
    "9914": "UID (AT)", "9915": "AT:GOV", "9920": "NIF (ES)", "9925": "TVA/BTW (BE)", "9930": "USt-IdNr. (DE)",
    "9932": "VAT (GB)", "9944": "BTW (NL)", "9957": "TVA (FR)",
}  # fmt: skip
"""Schemes of electronic addresses: of the list EAS those that companies meet, under the names that these have at home."""


def compact(text: str) -> str:
    """As identifiers are kept: capitals, without spaces."""
    return "".join(text.split()).upper()


def is_iban(text: str) -> bool:
    """By form, length of its country and check digits (ISO 13616: the whole as a number is 1 modulo 97)."""
    if not _IBAN.fullmatch(text) or len(text) != _LENGTHS.get(text[:2], len(text)):
        return False
    return int("".join(str(int(one, 36)) for one in text[4:] + text[:4])) % 97 == 1


def is_bic(text: str) -> bool:
    """By its form (ISO 9362)."""
    return _BIC.fullmatch(text) is not None


def is_vat_id(text: str, countries: frozenset[str]) -> bool:
    """By its form: the country's two letters first (BR-CO-09), Greece's being EL, and Northern Ireland's XI."""
    return _VAT.fullmatch(text) is not None and (text[:2] in countries or text[:2] in ("EL", "XI"))
