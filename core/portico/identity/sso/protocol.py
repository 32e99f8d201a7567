"""OpenID Connect Core 1.0 with the authorization code and PKCE: what is asked, and what an answer must be. No I/O.

Every check here refuses; none of them warns. `Problem` names why, for the page that the person reads.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt

from portico.connections.errors import ConnectorRejectedError
from portico.web.i18n import _

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a public key alone. "none" and HMAC are not on the list, and nothing a token says puts them there."""
KEY_KINDS = ("RSA", "EC", "OKP")
LEAST_RSA_BITS = 2048
LEEWAY_S, OLDEST_S = 60, 600
FRESH_S = 300
"""How long ago the person may have signed in at the provider when a new proof was asked for."""
SCOPES = "openid email profile"


class SsoRefusedError(ConnectorRejectedError):
    """The provider's answer cannot be taken. `code` is one of `portico.identity.sso.problems`."""

    def __init__(self, code: str, message: Any = "") -> None:
        super().__init__(None, message or code, code=code)


@dataclass(frozen=True)
class Metadata:
    """What the discovery document says, as far as it matters here (OpenID Connect Discovery 1.0 §3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    names_itself: bool = False
    algorithms: tuple[str, ...] = ("RS256",)
    challenge_methods: tuple[str, ...] = ()
    client_authentication: tuple[str, ...] = ("client_secret_basic",)

    @classmethod
    def read(cls, document: Any) -> Metadata:
        """Raises SsoRefusedError("discovery")."""
        if not isinstance(document, Mapping):
            raise SsoRefusedError("discovery", _("The discovery document is no JSON object."))
        for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(document.get(name), str) or not document[name]:
                raise SsoRefusedError(
                    "discovery", _("The discovery document has no “${name}”.", mapping={"name": name})
                )
        return cls(
            issuer=document["issuer"],
            authorization_endpoint=document["authorization_endpoint"],
            token_endpoint=document["token_endpoint"],
            jwks_uri=document["jwks_uri"],
            userinfo_endpoint=_text(document.get("userinfo_endpoint")),
            end_session_endpoint=_text(document.get("end_session_endpoint")),
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
            algorithms=_texts(document.get("id_token_signing_alg_values_supported"), ("RS256",)),
            challenge_methods=_texts(document.get("code_challenge_methods_supported"), ()),
            client_authentication=_texts(
                document.get("token_endpoint_auth_methods_supported"), ("client_secret_basic",)
            ),
        )

    @property
    def usable_algorithms(self) -> tuple[str, ...]:
        return tuple(one for one in ALGORITHMS if one in self.algorithms)


@dataclass(frozen=True)
class Beginning:
    """What is kept here while the person is at the provider."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Beginning:
        return cls(*(secrets.token_urlsafe(32) for _n in range(3)))


@dataclass(frozen=True)
class Who:
    """A person as the provider knows them. authenticated_at, until: seconds since 1970; None: it did not say.

    until: the provider wants to be asked again by then.
    """

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str
    authenticated_at: int | None = None
    until: int | None = None


def discovery_address(issuer: str) -> str:
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


def authorization_address(
    metadata: Metadata, client_id: str, redirect_uri: str, beginning: Beginning, *, fresh: bool = False
) -> str:
    """Where the browser goes (RFC 6749 §4.1.1, RFC 7636 §4.3). fresh: the person proves anew who they are."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(beginning.verifier.encode()).digest()).rstrip(b"=").decode()
    values = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPES,
        "state": beginning.state,
        "nonce": beginning.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    } | ({"prompt": "login", "max_age": "0"} if fresh else {})
    return _with_query(metadata.authorization_endpoint, values)


def sign_out_address(end_session_endpoint: str, client_id: str, back: str) -> str:
    """OpenID Connect RP-Initiated Logout 1.0 §2. The id_token is not kept, so the provider may ask the person."""
    return _with_query(end_session_endpoint, {"client_id": client_id, "post_logout_redirect_uri": back})


def check_issuer(expected: str, told: str | None, *, required: bool) -> None:
    """RFC 9207 §2.4: the answer comes from whom it was asked of. Raises SsoRefusedError("issuer")."""
    if told is None and not required:
        return
    if told is None or not hmac.compare_digest(expected.encode(), told.encode()):
        raise SsoRefusedError("issuer")


@dataclass(frozen=True)
class SigningKey:
    """One public key of the provider. algorithm "": it does not say for which one the key is."""

    id: str | None
    kind: str
    algorithm: str
    curve: str
    key: Any

    def fits(self, algorithm: str) -> bool:
        if self.algorithm not in ("", algorithm):
            return False
        if self.kind == "EC":
            return _CURVES.get(self.curve) == algorithm
        return algorithm[:2] in ("RS", "PS") if self.kind == "RSA" else algorithm == "EdDSA"


_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


def keys_of(document: Any) -> list[SigningKey]:
    """The provider's keys that can sign for us; others are left out. Raises SsoRefusedError("keys")."""
    found = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise SsoRefusedError("keys")
    keys = [_signing_key(one) for one in found[:50] if isinstance(one, Mapping)]
    return [one for one in keys if one is not None]


