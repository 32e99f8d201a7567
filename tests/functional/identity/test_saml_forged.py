"""SAML 2.0 against a provider that lies: nothing that is not exactly right lets anybody in (SEC-8; ASVS 6.8.2, 6.8.3, 1.5.1)."""

from __future__ import annotations

import base64
import datetime as dt
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from lxml import etree
from signxml import DigestAlgorithm, SignatureMethod, XMLSigner, methods
from tests.functional.identity import saml_company
from tests.functional.identity.saml_company import ENTITY, metadata, post
from tests.functional.identity.sso_company import begin, entries, path, why
from tests.saml_idp.running import key_pair

from portico.identity.sso import saml
from portico.identity.sso.described import Described
from portico.testing.client import Client
from portico.testing.portal import Company, Portal

EMAIL = "mia@forged.example"
CERTIFICATE, KEY = key_pair()
STRANGER = key_pair()
P, A, D = (f"{{{saml.NS[one]}}}" for one in "pad")


def at(seconds: int) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Answer:
    """An honest answer; a test changes what it wants before or after it is signed."""

    acs: str
    audience: str
    request: str
    root: Any = field(init=False)

    def __post_init__(self) -> None:
        self.root = etree.fromstring(f"""
<samlp:Response xmlns:samlp="{saml.PROTOCOL}" xmlns:saml="{saml.ASSERTION}" ID="_r" Version="2.0" IssueInstant="{at(0)}"
 Destination="{self.acs}" InResponseTo="{self.request}"><saml:Issuer>{ENTITY}</saml:Issuer><samlp:Status><samlp:StatusCode
 Value="{saml.SUCCESS}"/></samlp:Status><saml:Assertion ID="_a" Version="2.0" IssueInstant="{at(0)}"><saml:Issuer>{ENTITY}</saml:Issuer>
<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">subject-1</saml:NameID>
<saml:SubjectConfirmation Method="{saml.BEARER}"><saml:SubjectConfirmationData Recipient="{self.acs}" NotOnOrAfter="{at(300)}"
 InResponseTo="{self.request}"/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{at(-5)}" NotOnOrAfter="{at(300)}"><saml:AudienceRestriction><saml:Audience>{self.audience}</saml:Audience>
</saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{at(-5)}"/>
<saml:AttributeStatement><saml:Attribute Name="email"><saml:AttributeValue>{EMAIL}</saml:AttributeValue></saml:Attribute>
</saml:AttributeStatement></saml:Assertion></samlp:Response>""".strip())

    def one(self, where: str) -> Any:
        found = self.root.find(f".//{where}")
        assert found is not None, where
        return found

    def set(self, where: str, name: str, value: str | None) -> None:
        element = self.one(where) if where else self.root
        if value is None:
            del element.attrib[name]
        else:
            element.set(name, value)

    def drop(self, where: str) -> None:
        element = self.one(where)
        element.getparent().remove(element)

    def sign(self, *, whole: bool = False, key: str = KEY, certificate: str = CERTIFICATE, **how: Any) -> None:
        options = {"method": methods.enveloped, "signature_algorithm": SignatureMethod.RSA_SHA256,
                   "digest_algorithm": DigestAlgorithm.SHA256, "c14n_algorithm": "http://www.w3.org/2001/10/xml-exc-c14n#"} | how
        target = self.root if whole else self.one(A + "Assertion")
        signed = XMLSigner(**options).sign(etree.fromstring(etree.tostring(target)), key=key, cert=certificate,
                                           reference_uri="#_r" if whole else "#_a", id_attribute="ID")
        if whole:
            self.root = signed
        else:
            self.root.replace(target, signed)

    def text(self) -> str:
        return etree.tostring(self.root).decode()


Forge = Callable[[Answer], Any]


def changed(where: str, name: str, value: str | int | None) -> Forge:
    """An honest answer but for this, signed as it then is. A number: so many seconds from when it is made."""
    def forge(answer: Answer) -> None:
        answer.set(where, name, at(value) if isinstance(value, int) else value)
        answer.sign()

    return forge


