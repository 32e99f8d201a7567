"""Talks to a company's provider of identities, through the guarded way out and the host's time limits and bulkheads."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from portico.connections.connector import CapabilityReport, Egress
from portico.connections.errors import ConnectorError, ConnectorRejectedError, ConnectorUnavailableError
from portico.connections.http import GuardedHttp, HttpAnswer, checked
from portico.identity.sso import protocol
from portico.identity.sso.protocol import Metadata, SsoRefusedError, Who
from portico.web.i18n import _

SERVICE = "single-sign-on"
SECRET = "client_secret"
DISCOVERY_S, KEYS_S, KEYS_AGAIN_S = 600.0, 3600.0, 30.0
"""How long the provider's word is kept; how soon its keys may be asked for anew when a token names one we do not have."""


@dataclass(frozen=True)
class Redeem:
    """A code that came back, with what was kept here for it."""

    code: str
    verifier: str
    nonce: str
    redirect_uri: str
    fresh: bool = False


class OidcService:
    """Opens clients for the host. plain: http:// may be spoken too, which only an installation on http does."""

    name = "oidc"
    title = "OpenID Connect"
    capabilities = frozenset({SERVICE})
    secret_fields: tuple[str, ...] = (SECRET,)

    def __init__(self, *, plain: bool) -> None:
        self.plain = plain

    def settings_schema(self) -> Any:
        raise LookupError("single sign-on has a page of its own")

    def open(self, config: Mapping[str, Any], secrets: Mapping[str, str], *, egress: Egress) -> OidcClient:
        return OidcClient(config, secrets, GuardedHttp(egress, plain=self.plain))


