"""SAML 2.0 Web Browser SSO (SAML Profiles §4.1): what a company's provider says of itself, what is asked, what an answer must be.

The request leaves by HTTP-Redirect, the answer comes by HTTP-POST. Only what a pinned certificate signed is read, no part of
it is fetched, and every check refuses. Not taken: encrypted assertions, SHA-1, answers that nobody here asked for.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml import DigestAlgorithm, SignatureConfiguration, SignatureMethod, XMLVerifier
from signxml.exceptions import SignXMLException

from portico.connections.connector import CapabilityReport
from portico.connections.errors import ConnectorRejectedError
from portico.connections.http import checked
from portico.identity.sso.described import LONGEST, Described, Us
from portico.identity.sso.protocol import FRESH_S, LEAST_RSA_BITS, LEEWAY_S, SsoRefusedError, Who
from portico.web.i18n import _

PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
NS = {"p": PROTOCOL, "a": ASSERTION, "m": METADATA, "d": DSIG}
REDIRECT, POST = (f"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-{kind}" for kind in ("Redirect", "POST"))
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
EXCLUSIVE, ENVELOPED = "http://www.w3.org/2001/10/xml-exc-c14n#", DSIG + "enveloped-signature"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_CANCELLED = ("urn:oasis:names:tc:SAML:2.0:status:AuthnFailed", "urn:oasis:names:tc:SAML:2.0:status:NoPassive")
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
EMAIL_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
_EMAILS = frozenset({
    "email", "mail", "emailaddress", "urn:oid:0.9.2342.19200300.100.1.3", "urn:oid:1.2.840.113549.1.9.1",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
})
_NAMES = frozenset({
    "displayname", "name", "cn", "urn:oid:2.16.840.1.113730.3.1.241", "urn:oid:2.5.4.3",
    "http://schemas.microsoft.com/identity/claims/displayname", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
})
MOST_ELEMENTS, MOST_NAMESPACES = 2000, 200
"""Of an answer."""
MOST_CERTIFICATES = 10
"""Of one provider, which has two while it changes them."""
_SIGNED_AS_WE_TAKE = SignatureConfiguration(
    signature_methods=frozenset(
        one for one in SignatureMethod
        if one.name in ("RSA_SHA256", "RSA_SHA384", "RSA_SHA512", "ECDSA_SHA256", "ECDSA_SHA384", "ECDSA_SHA512",
                        "SHA256_RSA_MGF1", "SHA384_RSA_MGF1", "SHA512_RSA_MGF1")
    ),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}),
    expect_references=1,
    ignore_ambiguous_key_info=True,  # the pinned certificate counts, whatever the answer says of keys
)


# -- descriptions ----------------------------------------------------------------------------------------------


def read_metadata(text: str, *, plain: bool) -> Described:
    """Raises SsoRefusedError("discovery") with what is wrong with the document, in words for the administrator."""
    root = _parsed(text.encode("utf-8", "replace"), "discovery")
    if root.tag != f"{{{METADATA}}}EntityDescriptor":
        raise SsoRefusedError("discovery", _("This is no description of one provider (EntityDescriptor)."))
    until = root.get("validUntil")
    if until and _moment(until, "discovery") < dt.datetime.now(dt.UTC):
        raise SsoRefusedError("discovery", _("This description has expired. Take a new one from the provider."))
    entity_id = root.get("entityID", "").strip()
    role = root.find("m:IDPSSODescriptor", NS)
    if not entity_id or len(entity_id) > 500 or role is None:
        raise SsoRefusedError("discovery", _("This describes no provider that people sign in at (IDPSSODescriptor)."))
    services = role.findall("m:SingleSignOnService", NS)
    entry = next((one.get("Location", "") for one in services if one.get("Binding") == REDIRECT), "")
    try:
        checked(entry, plain=plain)
    except ConnectorRejectedError as error:
        raise SsoRefusedError("discovery", _("There is no address for HTTP-Redirect that begins with https://.")) from error
    certificates = [
        _pem(text)
        for one in role.findall("m:KeyDescriptor", NS) if one.get("use", "signing") == "signing"
        for text in (_text(found) for found in one.findall("d:KeyInfo/d:X509Data/d:X509Certificate", NS))
    ][:MOST_CERTIFICATES]
    if not certificates:
        raise SsoRefusedError("keys", _("There is no certificate for signing in it."))
    return Described(entity_id, entry, tuple(dict.fromkeys(certificates)))


def own_metadata(us: Us) -> bytes:
    """What a provider is told of this portal."""
    root = etree.Element(f"{{{METADATA}}}EntityDescriptor", {"entityID": us.entity_id}, nsmap={None: METADATA})
    role = etree.SubElement(
        root, f"{{{METADATA}}}SPSSODescriptor",
        {"AuthnRequestsSigned": "false", "WantAssertionsSigned": "true", "protocolSupportEnumeration": PROTOCOL},
    )
    for name in ("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", EMAIL_FORMAT):
        etree.SubElement(role, f"{{{METADATA}}}NameIDFormat").text = name
    etree.SubElement(role, f"{{{METADATA}}}AssertionConsumerService",
                     {"Binding": POST, "Location": us.acs, "index": "0", "isDefault": "true"})
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def expiries(certificates: Iterable[str]) -> list[dt.datetime]:
    """Until when each is valid, in UTC."""
    return [x509.load_pem_x509_certificate(one.encode()).not_valid_after_utc for one in certificates]


def reports(found: Described | None, *, at: dt.datetime) -> list[CapabilityReport]:
    """What can be tried without a person: whether the description is whole and its certificates are valid."""
    if found is None:
        return []
    last = max(expiries(found.certificates))
    return [
        CapabilityReport(
            "metadata", True, _("People are sent to ${address}.", mapping={"address": found.entry}),
            title=_("Description of the provider"),
        ),
        CapabilityReport(
            "certificates", last > at,
            _("Certificates: ${n}. The last is valid until ${day}.",
              mapping={"n": len(found.certificates), "day": last.date().isoformat()}),
            title=_("Certificates for signing"),
        ),
    ]


# -- asking ----------------------------------------------------------------------------------------------------


def request_address(entry: str, us: Us, request_id: str, relay: str, *, fresh: bool, at: dt.datetime) -> str:
    """Where the browser goes (SAML Bindings §3.4). fresh: the person proves anew who they are."""
    told = {"ID": request_id, "Version": "2.0", "IssueInstant": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "Destination": entry,
            "AssertionConsumerServiceURL": us.acs, "ProtocolBinding": POST} | ({"ForceAuthn": "true"} if fresh else {})
    root = etree.Element(f"{{{PROTOCOL}}}AuthnRequest", told, nsmap={"samlp": PROTOCOL, "saml": ASSERTION})
    etree.SubElement(root, f"{{{ASSERTION}}}Issuer").text = us.entity_id
    etree.SubElement(root, f"{{{PROTOCOL}}}NameIDPolicy", {"AllowCreate": "true"})
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(etree.tostring(root)) + packer.flush()
    query = urlencode({"SAMLRequest": base64.b64encode(packed).decode(), "RelayState": relay})
    return f"{entry}{'&' if urlsplit(entry).query else '?'}{query}"


# -- answers ---------------------------------------------------------------------------------------------------


def checked_response(
    encoded: str, provider: Described, us: Us, request_id: str, *, fresh: bool = False, at: dt.datetime | None = None
) -> Who:
    """Who a posted answer is about (SAML Profiles §4.1.4.3). Raises SsoRefusedError with the reason."""
    at = at or dt.datetime.now(dt.UTC)
    root = _parsed(_decoded(encoded), "token")
    if root.tag != f"{{{PROTOCOL}}}Response" or root.get("Version") != "2.0":
        raise SsoRefusedError("token")
    _check_addressee(root, us, request_id)
    if (issuer := root.find("a:Issuer", NS)) is not None and _text(issuer) != provider.entity_id:
        raise SsoRefusedError("issuer")
    _check_status(root)
    if root.find(".//a:EncryptedAssertion", NS) is not None:
        raise SsoRefusedError("encrypted")
    assertion = _signed_assertion(root, provider.certificates)
    if _text(assertion.find("a:Issuer", NS)) != provider.entity_id:
        raise SsoRefusedError("issuer")
    _check_confirmation(assertion, us, request_id, at)
    _check_conditions(assertion, us, at)
    return _who(assertion, provider, fresh=fresh, at=at)


def _signed_assertion(root: Any, certificates: Sequence[str]) -> Any:
    """The one assertion, as it was signed: alone, or in the answer as a whole. Nothing else of the document counts.

    One assertion and each ID once: so there is nothing that could be signed in one place and read in another.
    """
    within, everywhere = root.findall("a:Assertion", NS), root.findall(".//a:Assertion", NS)
    names = root.xpath("//@ID")
    if len(within) != 1 or len(everywhere) != 1 or len(names) != len(set(names)):
        raise SsoRefusedError("token")
    places = [
        (place, tag)
        for place, holder, tag in (("./", root, f"{{{PROTOCOL}}}Response"),
                                   (f"./{{{ASSERTION}}}Assertion/", within[0], f"{{{ASSERTION}}}Assertion"))
        if holder.find("d:Signature", NS) is not None
    ]
    if not places:
        raise SsoRefusedError("unsigned")
    _check_how_it_is_signed(root)
    found = None
    for place, tag in places:  # each signature that is there must be right
        signed = _verified(root, place, certificates)
        if signed.tag != tag:
            raise SsoRefusedError("token")
        found = signed if tag.endswith("Assertion") else signed.find("a:Assertion", NS)
    if found is None or found.get("ID") != within[0].get("ID"):
        raise SsoRefusedError("token")
    return found


def _check_how_it_is_signed(root: Any) -> None:
    """Only what SAML asks for (Core §5.4.3, §5.4.4): other ways to write a document canonically take minutes for some kilobytes,
    and they are walked before the signature is known to be anybody's."""
    elements = list(root.iter())
    if len(elements) > MOST_ELEMENTS or etree.tostring(root).count(b"xmlns") > MOST_NAMESPACES:
        raise SsoRefusedError("token")
    for one in elements:
        if one.tag not in (f"{{{DSIG}}}CanonicalizationMethod", f"{{{DSIG}}}Transform"):
            continue
        taken = (EXCLUSIVE,) if one.tag.endswith("Method") else (EXCLUSIVE, ENVELOPED)
        if one.get("Algorithm") not in taken or any(child.tag != f"{{{EXCLUSIVE}}}InclusiveNamespaces" for child in one):
            raise SsoRefusedError("token")


