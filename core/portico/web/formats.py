"""Writes money, numbers, dates and times as readers of a locale expect them, fast enough for tables.

Arabic is written with Latin digits (CLDR `latn`), also for ar-EG, whose CLDR default is Arabic-Indic.
Business users in Egypt retype amounts into systems, and into forms of banks and of the tax authority, that take
Latin digits only, and codes and numbers come from the company's database in Latin digits: two kinds side by
side misread.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import TIMEDELTA_UNITS, format_date, format_time, format_timedelta
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

# A language without a region is read by people outside the United States: day before month, 24 hours.
REGION = {"en": "en_GB", "ar": "ar_EG"}
# The medium date of Arabic is all digits, whose order a reader has to guess; the long one names the month.
DATE_LENGTH = {"ar": "long"}
DIGITS = "latn"
MAX_DECIMALS = 4  # what `Money` columns keep

_SAMPLE = re.compile(r"1(\D*)234(\D*)567(\D+)89")


class _Pattern(NamedTuple):
    """How a locale writes a number: the affixes for ≥ 0 and < 0, and the two separators."""

    positive: tuple[str, str]
    negative: tuple[str, str]
    group: str
    point: str


def babel_locale(locale: str) -> Locale:
    """What is no language is written as English is: a page with a wrong format is better than none."""
    code = locale.replace("-", "_")
    try:
        return Locale.parse(REGION.get(code, code))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(REGION["en"])


def _measure(positive: str, negative: str) -> _Pattern:
    """Learns a pattern from Babel's own rendering of ±1234567.89."""
    found, minus = _SAMPLE.search(positive), _SAMPLE.search(negative)
    if found is None or minus is None or found[1] != found[2]:
        raise ValueError("not a pattern of groups of three")
    return _Pattern(
        (positive[: found.start()], positive[found.end() :]),
        (negative[: minus.start()], negative[minus.end() :]),
        found[1],
        found[3],
    )


def _apart(text: str) -> str:
    """A no-break space between a currency code and its amount, which CLDR asks for and Babel leaves out."""
    return re.sub(r"(?<=[A-Z]{3})(?=[\d-])", "\u00a0", text)


@lru_cache(maxsize=512)
def _currency_pattern(locale: str, currency: str) -> _Pattern | None:
    place, sample = babel_locale(locale), Decimal("1234567.89")
    written = [
        _apart(format_currency(value, currency, locale=place, numbering_system=DIGITS, currency_digits=False))
        for value in (sample, -sample)
    ]
    try:
        return _measure(*written)
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _number_pattern(locale: str) -> _Pattern | None:
    place, sample = babel_locale(locale), Decimal("1234567.89")
    try:
        return _measure(
            *(format_decimal(v, locale=place, numbering_system=DIGITS) for v in (sample, -sample))
        )
    except ValueError:
        return None


@lru_cache(maxsize=256)
def decimals(currency: str) -> int:
    """How many decimals amounts in `currency` are written with: 2 for EUR, 0 for JPY."""
    return get_currency_precision(currency)


def _write(pattern: _Pattern, amount: Decimal, least: int) -> str:
    """With at least so many decimals, and with all it has: a unit price of 1.2345 rounded would not multiply to the
    line's total."""
    before, after = pattern.negative if amount < 0 else pattern.positive
    whole, _, fraction = f"{abs(amount):,.{MAX_DECIMALS}f}".partition(".")
    fraction = fraction[:least] + fraction[least:].rstrip("0")
    whole = whole.replace(",", pattern.group)
    return f"{before}{whole}{pattern.point if fraction else ''}{fraction}{after}"


def as_decimal(value: Decimal | int | str) -> Decimal:
    """Floats are refused: money in binary fractions is a bug wherever it came from."""
    if isinstance(value, float):
        raise TypeError("money and quantities are Decimal, never float")
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise ValueError(f"not a number: {value!r}") from error


_MINUS = re.compile("\u200e?[-\u2212]")


def money(locale: str, amount: Decimal | int | str, currency: str) -> str:
    exact = as_decimal(amount)
    pattern = _currency_pattern(locale, currency)
    if pattern is None:
        return format_currency(exact, currency, locale=babel_locale(locale), numbering_system=DIGITS)
    return _write(pattern, exact, decimals(currency))


