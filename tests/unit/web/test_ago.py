"""How long ago: written once for each text, and yet as Babel says it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from babel.dates import format_timedelta
from hypothesis import given
from hypothesis import strategies as st

from portico.web import formats


@given(st.timedeltas(timedelta(days=-1500), timedelta(days=1500)) | st.timedeltas(timedelta(days=-3), timedelta(days=3)))
def test_a_span_reads_as_babel_writes_it(span: timedelta) -> None:
    for locale in ("en", "fr", "ar"):
        written = format_timedelta(-span, add_direction=True, threshold=0.9, locale=formats.babel_locale(locale))
        assert formats.ago(locale, span) == written


@pytest.mark.parametrize(("hours", "text"), [(21.5, "22 hours ago"), (22, "1 day ago"), (-22, "in 1 day")])
def test_nearly_a_unit_is_one(hours: float, text: str) -> None:
    assert formats.ago("en", timedelta(hours=hours)) == text


def test_a_page_of_rows_asks_babel_once_for_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[timedelta] = []

    def spy(delta: timedelta, **how: object) -> str:
        asked.append(delta)
        return "text"

    monkeypatch.setattr(formats, "format_timedelta", spy)
    formats._ago.cache_clear()
    for minute in range(50):
        formats.ago("en", timedelta(days=3, minutes=minute))
    formats._ago.cache_clear()
    assert len(asked) == 1
