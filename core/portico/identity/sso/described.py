"""The two sides of a sign-in by SAML 2.0, as they know each other. Apart from `saml`, which loads an XML library."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 256 * 1024
"""Characters of an answer, or of a provider's description."""


@dataclass(frozen=True)
class Described:
    """A provider. entry: where a browser is sent. certificates: in PEM, any of which may have signed."""

    entity_id: str
    entry: str
    certificates: tuple[str, ...]


@dataclass(frozen=True)
class Us:
    """This portal as the provider knows it. acs: where answers are posted."""

    entity_id: str
    acs: str