def _signing_key(one: Mapping[str, Any]) -> SigningKey | None:
    kind, algorithm, curve = str(one.get("kty")), str(one.get("alg") or ""), str(one.get("crv") or "")
    if kind not in KEY_KINDS or one.get("use", "sig") != "sig" or (algorithm and algorithm not in ALGORITHMS):
        return None
    usual = {"RSA": "RS256", "OKP": "EdDSA"}.get(kind) or _CURVES.get(curve, "ES256")
    try:
        key = jwt.PyJWK(dict(one), algorithm=algorithm or usual).key
    except jwt.PyJWTError:
        return None
    if kind == "RSA" and key.key_size < LEAST_RSA_BITS:
        return None
    return SigningKey(one.get("kid"), kind, algorithm, curve, key)


def header_of(token: Any, metadata: Metadata) -> Mapping[str, Any]:
    """The unverified header. Raises SsoRefusedError("unsigned") for an algorithm that is not on the list, or that the
    provider did not announce.
    """
    try:
        header = jwt.get_unverified_header(token if isinstance(token, str) else "")
    except jwt.PyJWTError:
        raise SsoRefusedError("token") from None
    if header.get("alg") not in metadata.usable_algorithms:
        raise SsoRefusedError("unsigned")
    return header


def key_for(header: Mapping[str, Any], keys: Sequence[SigningKey]) -> SigningKey | None:
    """The one that the header names, or the only one that fits. None: perhaps the keys were changed meanwhile."""
    kid, algorithm = header.get("kid"), str(header["alg"])
    fitting = [one for one in keys if one.fits(algorithm) and kid in (None, one.id)]
    return fitting[0] if len(fitting) == 1 else None


def checked_claims(
    token: str,
    key: SigningKey,
    metadata: Metadata,
    client_id: str,
    nonce: str,
    *,
    fresh: bool = False,
    at: float | None = None,
) -> Mapping[str, Any]:
    """The claims of an id_token (OpenID Connect Core 1.0 §3.1.3.7). Raises SsoRefusedError.

    Signature by a key of the provider and an algorithm of the list, issuer, audience, authorised party, expiry, time of
    issue, nonce; with `fresh`, that the person proved who they are just now.
    """
    algorithm = str(header_of(token, metadata)["alg"])
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[algorithm],
            audience=client_id,
            issuer=metadata.issuer,
            leeway=LEEWAY_S,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.ExpiredSignatureError:
        raise SsoRefusedError("clock") from None
    except jwt.ImmatureSignatureError:
        raise SsoRefusedError("clock") from None
    except jwt.InvalidIssuerError:
        raise SsoRefusedError("issuer") from None
    except jwt.InvalidAudienceError:
        raise SsoRefusedError("audience") from None
    except (jwt.PyJWTError, ValueError, TypeError):
        raise SsoRefusedError("token") from None
    moment = time.time() if at is None else at
    audience = claims["aud"]
    if (isinstance(audience, list) and len(audience) > 1 and "azp" not in claims) or claims.get("azp", client_id) != client_id:
        raise SsoRefusedError("audience")
    if moment - int(claims["iat"]) > OLDEST_S + LEEWAY_S:
        raise SsoRefusedError("clock")
    if not isinstance(claims.get("nonce"), str) or not hmac.compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise SsoRefusedError("replayed")
    if fresh and not (_when(claims) and moment - (_when(claims) or 0) <= FRESH_S + LEEWAY_S):
        raise SsoRefusedError("fresh")
    return claims


def person(claims: Mapping[str, Any], told: Mapping[str, Any]) -> Who:
    """Who that is, from the id_token and, where it says less, the answer of the userinfo endpoint (of the same subject).

    Raises SsoRefusedError("token") if the two are about different people.
    """
    if told and told.get("sub") != claims["sub"]:
        raise SsoRefusedError("token")
    # Address and its confirmation come from one place: never the one of here with the other of there.
    source = claims if claims.get("email") else told
    name = _text(claims.get("name") or told.get("name"))
    subject = claims["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
        raise SsoRefusedError("token")
    return Who(
        issuer=str(claims["iss"]),
        subject=subject,
        email=_text(source.get("email")),
        email_verified=source.get("email_verified") in (True, "true"),
        name=" ".join(name.split())[:120],
        authenticated_at=_when(claims),
    )


def _when(claims: Mapping[str, Any]) -> int | None:
    value = claims.get("auth_time")
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _with_query(address: str, values: Mapping[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(values)}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any, usual: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else usual