def said(where: str, text: str) -> Forge:
    def forge(answer: Answer) -> None:
        answer.one(where).text = text
        answer.sign()

    return forge


def without(where: str) -> Forge:
    def forge(answer: Answer) -> None:
        answer.drop(where)
        answer.sign()

    return forge


def after_signing(where: str, text: str) -> Forge:
    def forge(answer: Answer) -> None:
        answer.sign()
        answer.one(where).text = text

    return forge


def wrapped_beside(answer: Answer) -> None:
    """The signed assertion is kept, another with somebody else's name stands before it (XSW)."""
    answer.sign()
    other = etree.fromstring(etree.tostring(answer.one(A + "Assertion")))
    other.set("ID", "_b")
    other.remove(other.find(D + "Signature"))
    other.find(f"{A}Subject/{A}NameID").text = "the director"
    answer.root.insert(2, other)


def wrapped_within(answer: Answer) -> None:
    """The same, with the signed one hidden inside of the signature of the other."""
    answer.sign()
    signed = answer.one(A + "Assertion")
    other = etree.fromstring(etree.tostring(signed))
    other.find(f"{A}Subject/{A}NameID").text = "the director"
    other.set("ID", "_b")
    answer.root.replace(signed, other)
    etree.SubElement(other.find(D + "Signature"), D + "Object").append(signed)


def wrapped_by_one_name(answer: Answer) -> None:
    """Two elements of one ID: which is it that was signed?"""
    answer.sign()
    extra = etree.SubElement(answer.one(P + "Status"), P + "StatusDetail")
    extra.set("ID", "_a")


def whole_wrapped(answer: Answer) -> None:
    """An answer that was signed as a whole, put into another one as a detail."""
    answer.sign(whole=True)
    inner, outer = answer.root, Answer(answer.acs, answer.audience, answer.request)
    outer.root.set("ID", "_other")
    outer.one(A + "NameID").text = "the director"
    outer.one(A + "Assertion").set("ID", "_b")
    etree.SubElement(outer.one(P + "Status"), P + "StatusDetail").append(inner)
    signature = etree.fromstring(etree.tostring(inner.find(D + "Signature")))
    outer.root.insert(1, signature)
    answer.root = outer.root


def with_a_comment(answer: Answer) -> str:
    """The name is signed with a comment in it, which canonical XML leaves out and some readers stop at."""
    answer.one(A + "AttributeValue").text = EMAIL + ".elsewhere.example"
    answer.sign()
    return answer.text().replace(EMAIL + ".elsewhere", EMAIL + "<!---->.elsewhere")


def of_a_type(answer: Answer) -> str:
    answer.sign()
    return '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + answer.text().replace("subject-1", "&e;")


def billion_laughs(answer: Answer) -> str:
    return ('<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
            + answer.text().replace("subject-1", "&c;"))


def by_hmac_of_the_certificate(answer: Answer) -> None:
    """What everybody knows of the provider as the secret."""
    answer.sign()
    signed = answer.one(A + "Assertion")
    signed.find(f".//{D}SignatureMethod").set("Algorithm", SignatureMethod.HMAC_SHA256.value)


def another_namespace(answer: Answer) -> str:
    answer.sign()
    return answer.text().replace(saml.ASSERTION, "urn:oasis:names:tc:SAML:1.0:assertion")


def two_addresses(answer: Answer) -> None:
    etree.SubElement(answer.one(A + "Attribute"), A + "AttributeValue").text = "ada@forged.example"
    answer.sign()