class OidcClient:
    """Of one provider, kept for as long as its settings stay the same; threads share it."""

    def __init__(self, config: Mapping[str, Any], secrets: Mapping[str, str], http: GuardedHttp) -> None:
        self.issuer, self.client_id = str(config["issuer"]), str(config["client_id"])
        self._secret = secrets.get(SECRET, "")
        self._http = http
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, list[protocol.SigningKey]] | None = None

    def close(self) -> None:
        self._http.close()

    def discover(self) -> Metadata:
        """Raises SsoRefusedError, ConnectorError."""
        held = self._metadata
        if held is None or time.monotonic() - held[0] > DISCOVERY_S:
            held = self._metadata = (time.monotonic(), self._discovered())
        return held[1]

    def redeem(self, sent: Redeem) -> Who:
        """Who came with this code. Raises SsoRefusedError with the reason, ConnectorError."""
        metadata = self.discover()
        tokens = self._tokens(metadata, sent)
        token = tokens.get("id_token")
        header = protocol.header_of(token, metadata)
        key = protocol.key_for(header, self._signing_keys(metadata))
        if key is None:  # perhaps the provider changed its keys since
            key = protocol.key_for(header, self._signing_keys(metadata, newer_than_s=KEYS_AGAIN_S))
        if key is None:
            raise SsoRefusedError("token")
        claims = protocol.checked_claims(
            str(token), key, metadata, self.client_id, sent.nonce, fresh=sent.fresh
        )
        return protocol.person(claims, self._userinfo(metadata, claims, tokens))

    def test(self) -> Sequence[CapabilityReport]:
        """What of a sign-in can be tried without a person: one report per step, the first that fails is the last."""
        self._metadata = self._keys = None
        reports: list[CapabilityReport] = []
        for capability, title, step in (
            ("discovery", _("Discovery document"), self._test_discovery),
            ("pkce", _("Code with PKCE"), self._test_pkce),
            ("keys", _("Signing keys"), self._test_keys),
        ):
            try:
                reports.append(CapabilityReport(capability, True, step(), title=title))
            except ConnectorError as error:
                reports.append(CapabilityReport(capability, False, error.message, title=title))
                break
        return reports

    def _test_discovery(self) -> Any:
        return _("Found at ${address}.", mapping={"address": self.discover() and protocol.discovery_address(self.issuer)})

    def _test_pkce(self) -> Any:
        if "S256" not in self.discover().challenge_methods:
            raise SsoRefusedError("pkce", _("The provider does not say that it knows PKCE with S256."))
        return _("The provider knows S256.")

    def _test_keys(self) -> Any:
        metadata = self.discover()
        if not metadata.usable_algorithms:
            raise SsoRefusedError(
                "keys",
                _("The provider signs with none of the accepted algorithms: ${known}.",
                  mapping={"known": ", ".join(protocol.ALGORITHMS)}),
            )
        keys = self._signing_keys(metadata)
        if not keys:
            raise SsoRefusedError("keys", _("The provider publishes no key that can be used."))
        algorithms = ", ".join(metadata.usable_algorithms)
        return _("Keys: ${n}. Algorithms: ${algorithms}.", mapping={"n": len(keys), "algorithms": algorithms})

    # -- requests ----------------------------------------------------------------------------------------------

    def _discovered(self) -> Metadata:
        address = protocol.discovery_address(self.issuer)
        answer = self._http.get(address)
        if answer.status != 200:
            raise SsoRefusedError(
                "discovery",
                _("${address} answers with ${status}; a discovery document is expected there.",
                  mapping={"address": address, "status": answer.status}),
            )
        metadata = Metadata.read(_json(answer, "discovery"))
        if metadata.issuer != self.issuer:
            raise SsoRefusedError(
                "discovery",
                _("The provider calls itself “${told}”. Enter exactly that as the issuer.",
                  mapping={"told": metadata.issuer[:200]}),
            )
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"):
            address = getattr(metadata, name)
            try:
                if address or name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    checked(address, plain=self._http.plain)
            except ConnectorRejectedError:
                raise SsoRefusedError(
                    "discovery",
                    _("“${name}” of the discovery document is no address that begins with https://.", mapping={"name": name}),
                ) from None
        return metadata

    def _signing_keys(self, metadata: Metadata, *, newer_than_s: float = KEYS_S) -> list[protocol.SigningKey]:
        held = self._keys
        if held is None or time.monotonic() - held[0] > newer_than_s:
            answer = self._http.get(metadata.jwks_uri)
            if answer.status != 200:
                raise SsoRefusedError("keys", _("The provider does not give out its keys."))
            held = self._keys = (time.monotonic(), protocol.keys_of(_json(answer, "keys")))
        return held[1]

    def _tokens(self, metadata: Metadata, sent: Redeem) -> Mapping[str, Any]:
        values = {
            "grant_type": "authorization_code",
            "code": sent.code,
            "redirect_uri": sent.redirect_uri,
            "code_verifier": sent.verifier,
        }
        headers: dict[str, str] = {}
        if "client_secret_basic" in metadata.client_authentication or not metadata.client_authentication:
            pair = f"{quote(self.client_id, safe='')}:{quote(self._secret, safe='')}"  # RFC 6749 §2.3.1
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            values |= {"client_id": self.client_id, "client_secret": self._secret}
        answer = self._http.post_form(metadata.token_endpoint, values, headers)
        tokens = _json(answer, "token")
        if answer.status != 200:
            raise _told_by_provider(answer.status, tokens.get("error"))
        return tokens

    def _userinfo(self, metadata: Metadata, claims: Mapping[str, Any], tokens: Mapping[str, Any]) -> Mapping[str, Any]:
        """Asked only for what the id_token does not say."""
        access = tokens.get("access_token")
        if claims.get("email") or not metadata.userinfo_endpoint or not isinstance(access, str) or not _is_token(access):
            return {}
        answer = self._http.get(metadata.userinfo_endpoint, bearer=access)
        return _json(answer, "token") if answer.status == 200 else {}


def _is_token(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def _json(answer: HttpAnswer, code: str) -> Mapping[str, Any]:
    try:
        found = answer.json()
    except ConnectorRejectedError:
        found = None
    if not isinstance(found, Mapping):
        if answer.status >= 500:
            raise ConnectorUnavailableError(_("The server does not answer."))
        raise SsoRefusedError(code, _("The provider's answer is no JSON object."))
    return found


def _told_by_provider(status: int, error: Any) -> ConnectorError:
    if error == "invalid_grant":
        return SsoRefusedError("code")
    if error in ("invalid_client", "unauthorized_client") or status == 401:
        return SsoRefusedError("client")
    return ConnectorUnavailableError(_("The server does not answer.")) if status >= 500 else SsoRefusedError("token")


