"""No connection goes to a private address, however it is written or named."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from portico.connections.egress import EgressGuard
from portico.settings import Listed, Settings, SettingsError
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "::7f00:1",
    "::10.0.0.1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2001:db8::1",
    "[::1]",
    "192.0.0.8",
    "192.88.99.1",
    "168.63.129.16",
    "100.100.100.200",
    "::ffff:168.63.129.16",
    "64:ff9b:1::7f00:1",
    "3fff::1",
    "fec0::1",
    "fd00:ec2::254",
]
NUMBERS = [
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "127.1",
    "127.0.1",
    "017700000001",
    "0x7f.1",
    "127.0.0.0x1",
    "1.2.3",
    "0",
    "example.1",
    "0X7F000001",
]
NO_HOSTS = [
    "",
    " ",
    "/var/run/postgresql",
    "@abstract",
    "a b",
    "a,b",
    "host/path",
    "user@host",
    "host:5432",
    "a..b",
    "http://host",
    "ho\x00st",
    "-a.example",
    "x" * 300,
    "[::1",
    "a" * 64 + ".example",
    "fe80::1%eth0",
]


def nobody(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host} must not be looked up")


@pytest.mark.parametrize("host", PRIVATE)
def test_private_address_is_refused(host: str) -> None:
    with pytest.raises(ConnectorRejectedError) as caught:
        EgressGuard(resolver=nobody).pin(host, 5432)
    assert (caught.value.field, caught.value.code) == ("host", "private")


@pytest.mark.parametrize("host", PRIVATE)
def test_name_that_means_a_private_address_is_refused(host: str) -> None:
    guard = EgressGuard(resolver=lambda _host, _port: [host.strip("[]")])
    with pytest.raises(ConnectorRejectedError):
        guard.pin("rebind.example", 5432)


@pytest.mark.parametrize("host", NUMBERS)
def test_number_that_a_resolver_would_take_for_an_address_is_refused(host: str) -> None:
    with pytest.raises(ConnectorRejectedError):
        EgressGuard((ip_network("127.0.0.0/8"),), nobody).pin(host, 5432)


@pytest.mark.parametrize("host", NO_HOSTS)
def test_what_is_no_host_name_is_refused(host: str) -> None:
    with pytest.raises(ConnectorRejectedError) as caught:
        EgressGuard((ip_network("0.0.0.0/0"),), nobody).pin(host, 5432)
    assert caught.value.field == "host"


@pytest.mark.parametrize("host", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::808:808"])
def test_public_address_is_pinned(host: str) -> None:
    assert EgressGuard(resolver=nobody).pin(host, 443).port == 443


def test_name_is_resolved_once_and_pinned() -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    pinned = EgressGuard(resolver=lambda _host, _port: next(answers)).pin("erp.example", 5432)
    assert (pinned.host, pinned.address) == ("erp.example", "93.184.216.34")


def test_first_address_that_may_be_called_is_taken() -> None:
    guard = EgressGuard(resolver=lambda _host, _port: ["10.0.0.1", "1.1.1.1"])
    assert guard.pin("both.example", 1).address == "1.1.1.1"


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1", True),
        ("::ffff:127.0.0.1", True),
        ("10.1.2.3", True),
        ("10.2.0.1", False),
        ("::1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
    ],
)
def test_only_the_opened_networks_are_open(host: str, allowed: bool) -> None:
    guard = EgressGuard((ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16")), nobody)
    if allowed:
        assert guard.pin(host, 5432).port == 5432
    else:
        with pytest.raises(ConnectorRejectedError):
            guard.pin(host, 5432)


def test_name_that_does_not_resolve_may_be_tried_again() -> None:
    def fails(host: str, port: int) -> list[str]:
        raise OSError("temporary failure in name resolution")

    with pytest.raises(ConnectorUnavailableError):
        EgressGuard(resolver=fails).pin("erp.example", 5432)


LISTED = Listed.read("erp.example.com, *.Example.ORG. 1.1.1.0/24 2606:4700::/32 10.1.0.0/16")
MEANINGS = {"inside.example": "10.1.2.3", "near.example": "1.1.1.9", "far.example": "8.8.8.8"}


def means(host: str, port: int) -> list[str]:
    """Each name that is not in MEANINGS has an address that is public and on no list."""
    return [MEANINGS.get(host, "9.9.9.9")]


@pytest.mark.parametrize(
    "host",
    ["erp.example.com", "ERP.example.com.", "a.example.org", "a.b.EXAMPLE.org", "1.1.1.1", "[2606:4700::1111]", "::ffff:1.1.1.1",
     "near.example"],
)
def test_what_the_operator_listed_is_called(host: str) -> None:
    assert EgressGuard(resolver=means, only=LISTED).pin(host, 443).port == 443


@pytest.mark.parametrize(
    "host",
    ["far.example", "example.com", "erp.example.com.evil.example", "not-erp.example.com", "example.org", "evilexample.org",
     "a.example.org.evil.example", "8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::808:808", "2606:4701::1"],
)
def test_everything_else_is_refused_once_there_is_a_list(host: str) -> None:
    assert EgressGuard(resolver=means).pin(host, 443).host == host, "without a list it may be called"
    with pytest.raises(ConnectorRejectedError) as caught:
        EgressGuard(resolver=means, only=LISTED).pin(host, 443)
    assert (caught.value.field, caught.value.code) == ("host", "not-listed")
    assert "Only whoever runs the portal can add it." in str(caught.value)


@pytest.mark.parametrize("host", ["10.1.2.3", "inside.example", "127.0.0.1"])
def test_the_list_opens_no_private_network(host: str) -> None:
    only = Listed.read("inside.example 10.1.0.0/16 127.0.0.0/8")
    with pytest.raises(ConnectorRejectedError) as caught:
        EgressGuard(resolver=means, only=only).pin(host, 443)
    assert caught.value.code == "private"
    assert EgressGuard((ip_network("10.0.0.0/8"), ip_network("127.0.0.0/8")), means, only).pin(host, 443).port == 443


def test_an_opened_network_is_not_on_the_list_by_that() -> None:
    with pytest.raises(ConnectorRejectedError):
        EgressGuard((ip_network("10.0.0.0/8"),), nobody, LISTED).pin("10.2.0.1", 443)


def test_a_name_that_cannot_be_on_the_list_is_not_even_asked_for() -> None:
    """A look-up tells the name's own server what is in it."""
    with pytest.raises(ConnectorRejectedError):
        EgressGuard(resolver=nobody, only=Listed.read("erp.example.com")).pin("secret-data.evil.example", 443)