def canonical_at_any_price(answer: Answer) -> str:
    """Inclusive canonical XML with many names and elements takes minutes, and is made before the signature is compared."""
    answer.sign()
    names = " ".join(f'xmlns:n{number}="urn:{number}"' for number in range(1000))
    method = 'Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"'
    text = answer.text().replace("<ds:Transforms>", f"<ds:Transforms {names}><ds:{method}>" + "<x/>" * 4000 + "</ds:Transform>")
    return text.replace(f'{saml.EXCLUSIVE}"/><ds:SignatureMethod', 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/><ds:SignatureMethod')


def by_another_way_of_writing(answer: Answer) -> None:
    answer.sign(c14n_algorithm="http://www.w3.org/2006/12/xml-c14n11")


def for_two(answer: Answer) -> None:
    """Two restrictions, of which the second does not name us: all of them count."""
    second = etree.SubElement(answer.one(A + "Conditions"), A + "AudienceRestriction")
    etree.SubElement(second, A + "Audience").text = "https://another.example"
    answer.sign()


CONFIRMATION, CONDITIONS = A + "SubjectConfirmationData", A + "Conditions"
ANSWERS: dict[str, tuple[str, Forge]] = {
    "not signed": ("unsigned", lambda answer: None),
    "another's key": ("token", lambda answer: answer.sign(key=STRANGER[1], certificate=STRANGER[0])),
    "another's key under the right certificate": ("token", lambda answer: answer.sign(key=STRANGER[1])),
    "another's key for the whole": ("token", lambda answer: answer.sign(whole=True, key=STRANGER[1], certificate=STRANGER[0])),
    "HMAC in place of a signature": ("token", by_hmac_of_the_certificate),
    "another name after signing": ("token", after_signing(A + "NameID", "the director")),
    "another address after signing": ("token", after_signing(A + "AttributeValue", "ada@forged.example")),
    "written canonically at any price": ("token", canonical_at_any_price),
    "written canonically in another way": ("token", by_another_way_of_writing),
    "a moment before all years": ("token", changed(A + "AuthnStatement", "AuthnInstant", "0001-01-01T00:00:00+14:00")),
    "two assertions": ("token", wrapped_beside),
    "the signed one inside the signature": ("token", wrapped_within),
    "one name for two elements": ("token", wrapped_by_one_name),
    "a signed answer inside of another": ("token", whole_wrapped),
    "a comment in the address": ("token", with_a_comment),
    "a document type": ("token", of_a_type),
    "entities that grow": ("token", billion_laughs),
    "an instruction": ("token", lambda answer: "<?x y?>" + answer.text()),
    "another namespace": ("token", another_namespace),
    "no XML": ("token", lambda answer: "not XML"),
    "nothing": ("token", lambda answer: " "),
    "of another provider": ("issuer", said(f"{A}Assertion/{A}Issuer", "https://accounts.example")),
    "an answer of another provider": ("issuer", said(A + "Issuer", "https://accounts.example")),
    "for another portal": ("audience", said(A + "Audience", "https://another.example")),
    "for another portal as well": ("audience", for_two),
    "for nobody": ("audience", without(A + "AudienceRestriction")),
    "without conditions": ("token", without(CONDITIONS)),
    "posted elsewhere": ("audience", changed("", "Destination", "https://another.example/acs")),
    "to be shown elsewhere": ("audience", changed(CONFIRMATION, "Recipient", "https://another.example/acs")),
    "to be shown anywhere": ("audience", changed(CONFIRMATION, "Recipient", None)),
    "in answer to another request": ("replayed", changed("", "InResponseTo", "_another")),
    "in answer to none": ("replayed", changed("", "InResponseTo", None)),
    "confirmed for another request": ("replayed", changed(CONFIRMATION, "InResponseTo", "_another")),
    "confirmed for none": ("replayed", changed(CONFIRMATION, "InResponseTo", None)),
    "confirmed by a key": ("token", changed(A + "SubjectConfirmation", "Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")),
    "confirmed too late": ("clock", changed(CONFIRMATION, "NotOnOrAfter", -400)),
    "confirmed without an end": ("token", changed(CONFIRMATION, "NotOnOrAfter", None)),
    "over": ("clock", changed(CONDITIONS, "NotOnOrAfter", -400)),
    "not yet": ("clock", changed(CONDITIONS, "NotBefore", 400)),
    "signed in tomorrow": ("clock", changed(A + "AuthnStatement", "AuthnInstant", 86_400)),
    "a session that is over": ("clock", changed(A + "AuthnStatement", "SessionNotOnOrAfter", -400)),
    "a session that ends at no time": ("token", changed(A + "AuthnStatement", "SessionNotOnOrAfter", "soon")),
    "signed in never": ("token", without(A + "AuthnStatement")),
    "a moment that is none": ("token", changed(CONDITIONS, "NotOnOrAfter", "soon")),
    "not a success": ("refused", changed(P + "StatusCode", "Value", "urn:oasis:names:tc:SAML:2.0:status:Responder")),
    "cancelled": ("cancelled", changed(P + "StatusCode", "Value", "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed")),
    "without a status": ("refused", without(P + "Status")),
    "nobody": ("token", said(A + "NameID", "")),
    "a name that does not stay": ("transient", changed(A + "NameID", "Format", saml.TRANSIENT)),
}
ADDRESSES: dict[str, tuple[str, Forge]] = {
    "an address of another domain": ("domain", said(A + "AttributeValue", "mia@elsewhere.example")),
    "an address of a domain below": ("domain", said(A + "AttributeValue", "mia@sub.forged.example")),
    "two addresses": ("no-address", two_addresses),
    "an address that is none": ("no-address", said(A + "AttributeValue", "mia")),
    "no address": ("no-address", without(A + "AttributeStatement")),
}


@pytest.fixture
def company(portal: Portal) -> Company:
    company = portal.company()
    saml_company.give(company, metadata(CERTIFICATE), "forged.example", newcomers="agent")
    return company


def asked(company: Company, client: Client) -> tuple[Answer, str]:
    """An honest answer to a sign-in that was begun, and the state that goes with it."""
    location = begin(client)
    assert location.startswith("https://idp.example/sso?tenant=7&SAMLRequest=")
    query = parse_qs(urlsplit(location).query)
    root = etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -15))
    us = saml_company.us(company)
    return Answer(us.acs, us.entity_id, root.get("ID")), query["RelayState"][0]