def _verified(root: Any, place: str, certificates: Sequence[str]) -> Any:
    config, content = replace(_SIGNED_AS_WE_TAKE, location=place), etree.tostring(root)
    for certificate in certificates:
        try:
            found = XMLVerifier().verify(content, x509_cert=certificate, expect_config=config, id_attribute="ID")
        except (SignXMLException, ValueError, TypeError, etree.LxmlError, UnsupportedAlgorithm):
            continue
        assert not isinstance(found, list), "one reference is asked for"
        return found.signed_xml
    raise SsoRefusedError("token")


def _check_addressee(root: Any, us: Us, request_id: str) -> None:
    if root.get("Destination", us.acs) != us.acs:
        raise SsoRefusedError("audience")
    if root.get("InResponseTo") != request_id:
        raise SsoRefusedError("replayed")


def _check_status(root: Any) -> None:
    codes = [one.get("Value") for one in root.findall("p:Status//p:StatusCode", NS)]
    if not codes or codes[0] != SUCCESS:
        raise SsoRefusedError("cancelled" if set(codes) & set(_CANCELLED) else "refused")


def _check_confirmation(assertion: Any, us: Us, request_id: str, at: dt.datetime) -> None:
    """That it may be shown here, now, in answer to this request (§4.1.4.2)."""
    reason = "token"
    for one in assertion.findall("a:Subject/a:SubjectConfirmation", NS):
        data = one.find("a:SubjectConfirmationData", NS)
        if one.get("Method") != BEARER or data is None or data.get("NotBefore") is not None:
            continue
        if data.get("Recipient") != us.acs:
            reason = "audience"
        elif data.get("InResponseTo") != request_id:
            reason = "replayed"
        elif _over(data.get("NotOnOrAfter"), at):
            reason = "clock"
        else:
            return
    raise SsoRefusedError(reason)


