"""A company's provider of identities: its settings, its test, and the domains of addresses that it may speak for."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.connections import keys
from portico.connections.connector import CapabilityReport
from portico.connections.errors import ConnectorRejectedError
from portico.connections.http import checked
from portico.connections.messages import kept
from portico.connections.secrets import Cipher
from portico.connections.target import NoConnectionError, Target
from portico.db.types import now
from portico.errors import ConflictError, InvalidError, NotFoundError
from portico.identity.sso.client import SECRET
from portico.identity.sso.described import Described, Us
from portico.identity.sso.models import SsoDomain, SsoProvider, SsoSecret
from portico.pluginhost.toggles import lock
from portico.tenancy.models import TenantRecord, TenantRole
from portico.tenancy.scope import Scope
from portico.web.i18n import _

CALLBACK = "/sign-in/sso/callback"
ACS, METADATA = "/sign-in/sso/acs", "/sign-in/sso/metadata"
STAFF_MUST = "sso_staff_must"
"""In the company's settings: `enter` reads it with every request."""
MOST_DOMAINS = 20
_DOMAIN = re.compile(r"(?=.{4,190}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+")


def provider(db: Session) -> SsoProvider | None:
    """The company's, on or off."""
    return db.scalars(sa.select(SsoProvider)).one_or_none()


def offered(db: Session) -> SsoProvider | None:
    """The one whose button the sign-in page shows."""
    found = provider(db)
    return found if found is not None and found.enabled else None


def load(db: Session, cipher: Cipher, provider_id: uuid.UUID) -> Target:
    """For the connection host. Raises NoConnectionError (another company's provider is none), SealError."""
    found = db.scalars(sa.select(SsoProvider).where(SsoProvider.id == provider_id)).one_or_none()
    if found is None:
        raise NoConnectionError(str(provider_id))
    config = {"issuer": found.issuer, "client_id": found.client_id}
    sealed = keys.read_secrets(db, cipher, found.id, SsoSecret)
    return Target(found.tenant_id, found.id, "oidc", found.name, found.version, config, sealed)


def has_secret(db: Session) -> bool:
    return db.scalar(sa.select(sa.func.count()).select_from(SsoSecret).where(SsoSecret.field == SECRET)) == 1


def save(
    db: Session, cipher: Cipher, *, name: str, issuer: str, client_id: str, client_secret: str, plain: bool
) -> SsoProvider:
    """Where the company's people sign in. What was changed has to be tested again before it is used.

    client_secret "": the stored one stays, unless it would go to another issuer. plain: http:// is taken too.
    Raises InvalidError.
    """
    found = db.scalars(sa.select(SsoProvider).with_for_update()).one_or_none()
    issuer, client_id, name = issuer.strip(), client_id.strip(), " ".join(name.split())
    try:
        parts = checked(issuer, plain=plain)
    except ConnectorRejectedError as error:
        raise InvalidError(fields={"issuer": error.message}) from error
    if parts.query:
        raise InvalidError(fields={"issuer": _("The issuer's address has no question mark in it.")})
    if found is None and not client_secret:
        raise InvalidError(fields={"client_secret": _("Enter the secret that the provider made for this portal.")})
    if found is not None and (found.kind, found.issuer) != ("oidc", issuer) and not client_secret:
        raise InvalidError(fields={"client_secret": _("Enter this again: the address has changed.")})
    before = None if found is None else _facts(found)
    if found is None:
        found = SsoProvider(name=name, issuer=issuer, client_id=client_id)
        db.add(found)
    changed = client_secret or (found.kind, found.issuer, found.client_id) != ("oidc", issuer, client_id)
    found.kind, found.name, found.issuer, found.client_id = "oidc", name, issuer, client_id
    found.entry, found.certificates = "", []
    if changed:
        _untested(found)
    db.flush()
    if client_secret:
        keys.store_secrets(db, cipher, found.id, {SECRET: client_secret}, SsoSecret)
    audit.record(
        db, "sso.provider-saved", subject=("sso-provider", found.id), before=before,
        after=_facts(found) | {"new_secret": bool(client_secret)},
    )
    return found