def send(company: Company, answer: Answer, state: str, text: str | None = None) -> Any:
    packed = base64.b64encode((text or answer.text()).encode()).decode()
    return post(company, {"SAMLResponse": packed, "RelayState": state})


def test_what_is_written_canonically_at_any_price_is_refused_before_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def verify(*given: Any, **options: Any) -> Any:
        raise AssertionError("it was walked")

    monkeypatch.setattr(saml.XMLVerifier, "verify", verify)
    us = saml_company.service.us("https://portal.example")
    answer = Answer(us.acs, us.entity_id, "_q")
    packed = base64.b64encode(canonical_at_any_price(answer).encode()).decode()
    with pytest.raises(saml.SsoRefusedError):
        saml.checked_response(packed, Described(ENTITY, "https://idp.example/sso", (CERTIFICATE,)), us, "_q")


def is_nobody(client: Client) -> bool:
    return client.web.cookies.get("portico") is None and "/sign-in?" in client.get("/notices", status=303).location


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_not_exactly_right_lets_nobody_in(name: str, company: Company) -> None:
    client = company.anonymous()
    reason, forge = ANSWERS[name]
    answer, state = asked(company, client)
    refused = send(company, answer, state, forge(answer))
    assert why(refused) == reason
    assert is_nobody(client)
    assert [one.after["reason"] for one in entries(company, "sso.refused")] == [reason]
    assert company.anonymous().get(path(refused.location)).status_int == 200
    # The same provider, honest: it was that answer alone that was refused.
    answer, state = asked(company, client)
    answer.sign()
    client.get(path(send(company, answer, state).location), status=303)
    assert client.get("/notices").status_int == 200


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_address_that_is_not_the_companys_lets_nobody_in(name: str, company: Company) -> None:
    client = company.anonymous()
    reason, forge = ADDRESSES[name]
    answer, state = asked(company, client)
    onward = send(company, answer, state, forge(answer))
    assert why(client.get(path(onward.location), status=303)) == reason
    assert is_nobody(client)


