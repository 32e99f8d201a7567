"""Brings texts to the form in which they are searched: no case, no accents, no Arabic vowel signs, words only."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_SAME: dict[int, str] = {ord(one): other for one, other in zip("ىةٱøđł", "يهاodl", strict=True)} | {
    ord("æ"): "ae",
    ord("œ"): "oe",
    ord("ـ"): "",
}
_SAME |= {ord(one): str(n % 10) for n, one in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")}
MOST_WORDS = 8
MOST_CHARACTERS = 200


def fold(text: str) -> str:
    """ "Tôle d'acier 10mm" → "tole d acier 10mm"; words of Arabic by their common spelling."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(one for one in decomposed if not unicodedata.combining(one)).translate(_SAME)
    return " ".join(_WORD.findall(plain))


def words(query: str) -> list[str]:
    """The words of what somebody typed; the last ones of an absurdly long text are left out."""
    return fold(query[:MOST_CHARACTERS]).split()[:MOST_WORDS]
