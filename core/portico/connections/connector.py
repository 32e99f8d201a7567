"""What a connector is to the portal: a description of its settings and a function that opens a client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class CapabilityReport:
    """What a test of the connection found for one capability. `detail` is a sentence for people, `title` what they call the
    capability; without one they read its name.
    """

    capability: str
    ok: bool
    detail: str
    rows_seen: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class CapabilityWords:
    """What people read of a capability. title: what they call it. without: a sentence on what the portal does not offer where a
    connector lacks it. Both TranslationStrings.
    """

    title: Any
    without: Any


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` within any `per_s` seconds."""

    calls: int
    per_s: int


@runtime_checkable
class Check(Protocol):
    """Every client: look whether each declared capability works, changing nothing."""

    def test(self) -> Sequence[CapabilityReport]:
        """One report per declared capability. Raises only when the ERP as a whole cannot be reached or logged
        into.
        """

    def close(self) -> None:
        """Give back sockets and threads; the client is not used again."""


@dataclass(frozen=True, slots=True)
class PinnedAddress:
    """A host that was resolved once and may be called. Connect to `address`; use `host` for TLS names and
    headers.
    """

    host: str
    address: str
    port: int


@runtime_checkable
class Egress(Protocol):
    """The portal's guard of the way out. A connector asks it before every new connection, and connects where
    it says.
    """

    def pin(self, host: str, port: int) -> PinnedAddress:
        """Resolve `host` once. Raises ConnectorRejectedError(field "host") when the portal must not go there,
        ConnectorUnavailableError when the name does not resolve now.
        """

    def opened(self, host: str) -> bool:
        """Whether this is an address in a network that the operator has opened for connections."""

    def file(self, name: str) -> Path:
        """A file of that name in the folder that the operator keeps for the company on the portal's machine. Raises
        ConnectorRejectedError(field "database") for a name that is none, and where there is no such file or folder.
        """


@runtime_checkable
class Connector(Protocol):
    """One kind of ERP. Stateless: one object serves all companies.

    `name`: stable, as stored with a connection. `title`: for people, an English msgid.
    `capabilities`: names out of a contract package, or declared by a plugin.
    `secret_fields`: fields of the settings schema that are stored encrypted and never shown.
    """

    name: str
    title: str
    capabilities: frozenset[str]
    secret_fields: tuple[str, ...]

    def settings_schema(self) -> Any:
        """A new Colander schema of all settings, secret ones included. Unknown fields are its error."""

    # Optional: def capabilities_of(self, config) -> frozenset[str]
    # What a connection with these settings can do, instead of `capabilities`. Called with stored settings, on pages too: no I/O.
    # Optional: address_fields: tuple[str, ...] = ("host", "port", "url")
    # Settings that say where the secrets are sent: when one of them changes, stored secrets have to be entered again.
    # Optional: def rate(self, config) -> Rate | None
    # How often a system with these settings likes to be called, as long as its administrator says nothing else. No I/O.
    # Optional: def unverified(self, config, *, opened) -> str | None
    # The setting by which the connection does without checking who answers at its `host`; None: it is checked. The portal
    # then takes such settings for addresses in networks that the operator has opened (`opened`), and for no others.

    def open(self, config: Mapping[str, Any], secrets: Mapping[str, str], *, egress: Egress) -> Check:
        """A client for one company. Must not block: sockets are opened by the first call, in the portal's
        threads.

        Raises ConnectorRejectedError with the field when the settings make no sense.
        """
