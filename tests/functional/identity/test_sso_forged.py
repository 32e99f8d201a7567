"""Single sign-on against a provider that lies: nothing that is not exactly right lets anybody in (SEC-8; ASVS 6.8.2, 9.1.2)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.functional.identity.forger import CLIENT_ID, EMAIL, Forger, forging, honest
from tests.functional.identity.sso_company import begin, entries, give, path, why

from portico.identity.sso import client as sso_client
from portico.identity.sso import service
from portico.testing.client import Client
from portico.testing.portal import Company, Portal

STRANGERS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOW = int(time.time())


@pytest.fixture
def forger() -> Iterator[Forger]:
    with forging() as found:
        yield found


@pytest.fixture
def company(portal: Portal, forger: Forger) -> Company:
    company = portal.company()
    give(company, forger.issuer, CLIENT_ID, "secret", "forged.example", newcomers="agent")
    return company


@pytest.fixture
def client(company: Company) -> Client:
    return company.anonymous()


def come_back(client: Client, forger: Forger, **more: str) -> Any:
    return client.get(forger.back(begin(client), **more), status=303)


def is_nobody(client: Client) -> bool:
    return client.web.cookies.get("portico") is None and "/sign-in?" in client.get("/notices", status=303).location


def changed(**values: Any) -> Any:
    """An honest token but for these claims; None: without it."""

    def sign(forger: Forger, claims: dict[str, Any]) -> str:
        return honest(forger, {name: value for name, value in (claims | values).items() if value is not None})

    return sign


def shifted(seconds: int, *names: str) -> Any:
    return lambda forger, claims: honest(forger, claims | {name: claims[name] + seconds for name in names})


def with_header(**header: Any) -> Any:
    return lambda forger, claims: jwt.encode(claims, forger.key, "RS256", {"kid": "one", **header})


def by_public_key(forger: Forger, claims: dict[str, Any]) -> str:
    """HS256 with what everybody knows as the secret; the library refuses to make it, so it is made by hand."""

    def part(value: bytes) -> bytes:
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    text = part(b'{"alg":"HS256","typ":"JWT","kid":"one"}') + b"." + part(json.dumps(claims).encode())
    return (text + b"." + part(hmac.new(forger.public_pem(), text, hashlib.sha256).digest())).decode()


def stripped(forger: Forger, claims: dict[str, Any]) -> str:
    return honest(forger, claims).rpartition(".")[0] + "."


TOKENS = {
    "unsigned": ("unsigned", lambda forger, claims: jwt.encode(claims, None, "none")),
    "signature cut off": ("token", stripped),
    "another's key under the right name": ("token", lambda f, c: jwt.encode(c, STRANGERS_KEY, "RS256", {"kid": "one"})),
    "a key that nobody published": ("token", lambda f, c: jwt.encode(c, STRANGERS_KEY, "RS256", {"kid": "two"})),
    "a key in the token itself": ("token", lambda f, c: jwt.encode(c, STRANGERS_KEY, "RS256", {"jwk": Forger.jwk(STRANGERS_KEY, "one")})),
    "HMAC with the public key": ("unsigned", by_public_key),
    "HMAC with the client's secret": ("unsigned", lambda f, c: jwt.encode(c, "secret" * 8, "HS256", {"kid": "one"})),
    "an algorithm that was not announced": ("unsigned", lambda f, c: jwt.encode(c, f.key, "RS512", {"kid": "one"})),
    "a critical header": ("token", with_header(crit=["exp"])),
    "for another application": ("audience", changed(aud="another")),
    "for several, handed on by another": ("audience", changed(aud=[CLIENT_ID, "another"], azp="another")),
    "for several without saying whose": ("audience", changed(aud=[CLIENT_ID, "another"])),
    "for nobody": ("token", changed(aud=None)),
    "of another issuer": ("issuer", changed(iss="https://accounts.example")),
    "another nonce": ("replayed", changed(nonce="of another sign-in")),
    "no nonce": ("replayed", changed(nonce=None)),
    "expired": ("clock", shifted(-400, "exp")),
    "issued in an hour": ("clock", shifted(3600, "iat", "exp")),
    "issued an hour ago": ("clock", shifted(-3600, "iat")),
    "without an end": ("token", changed(exp=None)),
    "without a subject": ("token", changed(sub=None)),
    "no token": ("token", lambda forger, claims: None),
    "a token of words": ("token", lambda forger, claims: "not.a.token"),
    "an address that is not confirmed": ("unverified", changed(email_verified=False)),
    "an address of which nothing is said": ("unverified", changed(email_verified=None)),
    "an address of another domain": ("domain", changed(email="mia@elsewhere.example")),
    "an address of a domain below": ("domain", changed(email="mia@sub.forged.example")),
    "two addresses": ("no-address", changed(email=[EMAIL, "ada@forged.example"])),
    "an address with a line's end": ("no-address", changed(email="mia@forged.example\n@elsewhere.example")),
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_is_not_exactly_right_lets_nobody_in(name: str, company: Company, client: Client, forger: Forger) -> None:
    reason, forger.sign = TOKENS[name]
    answer = come_back(client, forger)
    assert why(answer) == reason
    assert is_nobody(client)
    assert [one.after["reason"] for one in entries(company, "sso.refused")] == [reason]
    assert entries(company, "sso.person-admitted") == []
    page = client.get(path(answer.location))
    assert page.status_int == 200
    # The same provider, honest: it was that token alone that was refused.
    forger.sign = honest
    assert come_back(client, forger).location == f"http://localhost:6543{company.prefix}/"
    assert client.get("/notices").status_int == 200


@pytest.mark.parametrize(
    ("seconds", "reason"), [(30, ""), (-30, ""), (120, "clock"), (-700, "clock")], ids=["ahead", "behind", "far ahead", "far behind"]
)
def test_clocks_may_differ_by_a_minute(seconds: int, reason: str, client: Client, forger: Forger) -> None:
    forger.sign = shifted(seconds, "iat", "exp")
    answer = come_back(client, forger)
    assert (why(answer) if is_refused(answer) else "") == reason


def test_keys_that_the_provider_changed_are_fetched(client: Client, forger: Forger, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_refused(come_back(client, forger))
    monkeypatch.setattr(sso_client, "KEYS_AGAIN_S", 0.0)
    new = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forger.keys = [Forger.jwk(new, "new")]
    forger.sign = lambda f, claims: jwt.encode(claims, new, "RS256", {"kid": "new"})
    assert not is_refused(come_back(client, forger))


def is_refused(answer: Any) -> bool:
    return "/sign-in/sso/problem" in answer.location


def test_keys_are_not_fetched_for_every_unknown_name(client: Client, forger: Forger) -> None:
    """Else whoever can start sign-ins could make the portal ask the provider as often as they like."""
    forger.sign = lambda f, claims: jwt.encode(claims, STRANGERS_KEY, "RS256", {"kid": "unknown"})
    for _n in range(3):
        assert why(come_back(client, forger)) == "token"
    assert forger.paths.count("/keys") == 1


def test_a_weak_key_does_not_count(client: Client, forger: Forger) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - a weak key is what is tried
    forger.keys = [Forger.jwk(weak, "one")]
    forger.key = weak

    def sign(f: Forger, claims: dict[str, Any]) -> str:
        with pytest.warns(jwt.InsecureKeyLengthWarning):
            return honest(f, claims)

    forger.sign = sign
    assert why(come_back(client, forger)) == "token"


def test_who_answers_must_be_who_was_asked(company: Company, client: Client, forger: Forger) -> None:
    """RFC 9207: an answer of another provider, mixed up on purpose, is refused before its code is sent anywhere."""
    assert why(come_back(client, forger, iss="https://accounts.example")) == "issuer"
    assert forger.asked == []
    forger.metadata = {"authorization_response_iss_parameter_supported": True}
    ask_anew(company, forger)
    assert why(come_back(client, forger)) == "issuer", "it says that it names itself, and did not"
    assert not is_refused(come_back(client, forger, iss=forger.issuer))


def test_a_provider_that_calls_itself_by_another_name_is_not_gone_to(company: Company, client: Client, forger: Forger) -> None:
    """Metadata of one that passes for another (RFC 8414 §3.3): the browser is sent nowhere, and no code is redeemed."""
    for told in ("https://accounts.example", forger.issuer + "/", forger.issuer.upper()):
        forger.metadata = {"issuer": told}
        ask_anew(company, forger)
        assert why(client.get("/sign-in/sso", status=303)) == "discovery", told
    assert forger.asked == []
    forger.metadata = {}
    ask_anew(company, forger)
    assert begin(client).startswith(forger.issuer)


def ask_anew(company: Company, forger: Forger) -> None:
    """Settings were saved: the portal reads the discovery document again."""
    with company.system() as db:
        service.save(
            db, company.portal.parts.cipher, name="Work login", issuer=forger.issuer, client_id=CLIENT_ID, client_secret="new", plain=True
        )


@pytest.mark.parametrize(
    ("error", "reason"),
    [("access_denied", "cancelled"), ("login_required", "cancelled"), ("server_error", "unavailable"), ("invalid_scope", "refused"),
     ("<script>", "refused")],
)
def test_what_the_provider_says_instead_of_a_code(error: str, reason: str, client: Client, forger: Forger) -> None:
    answer = come_back(client, forger, error=error)
    assert why(answer) == reason
    assert "<script>" not in client.get(path(answer.location)).text.replace("<script src", "")


def test_a_state_counts_once_and_in_the_browser_that_began(company: Company, client: Client, forger: Forger) -> None:
    back = forger.back(begin(client))
    assert why(company.anonymous().get(back, status=303)) == "expired", "of another browser"
    assert not is_refused(client.get(back, status=303))
    assert why(client.get(back, status=303)) == "expired"
    assert why(client.get(f"/sign-in/sso/callback?code=x&state={'s' * 43}", status=303)) == "expired"
    assert why(client.get("/sign-in/sso/callback", status=303)) == "expired"


def test_a_state_of_another_company_is_none(portal: Portal, company: Company, client: Client, forger: Forger) -> None:
    other = portal.company()
    give(other, forger.issuer, CLIENT_ID, "secret", "forged.example", newcomers="agent")
    there = other.anonymous()
    there.web.cookiejar = client.web.cookiejar
    assert why(there.get(forger.back(begin(client)).replace(company.slug, other.slug), status=303)) == "expired"


def test_an_old_state_is_dead(portal: Portal, client: Client, forger: Forger) -> None:
    back = forger.back(begin(client))
    with portal.superuser() as connection:
        connection.execute(sa.text("UPDATE ceremony SET expires_at = now() - interval '1 second' WHERE purpose = 'sso'"))
    assert why(client.get(back, status=303)) == "expired"
    assert forger.asked == []


def test_settings_that_changed_meanwhile_end_what_was_begun(company: Company, client: Client, forger: Forger) -> None:
    back = forger.back(begin(client))
    with company.system() as db:
        service.save(
            db, company.portal.parts.cipher, name="Work login", issuer=forger.issuer, client_id="another", client_secret="", plain=True
        )
    assert why(client.get(back, status=303)) == "off"
    assert forger.asked == []


def test_address_and_its_confirmation_come_from_one_place(client: Client, forger: Forger) -> None:
    """An id_token without an address, and a userinfo answer about somebody else, or that confirms nothing."""
    forger.sign = changed(email=None, email_verified=True)
    forger.userinfo = {"sub": "somebody else", "email": EMAIL, "email_verified": True}
    assert why(come_back(client, forger)) == "token"
    forger.userinfo = {"sub": "subject-1", "email": EMAIL}
    assert why(come_back(client, forger)) == "unverified"
    forger.userinfo = {"sub": "subject-1", "email": EMAIL, "email_verified": True}
    assert not is_refused(come_back(client, forger))


def test_proving_again_needs_a_proof_of_now(company: Company, client: Client, forger: Forger) -> None:
    forger.sign = changed(auth_time=None)
    assert not is_refused(come_back(client, forger))
    for old in (None, NOW - 3600):
        forger.sign = changed(auth_time=old)
        location = begin(client, fresh="yes")
        assert "prompt=login" in location
        assert "max_age=0" in location
        assert why(client.get(forger.back(location), status=303)) == "fresh"
    forger.sign = honest
    assert not is_refused(client.get(forger.back(begin(client, fresh="yes")), status=303))


def test_proving_again_as_somebody_else_proves_nothing(client: Client, forger: Forger) -> None:
    assert not is_refused(come_back(client, forger))
    forger.sign = changed(sub="another", email="noa@forged.example")
    assert why(client.get(forger.back(begin(client, fresh="yes")), status=303)) == "fresh"


def test_the_secret_and_the_verifier_go_to_the_provider_alone(client: Client, forger: Forger) -> None:
    location = begin(client)
    assert "code_challenge_method=S256" in location
    answer = client.get(forger.back(location), status=303)
    [form] = forger.asked
    assert form["code_verifier"] not in location
    assert form["redirect_uri"].endswith("/sign-in/sso/callback")
    assert "code" not in answer.location