def save_saml(db: Session, *, name: str, described: Described | None, us: Us) -> SsoProvider:
    """The same for a provider that speaks SAML 2.0. described: what its metadata say; None: as they are stored.

    Raises InvalidError.
    """
    found = db.scalars(sa.select(SsoProvider).with_for_update()).one_or_none()
    name, before = " ".join(name.split()), None if found is None else _facts(found)
    if described is None and (found is None or found.kind != "saml"):
        raise InvalidError(fields={"metadata": _("Paste the description that the provider gives of itself (its metadata).")})
    if found is None:
        found = SsoProvider(name=name, issuer="", client_id="")
        db.add(found)
    found.name = name
    if described is not None and described_by(found) != described:
        found.kind, found.issuer, found.client_id = "saml", described.entity_id, us.entity_id
        found.entry, found.certificates = described.entry, list(described.certificates)
        _untested(found)
    db.flush()
    db.execute(sa.delete(SsoSecret).where(SsoSecret.provider_id == found.id))
    audit.record(db, "sso.provider-saved", subject=("sso-provider", found.id), before=before, after=_facts(found))
    return found


def described_by(found: SsoProvider) -> Described | None:
    """What is stored of a provider that speaks SAML; None for others."""
    return Described(found.issuer, found.entry, tuple(found.certificates)) if found.kind == "saml" else None


def us(tenant_url: str) -> Us:
    """How a provider knows the portal of the company at this address."""
    return Us(tenant_url + METADATA, tenant_url + ACS)


def _untested(found: SsoProvider) -> None:
    found.version = (found.version or 0) + 1
    found.works, found.found, found.tested_at, found.signs_out = False, [], None, False


def record_test(
    db: Session, reports: Sequence[CapabilityReport], *, version: int, signs_out: bool, error: Any = None
) -> SsoProvider:
    """Keep what a test found, if the settings are still those that were tested. Raises NotFoundError, ConflictError."""
    found = _locked(db)
    if found.version != version:
        raise ConflictError
    found.tested_at, found.signs_out = now(), signs_out
    found.works = error is None and bool(reports) and all(one.ok for one in reports)
    found.found = [
        {"capability": one.capability, "title": kept(one.title), "ok": one.ok, "detail": kept(one.detail)} for one in reports
    ] or [{"capability": "discovery", "title": kept(_("Discovery document")), "ok": False, "detail": kept(error)}]
    db.flush()
    audit.record(db, "sso.tested", subject=("sso-provider", found.id), after={"works": found.works})
    return found


def roles_for_newcomers(db: Session) -> dict[str, Any]:
    """Name → title of the roles of staff that somebody unknown may be given: never that of administrators."""
    composed = db.execute(
        sa.select(TenantRole.name, TenantRole.title).where(TenantRole.kind == "staff", TenantRole.built_in.is_(False))
    )
    return {"agent": _("Agents")} | {row.name: row.title for row in composed if row.name != "admin"}


def set_rules(
    db: Session,
    *,
    enabled: bool,
    staff_must: bool,
    customers_may: bool,
    newcomers: str,
    permissions_of: Mapping[str, frozenset[str]],
    version: int | None = None,
) -> None:
    """Who comes in by it. permissions_of: what the roles of the company may do. version: the configuration's, as seen.

    Staff can only be bound to it by somebody who just came in by it: then it is known to work, and nobody is locked out.
    Raises InvalidError, NotFoundError, ChangedMeanwhileError.
    """
    lock(db, version)
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    found = _locked(db)
    if enabled and not found.works:
        raise InvalidError(fields={"enabled": _("Test it first: it is used once its test has passed.")})
    if staff_must and not enabled:
        raise InvalidError(fields={"staff_must": _("Nobody could sign in: switch the sign-in on as well.")})
    if staff_must and not found.staff_must and not scope.by_sso:
        raise InvalidError(
            fields={"staff_must": _("Sign in with it once yourself, then choose this: so you are not locked out.")}
        )
    if newcomers not in ("", "customer"):
        if newcomers not in roles_for_newcomers(db):
            raise InvalidError(fields={"newcomers": _("Choose among the roles that are offered.")})
        if not permissions_of.get(newcomers, frozenset()) <= scope.permissions:
            raise InvalidError(fields={"newcomers": _("You cannot give or take permissions that you do not have yourself.")})
    before = _rules(found)
    found.enabled, found.staff_must = enabled, staff_must
    found.customers_may, found.newcomers = customers_may, newcomers
    db.flush()
    _bind_staff(db, scope, staff_must)
    if not enabled:
        db.execute(sa.select(sa.func.sso_sessions_end()))
    audit.record(db, "sso.rules-changed", subject=("sso-provider", found.id), before=before, after=_rules(found))