def test_either_certificate_of_a_change_of_keys_counts(portal: Portal) -> None:
    company = portal.company()
    saml_company.give(company, metadata(STRANGER[0], CERTIFICATE), "forged.example", newcomers="agent")
    for key, certificate in ((KEY, CERTIFICATE), (STRANGER[1], STRANGER[0])):
        client = company.anonymous()
        answer, state = asked(company, client)
        answer.sign(key=key, certificate=certificate)
        client.get(path(send(company, answer, state).location), status=303)
        assert client.get("/notices").status_int == 200


def test_a_session_lasts_no_longer_than_the_provider_says(portal: Portal, company: Company) -> None:
    client = company.anonymous()
    answer, state = asked(company, client)
    changed(A + "AuthnStatement", "SessionNotOnOrAfter", 3600)(answer)
    client.get(path(send(company, answer, state).location), status=303)
    assert client.get("/notices").status_int == 200
    query = sa.text("SELECT expires_at - now() FROM web_session WHERE tenant_id = :t AND methods @> '{sso}'")
    with portal.superuser() as db:
        [left] = db.scalars(query, {"t": company.id}).all()
        assert dt.timedelta(minutes=50) < left <= dt.timedelta(hours=1)
        db.execute(sa.text("UPDATE web_session SET expires_at = now() WHERE tenant_id = :t"), {"t": company.id})
    assert "/sign-in?" in client.get("/notices", status=303).location


def test_clocks_may_differ_by_a_minute() -> None:
    us = saml_company.service.us("https://portal.example")
    found = Described(ENTITY, "https://idp.example/sso", (CERTIFICATE,))
    made = dt.datetime.now(dt.UTC).replace(microsecond=0)
    answer = Answer(us.acs, us.entity_id, "_q")
    answer.sign()
    packed = base64.b64encode(answer.text().encode()).decode()
    for seconds, good in ((-60, True), (350, True), (-70, False), (365, False)):
        moment = made + dt.timedelta(seconds=seconds)
        if good:
            assert saml.checked_response(packed, found, us, "_q", at=moment).subject == "subject-1"
        else:
            with pytest.raises(saml.SsoRefusedError) as refused:
                saml.checked_response(packed, found, us, "_q", at=moment)
            assert refused.value.code == "clock"


@pytest.mark.parametrize(("text", "told"), [
    (metadata(), "There is no certificate for signing in it."),
    (metadata(key_pair(bits=1024)[0]), "less than 2048 bits"),
    (metadata(CERTIFICATE).replace("MII", "XII", 1), "cannot be read"),
    (metadata(CERTIFICATE).replace("entityID", 'validUntil="2020-01-01T00:00:00Z" entityID'), "has expired"),
    (metadata(CERTIFICATE).replace("https://idp.example/sso", "javascript:alert(1)//"), "no address for HTTP-Redirect"),
    (metadata(CERTIFICATE).replace("entityID", 'validUntil="0001-01-01T00:00:00+14:00" entityID'), "discovery"),
    ("\ud800", "no XML"),
    ("<x>" + "a" * 300_000 + "</x>", "too long"),
])
def test_a_description_that_is_not_right_is_explained(text: str, told: str) -> None:
    with pytest.raises(saml.SsoRefusedError) as refused:
        saml.read_metadata(text, plain=False)
    assert told in str(refused.value.message)


def test_a_certificate_that_has_ended_fails_the_test() -> None:
    found = saml.read_metadata(metadata(key_pair(days=-2)[0]), plain=False)
    reports = saml.reports(found, at=dt.datetime.now(dt.UTC))
    assert [one.ok for one in reports] == [True, False]
