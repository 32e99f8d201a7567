"""The guarded way out, for databases, HTTP and mail servers alike: resolve once, refuse private addresses,
pin.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from typing import Any

from portico.connections.connector import PinnedAddress
from portico.connections.errors import ConnectorRejectedError, ConnectorUnavailableError
from portico.settings import Listed
from portico.web.i18n import _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], list[str]]

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*")
# What inet_aton reads as an address although it is no dotted quad: 2130706433, 0x7f.1, 0177.0.0.1, 127.1.
_NUMBER_LIKE = re.compile(r"(0[xX][0-9A-Fa-f]*|[0-9]+)")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Not public, whatever this version of Python says: IETF assignments, 6to4 relays, NAT64 of a site (RFC 8215), documentation (RFC
# 9637), site-local addresses (RFC 3879), and a cloud's own server that hands out a machine's credentials at a public address.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "64:ff9b:1::/48", "3fff::/20", "fec0::/10")
)


def resolve(host: str, port: int) -> list[str]:
    found: Iterable[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class EgressGuard:
    """allow: private networks that the operator has opened for connections. only: all that may be called; it opens no
    private network by itself. Empty: every public address.
    """

    def __init__(self, allow: Iterable[Network] = (), resolver: Resolver = resolve, only: Listed = Listed()) -> None:
        self._allow = tuple(allow)
        self._only = only
        self._resolve = resolver

    def pin(self, host: str, port: int) -> PinnedAddress:
        """The address to connect to. Only it may be used: the name could mean something else a moment later.

        Raises ConnectorRejectedError (field "host") for what must not be called, ConnectorUnavailableError
        for a name that does not resolve.
        """
        name, found = self._found(host, port)
        listed = [one for one in found if self._is_listed(name, one)]
        for address in listed:
            if self.may_call(address):
                return PinnedAddress(name, str(address), port)
        if not listed and found:
            raise _not_listed()
        raise ConnectorRejectedError(
            "host",
            _("This address is in a private network that the operator has not opened."),
            code="private",
        )

    def require_listed(self, host: str, port: int) -> None:
        """For a server that the operator names, in a private network or not. Raises ConnectorRejectedError unless there is no
        list or the host is on it, or all that its name means; ConnectorUnavailableError as `pin` does.
        """
        if self._only:
            name, found = self._found(host, port)
            if not all(self._is_listed(name, address) for address in found):
                raise _not_listed()

    def _found(self, host: str, port: int) -> tuple[str, list[Address]]:
        """The host's name and what it means. Nobody is asked for a name that cannot be on the list: asking tells it."""
        name = host.strip().rstrip(".")
        literal = _literal(name.strip("[]"))
        if literal is None and (not _HOST.fullmatch(name) or _NUMBER_LIKE.fullmatch(name.rsplit(".", 1)[-1])):
            raise ConnectorRejectedError("host", _("This is not a host name."), code="host")
        if literal is not None:
            return name, [literal]
        if self._only and not self._only.networks and not self._is_listed(name):
            raise _not_listed()
        read = (_literal(text.split("%", 1)[0]) for text in self._addresses(name, port))
        return name, [address for address in read if address is not None]

    def _is_listed(self, name: str, address: Address | None = None) -> bool:
        """By its name, or by the network of its address, of an embedded one too. Everything is where there is no list."""
        called = name.lower()
        for one in self._only.hosts:
            if called.endswith(one[1:]) if one.startswith("*.") else called == one:
                return True
        candidates = [one for one in (address, address and _embedded(address)) if one is not None]
        return not self._only or any(
            one in network for one in candidates for network in self._only.networks if one.version == network.version
        )

    def may_call(self, address: Address) -> bool:
        """Public addresses, and private ones of the opened networks. An embedded IPv4 address decides for its
        cover.
        """
        inner = _embedded(address)
        candidates = [address] if inner is None else [address, inner]
        if any(
            one in network for one in candidates for network in self._allow if one.version == network.version
        ):
            return True
        if any(one in network for one in candidates for network in _NOT_PUBLIC if one.version == network.version):
            return False
        return all(one.is_global and not one.is_multicast for one in candidates[-1:]) and not (
            inner is None and (address.is_reserved or address.is_unspecified)
        )

    def opened(self, host: str) -> bool:
        """Whether this is an address in a private network that the operator has opened; a name is none, but for localhost,
        which means the same everywhere (RFC 6761 §6.3).
        """
        name = host.strip().rstrip(".")
        address = _literal("127.0.0.1" if name.lower() == "localhost" else name.strip("[]"))
        return address is not None and any(
            address in network for network in self._allow if address.version == network.version
        )

    def _addresses(self, name: str, port: int) -> list[str]:
        try:
            return self._resolve(name, port)
        except (OSError, UnicodeError) as error:
            raise ConnectorUnavailableError(_("The host name cannot be found.")) from error


def _not_listed() -> ConnectorRejectedError:
    words = _("This portal calls nothing but what its operator has listed, and this address is not on the list. "
              "Only whoever runs the portal can add it.")
    return ConnectorRejectedError("host", words, code="not-listed")


def _literal(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside a mapped, compatible, 6to4, Teredo or NAT64 one."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64 or int(address) >> 32 == 0 and int(address) > 1:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
