"""What answers over HTTP mean to the portal, and numbers that keep their digits both ways."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest

from portico.connections.errors import (
    ConnectorError,
    ConnectorRejectedError,
    ConnectorUnauthorisedError,
    ConnectorUnavailableError,
)
from portico.connections.http import HttpAnswer, written


def answer(status: int, body: bytes = b"", **headers: str) -> HttpAnswer:
    return HttpAnswer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, ConnectorRejectedError),
        (400, ConnectorRejectedError),
        (401, ConnectorUnauthorisedError),
        (403, ConnectorUnauthorisedError),
        (404, ConnectorRejectedError),
        (408, ConnectorUnavailableError),
        (422, ConnectorRejectedError),
        (429, ConnectorUnavailableError),
        (500, ConnectorUnavailableError),
        (503, ConnectorUnavailableError),
    ],
)
def test_status_is_one_of_three_errors(status: int, kind: type[ConnectorError]) -> None:
    assert type(answer(status).error()) is kind


def test_success_is_no_error() -> None:
    assert [answer(status).error() for status in (200, 201, 204, 206)] == [None] * 4


def test_server_says_how_long_to_wait() -> None:
    def wait_s(text: str) -> float | None:
        error = answer(429, retry_after=text).error()
        assert isinstance(error, ConnectorUnavailableError)
        return error.retry_after_s

    assert wait_s("7") == 7
    assert wait_s("999999999") == 3600
    assert wait_s("soon") is None
    assert wait_s("") is None
    assert wait_s(format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)) == 0
    assert 3000 < (wait_s(format_datetime(datetime.now(UTC) + timedelta(seconds=3500), usegmt=True)) or 0) <= 3500


def test_numbers_keep_their_digits_both_ways() -> None:
    value = {"price": Decimal("0.10"), "rows": [Decimal("1E+3"), 7, True, None, "é\n\""], "on": date(2026, 3, 29)}
    assert written(value) == '{"price":0.10,"rows":[1000,7,true,null,"é\\n\\""],"on":"2026-03-29"}'
    assert str(answer(200, written(value).encode()).json()["price"]) == "0.10"
    assert json.loads(written(value))["on"] == "2026-03-29"


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_rejected_as_a_fault_of_the_system(body: bytes) -> None:
    with pytest.raises(ConnectorRejectedError) as caught:
        answer(200, body).json()
    assert caught.value.is_fault


@pytest.mark.parametrize("value", [Decimal("NaN"), float("inf"), {1, 2}, b"x"])
def test_what_json_does_not_have_is_not_written(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        written(value)