def test_of_a_name_with_two_addresses_the_listed_one_is_called() -> None:
    guard = EgressGuard(resolver=lambda _host, _port: ["9.9.9.9", "1.1.1.1"], only=LISTED)
    assert guard.pin("both.example", 443).address == "1.1.1.1"


def test_a_server_of_the_operators_must_be_listed_with_all_that_its_name_means() -> None:
    guard = EgressGuard(resolver=lambda _host, _port: ["9.9.9.9", "1.1.1.1"], only=LISTED)
    guard.require_listed("erp.example.com", 25)
    with pytest.raises(ConnectorRejectedError):
        guard.require_listed("both.example", 25)
    EgressGuard(resolver=nobody).require_listed("both.example", 25)


@pytest.mark.parametrize("part", ["*", "*.", "*example.com", "a.*.example", "https://erp.example.com", "erp.example.com:443", "10.1.2.3/16",
                                  "127.1", "0x7f.1", "a..b", "erp_example.com/x", "ex\u00e4mple.com"])
def test_what_is_no_entry_of_the_list_stops_the_start(part: str) -> None:
    with pytest.raises(SettingsError, match="egress_only"):
        Settings.read({"portico.egress_only": f"erp.example.com {part}"}, {})


def test_the_list_is_read_from_the_settings() -> None:
    read = Settings.read({}, {"PORTICO_EGRESS_ONLY": "a.example *.b.example 10.0.0.0/8 [::1]", "PORTICO_MASTER_KEY": "A" * 43})
    assert read.egress_only == Listed(("a.example", "*.b.example"), (ip_network("10.0.0.0/8"), ip_network("::1/128")))
    assert not Settings.read({"portico.egress_only": " "}, {"PORTICO_MASTER_KEY": "A" * 43}).egress_only
