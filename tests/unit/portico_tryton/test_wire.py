"""Tryton's JSON, both ways."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from portico_tryton import wire

MOST = 10_000


@pytest.mark.parametrize(
    "value",
    [
        Decimal("10.00"),
        Decimal("1234567.8901"),
        datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC),
        date(2026, 2, 28),
        timedelta(days=30, seconds=1),
        b"%PDF-1.4 \x00\xff",
        {"lines": [["create", [{"quantity": 2.5, "name": "ünïcode — عربى"}]]], "nothing": None},
    ],
)
def test_what_is_sent_can_be_read(value: Any) -> None:
    assert wire.decode(wire.encode(value), MOST) == value


def test_digits_of_a_decimal_survive() -> None:
    assert str(wire.decode(wire.encode([Decimal("10.00")]), MOST)[0]) == "10.00"


def test_moments_are_sent_in_utc() -> None:
    moment = datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert wire.decode(wire.encode(moment), MOST) == datetime(2025, 12, 31, 23, 0, tzinfo=UTC)


def test_compressed_answer_is_read_and_a_bomb_is_not() -> None:
    assert wire.decode(gzip.compress(b'{"id":1,"result":"8.2"}'), MOST) == {"id": 1, "result": "8.2"}
    with pytest.raises(ValueError, match="too large"):
        wire.decode(gzip.compress(b"[" + b"1," * MOST + b"1]"), MOST)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\x1f\x8bnot gzip",
        b'{"__class__":"Decimal"}',
        b'{"__class__":"Decimal","decimal":"ten"}',
        b'{"__class__":"date","year":2026,"month":13,"day":1}',
        b'{"__class__":"bytes","base64":1}',
        b'{"result":NaN}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_json_of_trytons_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        wire.decode(body, MOST)


def test_what_has_no_class_is_not_sent() -> None:
    with pytest.raises(TypeError):
        wire.encode({"x": object()})
