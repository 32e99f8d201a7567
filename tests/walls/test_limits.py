"""Every route has a rate class that counts: generated from the route table (SEC-7; ASVS 2.4.1, 6.3.1)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from tests.walls.test_routes import _route_table, path
from tests.walls.world import Side

from portico.identity.permissions import PUBLIC
from portico.settings import Allowance
from portico.testing.client import Client
from portico.testing.portal import Portal
from portico.web.limits import ANONYMOUS, CLASSES, MINUTE_S, READ, SENSITIVE, WRITE
from portico.web.routes import RouteSpec

READING = ("GET", "HEAD")
NOT_SENSITIVE = {
    "core.api.refresh": "its token cannot be guessed; programs behind one address renew theirs together",
}
"""What strangers may send and is no more than a write, each with the reason."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "spec" in metafunc.fixturenames:
        found = _route_table()
        metafunc.parametrize("spec", found, ids=[f"{s.name}-{s.method}" for s in found])


def test_the_class_fits_what_the_route_does(spec: RouteSpec) -> None:
    assert spec.rate in CLASSES
    if spec.method in READING:
        assert spec.rate in (READ, ANONYMOUS)
    else:
        assert spec.rate in (WRITE, SENSITIVE)
        assert spec.permission != PUBLIC or spec.rate == SENSITIVE or spec.name in NOT_SENSITIVE
    if spec.rate == ANONYMOUS:
        assert spec.permission == PUBLIC


def within_one_window(ask: Callable[[], None]) -> None:
    """Requests are counted by the minute: what was asked on both sides of a minute's end is asked anew."""
    while True:
        minute = int(time.time() // MINUTE_S)
        try:
            ask()
        except AssertionError:
            if int(time.time() // MINUTE_S) == minute:
                raise
        else:
            return


@pytest.fixture
def tight(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two of each from an address, none of anything else."""
    limits = portal.parts.limits
    monkeypatch.setattr(limits, "allowed", dict.fromkeys(CLASSES, Allowance(0, 2, 0)))
    return


def test_the_third_is_too_many(spec: RouteSpec, portal: Portal, shared_left: Side, tight: None) -> None:
    """Whoever asks, and whether or not they may: who is refused was counted too."""
    within_one_window(lambda: _third(spec, portal, shared_left))


def _third(spec: RouteSpec, portal: Portal, shared_left: Side) -> None:
    client = Client(portal.app, "" if spec.site == "apex" else shared_left.company.prefix)
    url = client.prefix + path(spec, shared_left.samples)
    options = {"method": spec.method, "expect_errors": True, "headers": {"Accept-Language": "fr"}}
    for _ in range(2):
        assert client.web.request(url, **options).status_int != 429
    answer = client.web.request(url, **options)
    assert answer.status_int == 429, (answer.status, answer.text[:300])
    assert 1 <= int(answer.headers["Retry-After"]) <= 15 * 60
    assert answer.headers["Cache-Control"] == "no-store"
    if spec.pattern.startswith("/api/"):
        assert answer.content_type == "application/problem+json"
        assert answer.json["code"] == "too-many-requests"
    else:
        assert '<html lang="fr"' in answer.text
    assert Client(portal.app).web.request(url, **options).status_int != 429, "another address is another matter"


def test_what_does_not_exist_is_counted(portal: Portal, shared_left: Side, tight: None) -> None:
    def ask() -> None:
        client = shared_left.company.anonymous()
        found = [client.get(f"/{page}", status="*").status_int for page in ("no-page", "none-either", "nor-this", "api/v1/portal/no-such-thing")]
        assert found == [404, 404, 429, 429]

    within_one_window(ask)
