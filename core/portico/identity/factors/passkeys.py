"""Passkeys: WebAuthn ceremonies (W3C Web Authentication Level 2), with the library's checks and our one-use challenges."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from portico.errors import InvalidError
from portico.identity.cookies import hash_token, new_token
from portico.tenancy.scope import Scope
from portico.web.i18n import _

TTL_S = 300
REGISTER, SIGN_IN, SECOND_FACTOR = "passkey-register", "passkey-sign-in", "passkey-second-factor"


class PasskeyError(InvalidError):
    message = _("This passkey could not be checked. Try again, or use another way.")


@dataclass(frozen=True)
class Ceremony:
    """What the page hands to the browser: `options` (JSON of publicKey), and `handle`, which comes back with the answer."""

    options: str
    handle: str


@dataclass(frozen=True)
class Site:
    """Whose passkeys these are: the host (relying party id) and the origin that the browser must name."""

    host: str
    origin: str

    @classmethod
    def of(cls, host_url: str) -> Site:
        return cls(urlsplit(host_url).hostname or "", host_url)


@dataclass(frozen=True)
class Registered:
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]
    host: str


# The library and what it needs are loaded by those processes that meet a passkey, not by all.


def begin_registration(db: Session, site: Site, user_id: UUID, name: str, email: str, known: list[bytes]) -> Ceremony:
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="Portico",
        user_id=user_id.bytes,
        user_name=email,
        user_display_name=name,
        timeout=TTL_S * 1000,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return _keep(db, REGISTER, options)


def finish_registration(db: Session, site: Site, handle: str, answer: str) -> Registered:
    """Raises PasskeyError."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = _take(db, REGISTER, handle)
    try:
        verified = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyError from error
    transports = json.loads(answer).get("response", {}).get("transports") or []
    return Registered(
        verified.credential_id,
        verified.credential_public_key,
        verified.sign_count,
        [str(one)[:20] for one in transports[:8]],
        site.host,
    )


def begin_assertion(db: Session, site: Site, purpose: str, known: list[bytes]) -> Ceremony:
    """`known` empty: any passkey of this site will do, the browser offers those it holds."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        timeout=TTL_S * 1000,
        allow_credentials=[structs.PublicKeyCredentialDescriptor(id=one) for one in known],
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return _keep(db, purpose, options)


def finish_assertion(db: Session, site: Site, purpose: str, handle: str, answer: str) -> Any:
    """The row of the factor that signed (id, user_id, email, name, locale). Raises PasskeyError, also for one of another host."""
    import webauthn
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = _take(db, purpose, handle)
    try:
        credential_id = base64url_to_bytes(str(json.loads(answer)["rawId"]))
        row = db.execute(
            sa.text("SELECT * FROM factor_by_credential(:id, :host)"), {"id": credential_id, "host": site.host}
        ).one_or_none()
        if row is None:
            raise PasskeyError(_("This passkey is not known here. Sign in another way, and add it to your account."))
        verified = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PasskeyError from error
    if not db.scalar(sa.select(sa.func.factor_use_count(row.id, verified.new_sign_count, site.host))):
        raise PasskeyError
    return row


def _keep(db: Session, purpose: str, options: Any) -> Ceremony:
    import webauthn
    from webauthn.helpers import bytes_to_base64url

    scope: Scope = db.info["scope"]
    handle = new_token()
    db.execute(
        sa.select(
            sa.func.ceremony_begin(
                hash_token(handle),
                purpose,
                scope.user_id or scope.pending_user_id,
                scope.session_id,
                scope.tenant.id if scope.tenant else None,
                sa.cast({"challenge": bytes_to_base64url(options.challenge)}, JSONB),
                dt.timedelta(seconds=TTL_S),
            )
        )
    )
    return Ceremony(webauthn.options_to_json(options), handle)


def _take(db: Session, purpose: str, handle: str) -> bytes:
    """The challenge that was given out with `handle`: once, to the session it was made for."""
    from webauthn.helpers import base64url_to_bytes

    scope: Scope = db.info["scope"]
    row = db.execute(
        sa.text("SELECT * FROM ceremony_take(:hash, :purpose)"), {"hash": hash_token(handle), "purpose": purpose}
    ).one_or_none()
    if row is None or row.session_id != scope.session_id or row.user_id != (scope.user_id or scope.pending_user_id):
        raise PasskeyError(_("That took too long, or was sent twice. Try again."))
    return base64url_to_bytes(row.data["challenge"])
