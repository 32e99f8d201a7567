"""Single sign-on by SAML 2.0 with a real provider (SEC-8). What its sessions are good for is in test_sso.py."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree
from tests.functional.identity import saml_company
from tests.functional.identity.saml_company import answer_of, post, sign_in
from tests.functional.identity.sso_company import ORIGIN, begin, entries, path, why
from tests.saml_idp.running import IdentityProvider, key_pair, person, running

from portico.identity.sso import service
from portico.testing.portal import Company, Portal

PEOPLE = {
    "mia": person("mia-1", "mia@work.example", "Mia Meyer"),
    "noa": person("noa-1", "noa@work.example", "Noa Nguyen"),
    "eve": person("eve-1", "eve@elsewhere.example", "Eve Else"),
    "new-mia": person("mia-2", "mia@work.example", "Mia Anew"),
}


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with running(PEOPLE) as found:
        yield found


@pytest.fixture
def company(portal: Portal, provider: IdentityProvider) -> Company:
    company = portal.company()
    saml_company.give(company, provider.metadata, "work.example", newcomers="agent")
    return company


def test_a_new_colleague_comes_in_and_the_deep_link_survives(company: Company, provider: IdentityProvider) -> None:
    client = sign_in(company, "mia", f"{company.prefix}/notices?show=all")
    assert client.answer.location == f"{ORIGIN}{company.prefix}/notices?show=all"
    assert client.get("/notices").status_int == 200
    assert "Mia Meyer" in client.get("/").text
    [entry] = entries(company, "sso.signed-in")
    assert (entry.actor, entry.after) == ("mia@work.example", {"issuer": provider.entity_id, "subject": "mia-1"})
    again = sign_in(company, "mia")
    assert again.get("/notices").status_int == 200
    assert len(entries(company, "sso.person-admitted")) == 1, "the second time they are known"


def test_the_answer_is_taken_whole_signed_as_well(portal: Portal) -> None:
    company = portal.company()
    with running(PEOPLE, signResponse=True) as provider:
        saml_company.give(company, provider.metadata, "work.example", newcomers="agent")
        assert sign_in(company, "mia").get("/notices").status_int == 200


@pytest.mark.parametrize(("options", "reason"), [
    ({"signAssertion": False}, "unsigned"),
    ({"signatureAlgorithm": "rsa-sha1", "digestAlgorithm": "sha1"}, "token"),
    ({"encryptionCert": key_pair()[0], "encryptionPublicKey": "made below"}, "encrypted"),
])
def test_what_is_not_signed_as_we_take_it_is_refused(options: dict[str, object], reason: str, portal: Portal) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if "encryptionCert" in options:
        key = x509.load_pem_x509_certificate(str(options["encryptionCert"]).encode()).public_key()
        options = options | {"encryptionPublicKey": key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()}
    company = portal.company()
    with running(PEOPLE, **options) as provider:
        saml_company.give(company, provider.metadata, "work.example", newcomers="agent")
        client = company.anonymous()
        acs, fields = answer_of(begin(client), "mia")
        assert why(post(company, fields, acs)) == reason
        assert "/sign-in?" in client.get("/notices", status=303).location


def test_the_company_decides_who_comes_in(company: Company) -> None:
    client = company.anonymous()
    acs, fields = answer_of(begin(client), "eve")
    assert why(client.get(path(post(company, fields, acs).location), status=303)) == "domain"
    sign_in(company, "mia")
    acs, fields = answer_of(begin(client), "new-mia")
    assert why(client.get(path(post(company, fields, acs).location), status=303)) == "another"


def test_an_answer_counts_once_and_in_the_browser_that_began(company: Company) -> None:
    client, other = company.anonymous(), company.anonymous()
    other.get("/sign-in")
    acs, fields = answer_of(begin(client), "mia")
    onward = path(post(company, fields, acs).location)
    assert why(post(company, fields, acs)) == "expired", "posted twice"
    assert why(other.get(onward, status=303)) == "expired", "in another browser"
    client.get(onward, status=303)
    assert client.get("/notices").status_int == 200
    assert why(client.get(onward, status=303)) == "expired", "the way back, twice"


def test_nobody_comes_back_without_an_answer(company: Company) -> None:
    client = company.anonymous()
    state = parse_qs(urlsplit(begin(client)).query)["RelayState"][0]
    assert why(client.get(f"{service.CALLBACK}?state={state}&code=x", status=303)) == "expired"
    for fields in ({}, {"RelayState": state}, {"RelayState": "another", "SAMLResponse": "PHg+"}):
        assert why(post(company, fields)) in ("expired", "token")


def test_an_answer_for_one_company_is_nothing_in_another(company: Company, provider: IdentityProvider, portal: Portal) -> None:
    other = portal.company()
    saml_company.give(other, provider.metadata, "work.example", newcomers="agent")
    client = company.anonymous()
    _acs, fields = answer_of(begin(client), "mia")
    assert why(post(other, fields)) == "expired"
    theirs = other.anonymous()
    state = parse_qs(urlsplit(begin(theirs)).query)["RelayState"][0]
    assert why(post(other, fields | {"RelayState": state})) == "audience"


def test_the_request_says_what_it_must(company: Company, provider: IdentityProvider) -> None:
    asked = parse_qs(urlsplit(begin(company.anonymous(), fresh="yes")).query)
    root = etree.fromstring(zlib.decompress(base64.b64decode(asked["SAMLRequest"][0]), -15))
    us = saml_company.us(company)
    assert root.get("AssertionConsumerServiceURL") == us.acs
    assert root.get("ForceAuthn") == "true"
    assert root.findtext("{*}Issuer") == us.entity_id
    assert root.get("Destination", "").startswith(provider.entity_id.removesuffix("/idp"))


def test_staff_who_must_use_it_still_prove_themselves_anew_by_it(company: Company) -> None:
    client = sign_in(company, "mia")
    sign_in(company, "mia", client=client, fresh="yes")
    acs, fields = answer_of(begin(client, fresh="yes"), "noa")
    assert why(client.get(path(post(company, fields, acs).location), status=303)) == "fresh", "somebody else"


def test_an_administrator_sets_it_up_by_its_pages(portal: Portal, provider: IdentityProvider) -> None:
    company = portal.company()
    admin = company.admin()
    page = admin.get("/admin/sso")
    assert saml_company.us(company).acs in page.text
    assert "Set up SAML 2.0" in page.text
    for text, told in (
        ("no XML", "This is no XML document."),
        ("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>", "The document has a part that is not taken here"),
        ("<x/>", "This is no description of one provider"),
        (provider.metadata.replace("IDPSSODescriptor", "AttributeAuthorityDescriptor"), "no provider that people sign in at"),
        (provider.metadata.replace("HTTP-Redirect", "SOAP"), "There is no address for HTTP-Redirect"),
        ("", "Fill this in."),
    ):
        refused = admin.post("/admin/sso/saml", {"name": "Work login", "metadata": text}, status=422)
        assert told in refused.text, text[:60]
        assert "Work login" in refused.text
    admin.post("/admin/sso/saml", {"name": "Work login", "metadata": provider.metadata}, status=303)
    admin.post("/admin/sso/test", {}, status=303)
    page = admin.get("/admin/sso")
    assert "It works" in page.text
    assert provider.entity_id in page.text
    admin.post("/admin/sso/saml", {"name": "New name", "metadata": ""}, status=303)
    assert "It works" in admin.get("/admin/sso"), "another name needs no new test"
    with company.system() as db:
        found = service.provider(db)
        assert found is not None
        assert (found.kind, found.name, found.issuer) == ("saml", "New name", provider.entity_id)


def test_the_portal_describes_itself(company: Company) -> None:
    answer = company.anonymous().get(service.METADATA)
    root = etree.fromstring(answer.body)
    us = saml_company.us(company)
    assert answer.content_type == "application/samlmetadata+xml"
    assert root.get("entityID") == us.entity_id
    assert root.find("{*}SPSSODescriptor/{*}AssertionConsumerService").get("Location") == us.acs