def _check_conditions(assertion: Any, us: Us, at: dt.datetime) -> None:
    conditions = assertion.find("a:Conditions", NS)
    if conditions is None:
        raise SsoRefusedError("token")
    begin, end = conditions.get("NotBefore"), conditions.get("NotOnOrAfter")
    if begin is not None and _moment(begin) > at + dt.timedelta(seconds=LEEWAY_S):
        raise SsoRefusedError("clock")
    if end is not None and _over(end, at):
        raise SsoRefusedError("clock")
    restrictions = conditions.findall("a:AudienceRestriction", NS)
    for one in restrictions:  # each of them has to name us (SAML Core §2.5.1.4)
        if us.entity_id not in [_text(audience) for audience in one.findall("a:Audience", NS)]:
            raise SsoRefusedError("audience")
    if not restrictions:
        raise SsoRefusedError("audience")


def _who(assertion: Any, provider: Described, *, fresh: bool, at: dt.datetime) -> Who:
    named = assertion.find("a:Subject/a:NameID", NS)
    subject = _text(named)
    if not 1 <= len(subject) <= 255:
        raise SsoRefusedError("token")
    if named.get("Format") == TRANSIENT:
        raise SsoRefusedError("transient")
    statement = assertion.find("a:AuthnStatement", NS)
    if statement is None:
        raise SsoRefusedError("token")
    proved = _moment(statement.get("AuthnInstant", ""))
    if proved > at + dt.timedelta(seconds=LEEWAY_S):
        raise SsoRefusedError("clock")
    if fresh and at - proved > dt.timedelta(seconds=FRESH_S + LEEWAY_S):
        raise SsoRefusedError("fresh")
    until = statement.get("SessionNotOnOrAfter")
    if until is not None and _over(until, at):
        raise SsoRefusedError("clock")
    emails = _values(assertion, _EMAILS) or ([subject] if named.get("Format") == EMAIL_FORMAT else [])
    names = _values(assertion, _NAMES)
    return Who(
        issuer=provider.entity_id,
        subject=subject,
        email=emails[0] if len(set(emails)) == 1 else "",
        email_verified=True,  # the company's provider answers for its people; the domain is proved to be the company's
        name=" ".join(names[0].split())[:120] if names else "",
        authenticated_at=int(proved.timestamp()),
        until=int(_moment(until).timestamp()) if until is not None else None,
    )