def change(locale: str, amount: Decimal | int | str, currency: str) -> str:
    """Money that was added or taken away, always with its sign; the sign stays at the digits in both directions of writing."""
    exact = as_decimal(amount)
    if not exact:
        return money(locale, exact, currency)
    sign = "+" if exact > 0 else "-"
    return _MINUS.sub(f"\u200e{sign}", money(locale, -abs(exact), currency), count=1)


def number(locale: str, value: Decimal | int | str, decimals: int = 0) -> str:
    exact = as_decimal(value)
    pattern = _number_pattern(locale)
    if pattern is None:
        return format_decimal(exact, locale=babel_locale(locale), numbering_system=DIGITS)
    return _write(pattern, exact, decimals)


@lru_cache(maxsize=1024, typed=True)
def percent(locale: str, share: Decimal | int | str) -> str:
    """0.145 → 14.5 %. The sign's place and space follow the locale."""
    place = babel_locale(locale)
    before, _, after = place.percent_formats[None].pattern.rpartition("0")
    pattern = f"{before}0.##{after}"
    return str(format_percent(as_decimal(share), pattern, place, numbering_system=DIGITS))


@lru_cache(maxsize=4096)
def day(locale: str, value: date) -> str:
    place = babel_locale(locale)
    length = DATE_LENGTH.get(place.language, "medium")
    return str(format_date(value, format=length, locale=place))


@lru_cache(maxsize=4096)
def _clock(locale: str, hour: int, minute: int) -> str:
    moment = datetime(2000, 1, 1, hour, minute, tzinfo=UTC)
    return str(format_time(moment, format="short", locale=babel_locale(locale)))


@lru_cache(maxsize=64)
def _joined(locale: str) -> str:
    return str(babel_locale(locale).datetime_formats["medium"])


_zone = lru_cache(maxsize=1024)(ZoneInfo)  # its own cache is asked under a lock


def local(moment: datetime, time_zone: str) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be shown")
    return moment.astimezone(_zone(time_zone))


def minute(locale: str, moment: datetime, time_zone: str) -> str:
    """Date and time to the minute, in the reader's zone."""
    there = local(moment, time_zone)
    date_text, time_text = day(locale, there.date()), _clock(locale, there.hour, there.minute)
    return _joined(locale).replace("{1}", date_text).replace("{0}", time_text).replace("'", "")


def clock(locale: str, moment: datetime, time_zone: str) -> str:
    there = local(moment, time_zone)
    return _clock(locale, there.hour, there.minute)


_UNITS = tuple(seconds for _unit, seconds in TIMEDELTA_UNITS)  # years to seconds
_NEARLY = 0.9  # of a unit is one: 22 hours are a day


def ago(locale: str, past: timedelta) -> str:
    """“5 minutes ago”; a negative span lies ahead: “in 2 days”."""
    ahead = -past
    seconds = ahead.days * 86400 + ahead.seconds
    span = abs(seconds)
    unit = next((unit for unit in _UNITS if span / unit >= _NEARLY), 1)
    return _ago(locale, round(span / unit) * unit * (1 if seconds < 0 else -1))


@lru_cache(maxsize=4096)
def _ago(locale: str, seconds: int) -> str:
    """Of whole units, fewer than the next larger has: these texts are few, and Babel's way to each is long."""
    return str(format_timedelta(-timedelta(seconds=seconds), add_direction=True, threshold=1, locale=babel_locale(locale)))


def listing(locale: str, words: list[str]) -> str:
    return str(format_list(words, locale=babel_locale(locale)))


def separators(locale: str) -> tuple[str, str]:
    """(decimal point, separator of groups) of a locale's numbers; a blank stands for every kind of blank."""
    pattern = _number_pattern(locale)
    if pattern is None:
        return ".", ","
    return pattern.point, " " if pattern.group.isspace() else pattern.group.replace("’", "'")


def editable(locale: str, value: Decimal | int | str) -> str:
    """A number as it stands in a field: the locale's point, no groups, all decimals that it has."""
    exact = as_decimal(value)
    pattern = _number_pattern(locale)
    if pattern is None:
        return f"{exact.normalize():f}"
    return _write(pattern._replace(group=""), exact, 0)
