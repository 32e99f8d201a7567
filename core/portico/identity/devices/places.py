"""Where an address is, from a database file in MaxMind's format that the operator supplies; without one, unknown."""

from __future__ import annotations

import logging
import threading
from ipaddress import ip_address
from typing import Any

from babel import Locale, UnknownLocaleError

log = logging.getLogger("portico.places")
SEPARATOR = "/"


class Places:
    """Opened with the first question, by those processes that have one. A place is text: "FR/Paris", "FR", or ""."""

    def __init__(self, file: str | None) -> None:
        self._file = file
        self._reader: Any = None
        self._lock = threading.Lock()

    def of(self, address: str) -> str:
        """Never raises: nobody's sign-in hangs on this file."""
        if not self._file or not address:
            return ""
        try:
            if not ip_address(address).is_global:
                return ""
            found = self._open().get(address)
        except Exception as error:
            log.warning("the database of places %s cannot be read: %s", self._file, error)
            return ""
        return _place(found) if isinstance(found, dict) else ""

    def _open(self) -> Any:
        if self._reader is None:
            import maxminddb

            with self._lock:
                self._reader = self._reader or maxminddb.open_database(str(self._file))
        return self._reader


def _place(found: dict[str, Any]) -> str:
    country = found.get("country") or found.get("registered_country") or {}
    code = str(country.get("iso_code") or "")[:2].upper()
    city = str(((found.get("city") or {}).get("names") or {}).get("en") or "")[:60]
    return f"{code}{SEPARATOR}{city}" if code and city else code


def country(place: str) -> str:
    """The ISO 3166 code, "" if unknown."""
    return place.partition(SEPARATOR)[0]


def words(place: str, language: str) -> str:
    """In the reader's language: "Paris, France". "" if unknown."""
    code, _separator, city = place.partition(SEPARATOR)
    try:
        name = Locale.parse(language, sep="-").territories.get(code, code)
    except (UnknownLocaleError, ValueError):
        name = code
    return f"{city}, {name}" if city else str(name)
