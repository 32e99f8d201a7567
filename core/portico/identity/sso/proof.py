"""Looks for the proof that a domain is a company's: a TXT record that only who runs its DNS can make."""

from __future__ import annotations

import dns.exception
import dns.resolver

from portico.connections.errors import ConnectorUnavailableError
from portico.web.i18n import _

PREFIX, VALUE = "_portico-challenge", "portico-domain-verification="
PATIENCE_S = 4.0


def record_name(domain: str) -> str:
    return f"{PREFIX}.{domain}"


def record_value(token: str) -> str:
    return VALUE + token


def shows(resolver: str, domain: str, token: str) -> bool:
    """True if the record is there. resolver: "host:port" of a DNS server, "" for the system's own.

    Raises ConnectorUnavailableError if nobody knows: that is no answer of the domain's.
    """
    asking = dns.resolver.Resolver(configure=not resolver)
    if resolver:
        host, _colon, port = resolver.rpartition(":")
        asking.nameservers, asking.port = [host.strip("[]")], int(port)
    asking.lifetime = PATIENCE_S
    try:
        answer = asking.resolve(record_name(domain), "TXT", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return False
    except dns.exception.DNSException as error:
        raise ConnectorUnavailableError(_("The DNS of this domain does not answer.")) from error
    return any(b"".join(record.strings) == record_value(token).encode() for record in answer)