def _values(assertion: Any, wanted: frozenset[str]) -> list[str]:
    """Of the first attribute that goes by one of these names."""
    for one in assertion.findall("a:AttributeStatement/a:Attribute", NS):
        if one.get("Name", "").lower() in wanted:
            return [_text(value) for value in one.findall("a:AttributeValue", NS)]
    return []


def _parsed(content: bytes, code: str) -> Any:
    """A document without a type, comments or instructions, in which one could say to us what one did not sign."""
    if len(content) > LONGEST:
        raise SsoRefusedError(code, _("The document is too long."))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.LxmlError, ValueError) as error:
        raise SsoRefusedError(code, _("This is no XML document.")) from error
    if root.getroottree().docinfo.doctype or any(not isinstance(one.tag, str) for one in root.iter()):
        raise SsoRefusedError(code, _("The document has a part that is not taken here: a type, a comment or an instruction."))
    if root.getprevious() is not None or root.getnext() is not None:
        raise SsoRefusedError(code, _("The document has a part that is not taken here: a type, a comment or an instruction."))
    return root


def _decoded(encoded: str) -> bytes:
    if not 1 <= len(encoded) <= LONGEST:
        raise SsoRefusedError("token")
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise SsoRefusedError("token") from None


def _pem(text: str) -> str:
    """Raises SsoRefusedError("keys")."""
    try:
        found = x509.load_der_x509_certificate(base64.b64decode("".join(text.split()), validate=True))
        key = found.public_key()
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise SsoRefusedError("keys", _("A certificate in it cannot be read.")) from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < LEAST_RSA_BITS:
        raise SsoRefusedError("keys", _("A certificate in it has a key of less than 2048 bits."))
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise SsoRefusedError("keys", _("A certificate in it has a key of another kind than RSA or elliptic curves."))
    return found.public_bytes(Encoding.PEM).decode()


def _over(end: str | None, at: dt.datetime) -> bool:
    return _moment(end or "") <= at - dt.timedelta(seconds=LEEWAY_S)


def _moment(text: str, code: str = "token") -> dt.datetime:
    """SAML Core §1.3.3: always UTC."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise SsoRefusedError(code) from None
    try:
        return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)
    except OverflowError:  # the first and the last day of all years
        raise SsoRefusedError(code) from None


def _text(element: Any) -> str:
    """All of its text; without comments in the document there is nothing between."""
    return "" if element is None or len(element) else (element.text or "").strip()
