"""Everything that can be wrong with a request, sent to every route of the route table through the whole server's stack.

Whatever is wrong, the answer is the caller's fault in so many words: 4xx, a page in the reader's language or a problem
document, with the security headers and an id for support.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from tests.walls.asgi import HOST, Got, Sent, Whole
from tests.walls.test_routes import _route_table, may, path
from tests.walls.world import Side, build_side

from portico.identity.permissions import SEEING
from portico.testing.portal import Portal
from portico.web.headers import OF_DOCUMENTS, standard
from portico.web.routes import RouteSpec

ALL = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@pytest.fixture(scope="module")
def whole(portal: Portal) -> Whole:
    return Whole(portal)


def where(spec: RouteSpec, side: Side) -> bytes:
    prefix = "" if spec.site == "apex" else side.company.prefix
    return (prefix + path(spec, side.samples)).encode()


@pytest.fixture(scope="module")
def signed_in(shared_left: Side, portal: Portal) -> tuple[bytes, bytes]:
    """The cookie of one whom every page below the company knows."""
    person = shared_left.clients["admin"].person
    assert person is not None
    return b"cookie", b"portico=" + portal.session(person).encode()


def malformed(at: bytes, method: str) -> Iterator[Sent]:
    """One request for each thing that can be wrong. None of them may reach a view."""
    prefix = re.match(rb"(/c/[a-z0-9-]+)?", at)
    assert prefix is not None
    root, rest = prefix[0], at[len(prefix[0]):]
    for bad in (b"/%ff", b"/%c0%af", b"/%ed%a0%80", b"/%00", b"//x", b"/../x", b"/%2e%2e/x", b"/\\x/.."):
        yield Sent(at.rstrip(b"/") + bad, method)
    for bad in (b"/" + rest, b"/%2f" + rest[1:], b"/." + rest, b"/%ff" + rest):
        yield Sent(root + bad, method)
    for query in (b"q=%00", b"q=%ff", b"%c0%af", b"lang=%ff", b"a=1&%00=2", b"q=%ED%A0%80"):
        yield Sent(at, method, query)
    for host in (b"", b"a b", b"a@b", b"[::1", b"x:99999999", b"\xff", b"nobody.example", None):
        yield Sent(at, method, host=host)
    yield Sent(at, method, headers=[(b"host", HOST)])
    yield Sent(at, method, headers=[(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")])
    yield Sent(at, method, headers=[(b"content-type", b"text/plain"), (b"content-type", b"application/json")])


def check(got: Got, sent: Sent, portal: Portal) -> None:
    said = (sent, got.status, got.headers, got.text[:300])
    assert 400 <= got.status < 500, said
    document = got.headers["content-type"].startswith("text/html")
    for name, value in standard(portal.settings).items():
        if name in OF_DOCUMENTS and not document:
            continue
        assert got.headers.get(name.lower()) == value, (name, said)
    assert re.fullmatch("[0-9a-f]{32}", got.headers.get("x-request-id", "")), said
    apart = sent.host == b"nobody.example" and sent.path.startswith(b"/c/")  # /c/… leads to companies of the apex alone
    if re.match(rb"(/c/[a-z0-9-]+)?/+api/", sent.path) and not apart:
        assert got.headers["content-type"].startswith("application/problem+json"), said
        problem = json.loads(got.text)
        assert problem["status"] == got.status, said
        assert problem["request_id"] == got.headers["x-request-id"], said
    else:
        assert got.headers["content-type"].startswith("text/html"), said
        assert got.headers["x-request-id"] in got.text, said


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "spec" in metafunc.fixturenames:
        found = _route_table()
        if metafunc.function is test_a_malformed_body_is_the_callers_fault:
            found = [one for one in found if one.method != "GET"]
        metafunc.parametrize("spec", found, ids=[f"{s.name}-{s.method}" for s in found])


def test_whatever_is_wrong_is_told_in_form(spec: RouteSpec, shared_left: Side, portal: Portal, whole: Whole) -> None:
    sent = list(malformed(where(spec, shared_left), spec.method))
    for one, got in zip(sent, whole.ask(*sent), strict=True):
        check(got, one, portal)


def test_a_wrong_method_is_told_which_ones_there_are(
    spec: RouteSpec, shared_left: Side, portal: Portal, whole: Whole, signed_in: tuple[bytes, bytes]
) -> None:
    at, headers = where(spec, shared_left), [signed_in]
    taken = {one.method for one in _route_table() if one.pattern == spec.pattern}
    wrong = [one for one in ALL if one not in taken]
    sent = [Sent(at, one, headers=headers) for one in wrong]
    for one, got in zip(sent, whole.ask(*sent), strict=True):
        check(got, one, portal)
        if got.status == 405:
            allowed = set(got.headers["allow"].split(", "))
            assert allowed <= {*taken, "HEAD"}, (one, allowed, taken)
            assert spec.method in allowed or len(taken) > 1
        else:
            assert got.status == 404, (one, got)
            assert spec.site == "apex" or "{" in spec.pattern, (one, got.status)


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
@pytest.mark.parametrize("asked", [Sent(b"/c/{slug}/%ff"), Sent(b"/c/{slug}//x"), Sent(b"/c/{slug}/", host=b"a b"),
                                   Sent(b"/c/{slug}/", query=b"q=%00"), Sent(b"/static/nothing.css"), Sent(b"/healthz", "POST")],
                         ids=["utf-8", "slashes", "host", "nul", "static", "method"])
def test_the_page_is_in_the_readers_language(asked: Sent, language: str, shared_left: Side, whole: Whole) -> None:
    at = asked.path.replace(b"{slug}", shared_left.company.slug.encode())
    headers = [(b"cookie", b"portico_lang=" + language.encode())]
    (got,) = whole.ask(Sent(at, asked.method, asked.query, headers, asked.host))
    direction = "rtl" if language == "ar" else "ltr"
    assert f'<html lang="{language}" dir="{direction}"' in got.text, got
    assert {"en": "Go to the start page", "fr": "Aller à l’accueil", "ar": "الذهاب إلى الصفحة الرئيسية"}[language] in got.text, got.text


FORM = b"application/x-www-form-urlencoded"
PARTS = b"multipart/form-data; boundary=x"
OFTEN = (b"token", b"handle", b"answer", b"version", b"email", b"password", b"name", b"code", b"next", b"to", b"account",
         b"connector", b"note", b"reason", b"SAMLResponse", b"RelayState")
"""Fields that views read by themselves, sent as files and as what a parser goes deep into."""
BODIES = [
    (FORM, b"\xff=\xff"),
    (FORM, b"quantity=%ff&name=%c0%af&version=%ed%a0%80"),
    (FORM, b"=&&&;=%zz"),
    (FORM, b"quantity=" + b"9" * 50_000),
    (FORM, b"&".join(b"a%d=" % number for number in range(3000))),
    (FORM + b"; charset=utf-16", b"a=b"),
    (FORM + b"; charset=nonsense", b"a=b"),
    (b"multipart/form-data", b"--x\r\n"),
    (PARTS, b""),
    (PARTS, b"nonsense"),
    (PARTS, b"--x\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\n\xff\r\n--x--"),
    (PARTS, b"--x\r\nContent-Disposition: form-data; name=\"name\"; filename=\"a\"\r\n\r\nfile\r\n--x--"),
    (PARTS, b"".join(b"--x\r\nContent-Disposition: form-data; name=\"%b\"; filename=\"a\"\r\n\r\nfile\r\n" % name for name in OFTEN) + b"--x--"),
    (FORM, b"&".join(b"%b=" % name + b"[" * 20_000 for name in OFTEN)),
    (PARTS, b"--x\r\n\r\n--x"),
    (b"multipart/form-data; boundary=" + b"y" * 500, b"--x--"),
    (b"text/plain", b"\0\xff"),
    (b"/;=,", b"x"),
]
JSON_BODIES = [
    (b"application/xml", b"{}", 415),
    (b"text/plain", b"{}", 415),
    (FORM, b"{}", 415),
    (b"application/json; charset=utf-16", b"{}", 415),
    (b"", b"{}", 415),
    (b"application/json", b"", 400),
    (b"application/json", b"{", 400),
    (b"application/json", b"\xff", 400),
    (b"application/json", b'{"a": 1, "a": 2}', 400),
    (b"application/json", b"[" * 100_000, 400),
    (b"application/json", b'{"a": NaN}', 400),
    (b"application/json", b'{"a": "\\ud800"}', 400),
    (b"application/json", b"[]", 422),
    (b"application/json", b"null", 422),
    (b"application/json", b'{"\\u0000": "\\u0000"}', 422),
]


def credentials(spec: RouteSpec, side: Side, portal: Portal) -> list[tuple[bytes, bytes]]:
    """Of somebody who may: what is malformed is looked at after who asks."""
    if spec.kind == "api":
        person = next((side.clients[who].person for who in ("owner", "agent", "admin") if may(side, who, spec)), None)
        return [] if person is None else [
            (name.lower().encode(), value.encode()) for name, value in side.company.api(person).headers.items()]
    client = portal.operator() if spec.site == "apex" else next(
        side.clients[who] for who in ("owner", "agent", "admin") if may(side, who, spec) or (who, spec.permission) == ("agent", SEEING))
    if spec.permission == SEEING:  # not their own, but of a view
        client.post(f"/admin/members/{side.samples['membership_id']}/see-as", {"reason": "as a test of all bodies"}, status=303)
    cookie = "; ".join(f"{one.name}={one.value}" for one in client.web.cookiejar)
    return [(b"cookie", cookie.encode()), (b"x-csrf-token", client.token().encode())]


@pytest.fixture(scope="module")
def unharmed() -> list[Side]:
    """Companies of which every body so far was refused."""
    return []


def test_a_malformed_body_is_the_callers_fault(spec: RouteSpec, portal: Portal, whole: Whole, unharmed: list[Side]) -> None:
    own = unharmed.pop() if unharmed else build_side(portal)  # some of these close the company even without a form
    at, who = where(spec, own), credentials(spec, own, portal)
    if spec.body is not None:
        bodies = [Sent(at, spec.method, headers=[*who, (b"content-type", kind)], body=body) for kind, body, _ in JSON_BODIES]
        expected: list[int | None] = [status for _, _, status in JSON_BODIES]
    else:
        bodies = [Sent(at, spec.method, headers=[*who, (b"content-type", kind)], body=body) for kind, body in BODIES]
        expected = [None] * len(BODIES)
    answers = whole.ask(*bodies)
    for status, one, got in zip(expected, bodies, answers, strict=True):
        assert got.status < 500, (one, got)
        assert status in (None, got.status), (one, got)
        if status is not None:
            check(got, one, portal)
    if spec.permission != SEEING and all(400 <= got.status for got in answers):
        unharmed.append(own)
