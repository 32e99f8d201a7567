"""Arguments of a job are JSON and small."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from portico.jobs.errors import JobArgumentsError
from portico.jobs.queue import encode


def test_uuid_becomes_text() -> None:
    assert encode({"id": UUID(int=7), "n": [1, None]}) == (
        '{"id":"00000000-0000-0000-0000-000000000007","n":[1,null]}'
    )


def test_text_that_only_looks_like_an_escape_passes() -> None:
    assert encode({"a": r"\u0000"}) == r'{"a":"\\u0000"}'


@pytest.mark.parametrize(
    "value", [Decimal("1.10"), datetime(2026, 1, 1), float("nan"), b"x", object(), "x" * 70_000, "a\0b"]
)
def test_what_is_not_small_json_is_refused(value: object) -> None:
    with pytest.raises(JobArgumentsError):
        encode({"value": value})