def remove(db: Session) -> None:
    """Provider, secret and who was who there go; who came in by it is signed out. Domains stay. Raises NotFoundError."""
    found, scope = _locked(db), db.info["scope"]
    _bind_staff(db, scope, False)
    db.execute(sa.select(sa.func.sso_sessions_end()))
    audit.record(db, "sso.provider-removed", subject=("sso-provider", found.id), before=_facts(found) | _rules(found))
    db.delete(found)
    db.flush()


def release_staff(db: Session) -> None:
    """For operators, when a company's provider is away and nobody comes in: staff may use their passwords again."""
    found, scope = _locked(db), db.info["scope"]
    found.staff_must = False
    db.flush()
    _bind_staff(db, scope, False)
    audit.record(db, "sso.staff-released", subject=("sso-provider", found.id))


def _bind_staff(db: Session, scope: Scope, staff_must: bool) -> None:
    assert scope.tenant is not None
    stored = sa.select(TenantRecord.settings).where(TenantRecord.id == scope.tenant.id)
    settings = {key: value for key, value in (db.scalar(stored) or {}).items() if key != STAFF_MUST}
    wanted = settings | ({STAFF_MUST: True} if staff_must else {})
    db.execute(sa.update(TenantRecord).where(TenantRecord.id == scope.tenant.id).values(settings=wanted))


# -- domains ---------------------------------------------------------------------------------------------------


def domains(db: Session) -> list[SsoDomain]:
    return list(db.scalars(sa.select(SsoDomain).order_by(SsoDomain.domain)))


def add_domain(db: Session, text: str) -> SsoDomain:
    """Raises InvalidError, ConflictError."""
    try:
        domain = text.strip().removeprefix("@").lower().rstrip(".").encode("idna").decode()
    except UnicodeError:
        domain = ""
    if not _DOMAIN.fullmatch(domain):
        raise InvalidError(fields={"domain": _("Enter a domain like company.com, without anything before it.")})
    known = domains(db)
    if any(one.domain == domain for one in known):
        raise ConflictError(_("This domain is on the list already."))
    if len(known) >= MOST_DOMAINS:
        raise ConflictError(_("There are 20 domains. Remove one that is not used any more."))
    found = SsoDomain(domain=domain, token=secrets.token_hex(16))
    db.add(found)
    db.flush()
    audit.record(db, "sso.domain-added", subject=("sso-domain", found.id), after={"domain": domain})
    return found


def domain(db: Session, domain_id: uuid.UUID) -> SsoDomain:
    found = db.scalars(sa.select(SsoDomain).where(SsoDomain.id == domain_id).with_for_update()).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def record_check(db: Session, found: SsoDomain, shows: bool, problem: Any = None) -> None:
    """What the DNS said. A domain that was proved stays so while the DNS does not answer; it ends when the proof is gone,
    unless an operator has vouched for it."""
    found.checked_at, found.problem = now(), problem
    audit.record(
        db, "sso.domain-checked", subject=("sso-domain", found.id), after={"domain": found.domain, "shows": shows}
    )
    if shows and found.verified_at is None:
        found.verified_at, found.verified_by = now(), "dns"
        audit.record(db, "sso.domain-verified", subject=("sso-domain", found.id), after={"domain": found.domain, "by": "dns"})
    elif not shows and problem is None and found.verified_by == "dns":
        found.verified_at = found.verified_by = None
        audit.record(db, "sso.domain-lost", subject=("sso-domain", found.id), before={"domain": found.domain})
    db.flush()


def vouch(db: Session, domain_id: uuid.UUID) -> None:
    """An operator knows that the domain is the company's. Raises NotFoundError."""
    found = domain(db, domain_id)
    found.verified_at, found.verified_by, found.problem = now(), "operator", None
    db.flush()
    audit.record(
        db, "sso.domain-verified", subject=("sso-domain", found.id), after={"domain": found.domain, "by": "operator"}
    )


def remove_domain(db: Session, domain_id: uuid.UUID) -> None:
    """Nobody with such an address comes in by the company's sign-in any more. Raises NotFoundError."""
    found = domain(db, domain_id)
    audit.record(db, "sso.domain-removed", subject=("sso-domain", found.id), before={"domain": found.domain})
    db.delete(found)
    db.flush()


def _locked(db: Session) -> SsoProvider:
    found = db.scalars(sa.select(SsoProvider).with_for_update()).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def _facts(found: SsoProvider) -> dict[str, Any]:
    """For the audit trail: no secret."""
    return {"kind": found.kind, "name": found.name, "issuer": found.issuer, "client_id": found.client_id}


def _rules(found: SsoProvider) -> dict[str, Any]:
    return {key: getattr(found, key) for key in ("enabled", "staff_must", "customers_may", "newcomers")}
