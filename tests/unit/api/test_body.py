import decimal
from typing import Any

import pytest
from pyramid.request import Request

from portico.api.body import MAX_DEPTH, JsonError, json_body
from portico.errors import MediaTypeError
from portico.web.i18n import translate

JSON = "application/json"


def request(body: bytes, kind: str | None = JSON) -> Request:
    made = Request.blank("/api/v1/portal/quotes", method="POST", body=body)
    made.headers.pop("Content-Type", None)
    if kind is not None:
        made.headers["Content-Type"] = kind
    return made


@pytest.mark.parametrize("kind", [JSON, "Application/JSON", JSON + "; charset=utf-8", JSON + ';charset="UTF-8"'])
def test_json_in_utf_8_is_read(kind: str) -> None:
    assert json_body(request('{"note": "é", "n": 1.10}'.encode(), kind)) == {"note": "é", "n": decimal.Decimal("1.10")}


@pytest.mark.parametrize("kind", [None, "", "application/xml", "text/plain", "text/json", "application/x-www-form-urlencoded",
                                  "multipart/form-data; boundary=x", JSON + "; charset=utf-16", JSON + "; charset=latin-1",
                                  "application/json, text/plain", "application/jsonp"])
def test_another_media_type_is_refused_whatever_the_body_looks_like(kind: str | None) -> None:
    with pytest.raises(MediaTypeError) as refused:
        json_body(request(b"{}", kind))
    assert refused.value.status == 415


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "line 1, column 1"),
        (b'{"a": }', "line 1, column 7"),
        (b"{'a': 1}", "line 1, column 2"),
        (b'{"a": 1}{"a": 2}', "line 1, column 9"),
        (b'{"a": "\xff"}', "not UTF-8, at byte 7"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b'\xef\xbb\xbf{}', "not valid JSON"),
        (b'{"note": "a", "note": "b"}', "“note” is there twice"),
        (b'[{"x": {"y": 1, "y": 1}}]', "“y” is there twice"),
        (b'{"n": NaN}', "“NaN” is not JSON"),
        (b'{"n": -Infinity}', "“-Infinity” is not JSON"),
        (b'{"n": ' + b"9" * 5000 + b"}", "too long"),
        (b'{"n": 1e99999999999999999999}', "too long"),
        (b'{"n": "\\ud800"}', "half a character"),
        (b'{"\\udfff": 1}', "half a character"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "deeper than 32"),
        (b"[" * 500_000, "deeper than 32"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "deeper than 32"),
    ],
)
def test_what_is_no_json_is_said_in_our_words(body: bytes, said: str) -> None:
    with pytest.raises(JsonError) as refused:
        json_body(request(body))
    assert refused.value.status == 400
    assert said in translate("en", refused.value.message)


@pytest.mark.parametrize("locale", ["fr", "ar"])
@pytest.mark.parametrize("body", [b"{", b'{"a":1,"a":2}', b"[" * 99, b"\xff", b"NaN", b'"\\ud800"'])
def test_the_words_are_translated(locale: str, body: bytes) -> None:
    with pytest.raises(JsonError) as refused:
        json_body(request(body))
    assert translate(locale, refused.value.message) != translate("en", refused.value.message)


@pytest.mark.parametrize("value", [[], {}, None, 1, "x"])
def test_as_deep_as_allowed_is_allowed(value: Any) -> None:
    assert json_body(request(b"[" * (MAX_DEPTH - 1) + b"1" + b"]" * (MAX_DEPTH - 1))) is not None
