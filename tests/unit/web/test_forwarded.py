import asyncio
from ipaddress import ip_network

import pytest

from portico.web.forwarded import ForwardedMiddleware

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


def through(peer: str, *headers: tuple[bytes, bytes], trusted: tuple = TRUSTED) -> dict:
    seen: dict = {}

    async def app(scope: dict, receive: object, send: object) -> None:
        seen.update(scope)

    scope = {"type": "http", "scheme": "http", "client": (peer, 5), "headers": [(b"host", b"h"), *headers]}
    asyncio.run(ForwardedMiddleware(app, trusted)(scope, None, None))  # type: ignore[arg-type]
    return seen


@pytest.mark.parametrize(
    "name",
    [
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-forwarded-host",
        b"forwarded",
        b"x-real-ip",
        b"x-forwarded-prefix",
    ],
)
@pytest.mark.parametrize("peer", ["10.0.0.1", "203.0.113.9"])
def test_nothing_of_a_proxys_headers_reaches_the_application(name: bytes, peer: str) -> None:
    assert through(peer, (name, b"x"))["headers"] == [(b"host", b"h")]


def test_a_stranger_is_not_believed() -> None:
    seen = through("203.0.113.9", (b"x-forwarded-for", b"10.9.9.9"), (b"x-forwarded-proto", b"https"))
    assert (seen["client"], seen["scheme"]) == (("203.0.113.9", 5), "http")


def test_by_default_nobody_is_believed() -> None:
    assert through("127.0.0.1", (b"x-forwarded-proto", b"https"), trusted=())["scheme"] == "http"


def test_a_trusted_proxy_names_visitor_and_scheme() -> None:
    seen = through("10.0.0.1", (b"x-forwarded-for", b"198.51.100.7"), (b"x-forwarded-proto", b"https"))
    assert (seen["client"], seen["scheme"]) == (("198.51.100.7", 0), "https")


def test_what_the_visitor_wrote_before_the_proxy_is_not_taken() -> None:
    seen = through(
        "10.0.0.1",
        (b"x-forwarded-for", b"1.2.3.4, 198.51.100.7"),
        (b"x-forwarded-for", b"10.0.0.2"),
        (b"x-forwarded-proto", b"https, http"),
    )
    assert seen["client"][0] == "198.51.100.7"
    assert seen["scheme"] == "http"


@pytest.mark.parametrize("said", [b"unknown", b"", b"1.2.3.4, rubbish", b"198.51.100.7:80"])
def test_an_unreadable_hop_leaves_the_peer(said: bytes) -> None:
    assert through("10.0.0.1", (b"x-forwarded-for", said))["client"][0] == "10.0.0.1"


def test_an_ipv4_peer_on_an_ipv6_socket_is_recognised() -> None:
    assert through("::ffff:10.0.0.1", (b"x-forwarded-proto", b"https"))["scheme"] == "https"
