"""What of single sign-on asks the outside, put behind the connection host: its limits, its breaker, its guard."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from portico.connections.connector import CapabilityReport, Egress
from portico.connections.host import ConnectionHost
from portico.connections.secrets import Cipher
from portico.connections.target import NoConnectionError, Target
from portico.errors import NotFoundError
from portico.identity.sso import proof, service
from portico.identity.sso.client import SERVICE, OidcService

DOMAIN_PROOF = "domain-proof"


class ProofService:
    """Looks into the DNS. The only server that is asked is the operator's resolver: a company names a domain, no host."""

    name = "dns"
    title = "DNS"
    capabilities = frozenset({DOMAIN_PROOF})
    secret_fields: tuple[str, ...] = ()

    def __init__(self, resolver: str) -> None:
        self.resolver = resolver

    def settings_schema(self) -> Any:
        raise LookupError("domains have a page of their own")

    def open(self, config: Mapping[str, Any], secrets: Mapping[str, str], *, egress: Egress) -> ProofClient:
        return ProofClient(self.resolver, str(config["domain"]), str(config["token"]))


class ProofClient:
    def __init__(self, resolver: str, domain: str, token: str) -> None:
        self._asked = (resolver, domain, token)

    def shows(self) -> bool:
        """Raises ConnectorUnavailableError."""
        return proof.shows(*self._asked)

    def test(self) -> Sequence[CapabilityReport]:
        return [CapabilityReport(DOMAIN_PROOF, self.shows(), "")]

    def close(self) -> None:
        """Nothing is kept open."""


def load_domain(db: Session, cipher: Cipher, domain_id: uuid.UUID) -> Target:
    """Raises NoConnectionError."""
    try:
        found = service.domain(db, domain_id)
    except NotFoundError:
        raise NoConnectionError(str(domain_id)) from None
    config = {"domain": found.domain, "token": found.token}
    return Target(found.tenant_id, found.id, "dns", found.domain, 1, config, {})


def register(host: ConnectionHost, settings: Any) -> None:
    """An installation on https speaks https alone; one on plain http, the demo, takes providers on plain http too."""
    host.register_service(SERVICE, OidcService(plain=not settings.secure), service.load)
    host.register_service(DOMAIN_PROOF, ProofService(settings.dns_server), load_domain)
