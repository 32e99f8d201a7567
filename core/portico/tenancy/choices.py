"""What a company can be made of: currencies, languages, time zones and themes; what a form offers and a command checks."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel import localedata
from babel.core import get_global

from portico.errors import InvalidError
from portico.web.catalogues import SOURCE_LANGUAGE
from portico.web.i18n import _

log = logging.getLogger(__name__)
NAME_MAX = 120
NO_ZONE = "UTC"


def currencies() -> list[str]:
    """ISO 4217 codes that are tender somewhere today, as Babel's territories have them."""
    found = {
        entry[0]
        for entries in get_global("territory_currencies").values()
        for entry in entries
        if entry[2] is None and entry[3]
    }
    return sorted(found)


def check(
    portico: Any, *, name: str, currency: str, locale: str, locales: Iterable[str], time_zone: str, theme: str, **_rest: Any
) -> None:
    """Raises InvalidError whose `fields` name what no company can have."""
    wrong: dict[str, Any] = {}
    languages, themes = portico.themes.catalogues.languages, portico.themes.themes
    if not 1 <= len(" ".join(name.split())) <= NAME_MAX:
        wrong["name"] = _("The name needs 1 to 120 characters.")
    if currency not in currencies():
        wrong["currency"] = _("This is no currency of today. Give its three letters, for example EUR.")
    if not {locale, *locales} <= languages.keys():
        wrong["locale"] = _one_of(languages)
    if time_zone not in available_timezones():
        wrong["time_zone"] = _("There is no such time zone. Give its name, for example Europe/Paris.")
    if theme not in themes and theme != portico.themes.name_for(None):
        wrong["theme"] = _one_of(themes)
    if wrong:
        raise InvalidError(fields=wrong)


def _one_of(known: Collection[str]) -> Any:
    return _("Choose one of these: ${choices}", mapping={"choices": ", ".join(sorted(known))})


@lru_cache(maxsize=1024)
def usable_locale(locale: str) -> str:
    """`locale`, or English for what nobody can read: a wrong row of one company must not take its pages down."""
    if localedata.exists(locale.replace("-", "_")):
        return locale
    log.warning("%r is no language: %s is used instead", locale, SOURCE_LANGUAGE)
    return SOURCE_LANGUAGE


@lru_cache(maxsize=1024)
def usable_zone(time_zone: str) -> str:
    """`time_zone`, or UTC for what is none, as `usable_locale`."""
    try:
        ZoneInfo(time_zone)
    except (LookupError, ValueError, OSError):
        log.warning("%r is no time zone: %s is used instead", time_zone, NO_ZONE)
        return NO_ZONE
    return time_zone
