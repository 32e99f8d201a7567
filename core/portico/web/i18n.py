"""Messages in the reader's language: marks them (`_`), chooses the language, and speaks it."""

from __future__ import annotations

import datetime as clock
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.core import negotiate_locale
from translationstring import TranslationString, TranslationStringFactory
from webob.acceptparse import create_accept_language_header

from portico.branding.lookup import package_folders
from portico.web import formats
from portico.web.catalogues import ADOPTED, CORE, SOURCE_LANGUAGE, Catalogues, Language

_ = TranslationStringFactory(CORE)

JUST_NOW = _("just now")
JUST_NOW_S = 45
LANGUAGE_COOKIE, MODE_COOKIE = "portico_lang", "portico_mode"
"""Of one company's path: how its pages are drawn, and nothing else."""
SECURE_PREFIX = "__Secure-"
"""Over https they begin with it: a browser then takes them from https alone (RFC 6265bis). `__Host-` would forbid a path."""
MOST_KEPT = 200
"""Characters of what a browser asks for that are worth remembering: more is somebody filling our memory."""
YEAR_S = 365 * 24 * 3600


@lru_cache(maxsize=256)
def direction(locale: str) -> str:
    """'rtl' for Arabic, Hebrew, Persian …, else 'ltr'."""
    try:
        return str(Locale.parse(locale.replace("-", "_")).text_direction)
    except (UnknownLocaleError, ValueError):
        return "ltr"


@lru_cache(maxsize=256)
def language_name(locale: str) -> str:
    """The language's name in itself, as a switch has to show it: Français, العربية. What is no language is its own name."""
    code = locale.replace("-", "_")
    try:
        name = Locale.parse(code).get_display_name(code) or locale
    except (UnknownLocaleError, ValueError):
        return locale
    return name[:1].upper() + name[1:]


def negotiate(preferred: Iterable[str | None], accept_language: str | None, offered: Sequence[str]) -> str:
    """The language of an answer: what the person chose, else what the browser asks for, else the first."""
    wanted = tuple(filter(None, preferred))
    if sum(map(len, wanted)) + len(accept_language or "") > MOST_KEPT:
        return _negotiated.__wrapped__(wanted, accept_language, tuple(offered))
    return _negotiated(wanted, accept_language, tuple(offered))


@lru_cache(maxsize=4096)  # browsers say the same with every request
def _negotiated(preferred: tuple[str, ...], accept_language: str | None, offered: tuple[str, ...]) -> str:
    wanted = list(preferred)
    if accept_language:
        header = create_accept_language_header(accept_language)
        wanted += [tag for tag, weight in getattr(header, "parsed", None) or () if weight > 0 and tag != "*"]
    chosen = negotiate_locale(
        [tag.replace("-", "_") for tag in wanted], [tag.replace("-", "_") for tag in offered], sep="_"
    )
    by_code = {tag.replace("-", "_").lower(): tag for tag in offered}
    return by_code.get((chosen or "").lower(), offered[0] if offered else SOURCE_LANGUAGE)


def remembered(cookies: Mapping[str, str], name: str) -> str | None:
    """The value of one of these two cookies. One from before there was a prefix counts as well."""
    return cookies.get(SECURE_PREFIX + name) or cookies.get(name)


def remember_language(request: Any, offered: Sequence[str]) -> None:
    """Keeps a language chosen by `?lang=` in a cookie of this site, if it is one of those offered."""
    chosen = request.GET.get("lang")
    if chosen in offered:
        request.add_response_callback(_keep_language(chosen))


def _keep_language(locale: str) -> Callable[[Any, Any], None]:
    def keep(request: Any, response: Any) -> None:
        path = request.script_name.rstrip("/") + "/"
        secure = request.scheme == "https"
        name = SECURE_PREFIX + LANGUAGE_COOKIE if secure else LANGUAGE_COOKIE
        response.set_cookie(name, locale, max_age=YEAR_S, path=path, samesite="Lax", secure=secure)

    return keep


@dataclass(frozen=True, slots=True)
class Localiser:
    """One reader's language, regional formats and time zone: what templates, mails and PDFs write with."""

    locale: str
    language: Language
    time_zone: str = "UTC"

    @property
    def direction(self) -> str:
        return direction(self.locale)

    def translate(self, message: str) -> str:
        return self.language.translate(message)

    def money(self, amount: Decimal | int | str, currency: str) -> str:
        return formats.money(self.locale, amount, currency)

    def change(self, amount: Decimal | int | str, currency: str) -> str:
        return formats.change(self.locale, amount, currency)

    def number(self, value: Decimal | int | str, decimals: int = 0) -> str:
        return formats.number(self.locale, value, decimals)

    def editable(self, value: Decimal | int | str) -> str:
        return formats.editable(self.locale, value)

    def percent(self, share: Decimal | int | str) -> str:
        return formats.percent(self.locale, share)

    def date(self, value: clock.date | clock.datetime) -> str:
        if isinstance(value, clock.datetime):
            value = formats.local(value, self.time_zone).date()
        return formats.day(self.locale, value)

    def datetime(self, moment: clock.datetime) -> str:
        return formats.minute(self.locale, moment, self.time_zone)

    def time(self, moment: clock.datetime) -> str:
        return formats.clock(self.locale, moment, self.time_zone)

    def relative(self, moment: clock.datetime, now: clock.datetime | None = None) -> str:
        past = (now or clock.datetime.now(clock.UTC)) - moment
        if abs(past.total_seconds()) < JUST_NOW_S:
            return self.translate(JUST_NOW)
        return formats.ago(self.locale, past)

    def listing(self, words: Iterable[str]) -> str:
        return formats.listing(self.locale, list(words))


def localiser(catalogues: Catalogues, locale: str, time_zone: str = "UTC") -> Localiser:
    return Localiser(locale, catalogues.language(locale), time_zone)


@lru_cache(maxsize=256)
def _installed(domains: frozenset[str]) -> Catalogues:
    return Catalogues.load(package_folders(dict.fromkeys([CORE, *sorted(domains - set(ADOPTED))])))


def _domains(message: Any) -> Iterator[str]:
    """Of a message, and of those that fill its places: a sentence of one package may stand within another's."""
    if isinstance(message, TranslationString):
        yield message.domain or CORE
        for value in (message.mapping or {}).values():
            yield from _domains(value)


def translate(reader: Any, message: str) -> str:
    """A message in the language of a locale or of a request, for answers without a template.

    A message's domain is the import name of its package: its catalogue is found without the application.
    A plain string passes as it is.
    """
    if not isinstance(message, TranslationString):
        return message
    locale = reader if isinstance(reader, str) else reader.locale_name
    return _installed(frozenset(_domains(message))).translate(locale, message)
