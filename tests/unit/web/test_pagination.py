import base64
import datetime as dt
import json
import uuid

import pytest

from portico.errors import InvalidError
from portico.web.pagination import decode_cursor, encode_cursor

TYPES = (dt.datetime.fromisoformat, uuid.UUID)
MOMENT, ID = dt.datetime(2026, 5, 1, tzinfo=dt.UTC), uuid.UUID(int=7)


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def test_a_cursor_of_ours_comes_back() -> None:
    assert decode_cursor(encode_cursor([MOMENT, ID]), TYPES) == [MOMENT, ID]


@pytest.mark.parametrize(
    "values",
    [(None, None), (MOMENT.isoformat(), None), ("2026-05-01", str(ID)), (MOMENT.isoformat(), "x"), (True, str(ID)),
     ([], {}), (MOMENT.isoformat(),), (1.5, str(ID))],
)
def test_a_cursor_that_nobody_made_is_refused(values: tuple[object, ...]) -> None:
    with pytest.raises(InvalidError):
        decode_cursor(cursor(*values), TYPES)


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_no_database_takes_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        decode_cursor(cursor(text), (str,))


@pytest.mark.parametrize("raw", ["", "%%%", "é", "W", "bnVsbA"])
def test_what_is_no_cursor_is_refused(raw: str) -> None:
    with pytest.raises(InvalidError):
        decode_cursor(raw, TYPES)
