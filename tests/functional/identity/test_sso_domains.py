"""Domains are proved by the DNS, asked of a real server on loopback, or by an operator (SEC-8)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from tests.functional.identity.sso_company import entries

from portico.identity.sso import proof, service
from portico.identity.sso.host import DOMAIN_PROOF, ProofService
from portico.testing.portal import Company, Portal


class Names:
    """A DNS server for TXT records alone. broken: it answers that it cannot."""

    def __init__(self, port: int) -> None:
        self.address = f"127.0.0.1:{port}"
        self.records: dict[str, list[str]] = {}
        self.broken = False

    def answer(self, wire: bytes) -> bytes:
        query = dns.message.from_wire(wire)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        if self.broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.records:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        else:
            texts = [f'"{one}"' for one in self.records[name]]
            reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "TXT", *texts))
        return reply.to_wire()


@pytest.fixture
def names() -> Iterator[Names]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        found = Names(server.getsockname()[1])

        def serve() -> None:
            while True:
                wire, sender = server.recvfrom(4096)
                if not wire:
                    return
                server.sendto(found.answer(wire), sender)

        thread = threading.Thread(target=serve)
        thread.start()
        yield found
        server.sendto(b"", server.getsockname())
        thread.join()


@pytest.fixture
def company(portal: Portal, names: Names) -> Iterator[Company]:
    services = portal.parts.connections.services
    real = services[DOMAIN_PROOF]
    services[DOMAIN_PROOF] = (ProofService(names.address), real[1])
    yield portal.company()
    services[DOMAIN_PROOF] = real


def added(company: Company, text: str = "work.example") -> service.SsoDomain:
    with company.system() as db:
        return service.add_domain(db, text)


def check(company: Company, domain: service.SsoDomain) -> str:
    admin = company.admin()
    answer = admin.post(f"/admin/sso/domains/{domain.id}/check", status=303)
    return admin.get(answer.location.removeprefix("http://localhost:6543").partition("#")[0]).text


def verified_by(company: Company) -> list[str | None]:
    with company.system() as db:
        return [one.verified_by for one in service.domains(db)]


def test_a_record_of_the_companys_own_token_proves_a_domain(company: Company, names: Names) -> None:
    domain = added(company)
    assert "The record is not there yet" in check(company, domain)
    name = proof.record_name("work.example")
    names.records[name] = ["v=spf1 -all", proof.record_value("a token of another company")]
    check(company, domain)
    assert verified_by(company) == [None]
    names.records[name].append(proof.record_value(domain.token))
    assert "Proved by DNS" in check(company, domain)
    assert verified_by(company) == ["dns"]
    assert [one.after["by"] for one in entries(company, "sso.domain-verified")] == ["dns"]


def test_a_proof_that_is_gone_is_gone_and_a_silent_server_takes_none_away(company: Company, names: Names) -> None:
    domain = added(company)
    names.records[proof.record_name("work.example")] = [proof.record_value(domain.token)]
    check(company, domain)
    names.broken = True
    assert "The DNS of this domain does not answer" in check(company, domain)
    assert verified_by(company) == ["dns"]
    names.broken = False
    names.records.clear()
    check(company, domain)
    assert verified_by(company) == [None]
    assert len(entries(company, "sso.domain-lost")) == 1


def test_an_operator_vouches_and_is_named(company: Company, portal: Portal) -> None:
    domain = added(company)
    operator = portal.operator()
    operator.post(f"/operator/companies/{company.id}/sso/domains/{domain.id}/vouch", status=303)
    assert verified_by(company) == ["operator"]
    [entry] = entries(company, "sso.domain-verified")
    assert entry.actor.startswith("olga-")
    check(company, domain)
    assert verified_by(company) == ["operator"], "the DNS does not take away what an operator knows"


@pytest.mark.parametrize("text", ["com", "", "a b.com", "http://work.example", "*.work.example", "127.0.0.1:53", "-a.example", "x" * 64 + ".example"])
def test_what_is_no_domain_is_refused(text: str, company: Company) -> None:
    assert company.admin().post("/admin/sso/domains/new", {"domain": text}, status="*").status_int == 422
    assert verified_by(company) == []


def test_a_domain_may_be_written_as_people_do(company: Company) -> None:
    assert added(company, "@Wörk.Example ").domain == "xn--wrk-sna.example"
    assert company.admin().post("/admin/sso/domains/new", {"domain": "wörk.example"}, status="*").status_int == 409


