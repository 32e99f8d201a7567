"""Setting up, showing and removing second factors. Whoever is at a session's gate proves themselves here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from portico import audit
from portico.db.session import SessionFactory
from portico.db.types import new_id
from portico.errors import DomainError, InvalidError, NotFoundError, TooManyRequestsError
from portico.identity import asked, security_mails
from portico.identity.cookies import hash_token, new_token
from portico.identity.factors import recovery, totp
from portico.identity.factors.sealing import keyed_hash, seal, unseal
from portico.tenancy.scope import Scope
from portico.web.i18n import _
from portico.web.limits import network_of

WINDOW, DAY = dt.timedelta(minutes=15), dt.timedelta(days=1)
PER_NETWORK, PER_NETWORK_AND_DAY, EVERYWHERE_AND_DAY = 10, 20, 100
"""Wrong codes of one person; the last counts short codes alone. docs/decisions/0018 has the arithmetic."""
LONGEST_NAME = 60
RECOVERY, RECOVERY_TTL = "recovery-codes", dt.timedelta(minutes=30)


class SecondFactorNeededError(DomainError):
    status = 401
    code = "second-factor-required"
    message = _("Your password is right. Send the code of your authenticator app as well.")
    remedy = _(
        "This person's account is protected by a second factor. Send the six digits of the authenticator app, "
        "or a recovery code, together with the password."
    )


class WrongCodeError(InvalidError):
    code = "wrong-code"
    message = _("This code does not fit, or was used already. Wait for the next one, or use a recovery code.")
    remedy = _(
        "Each code counts once and for half a minute. Check that the clock of your phone is right, wait for "
        "the next code, or use a recovery code."
    )


@dataclass(frozen=True)
class Factor:
    """kind: "totp" or "passkey". host: where alone a passkey is good; None: not known. Times are UTC."""

    id: UUID
    kind: str
    name: str
    created_at: dt.datetime
    last_used_at: dt.datetime | None
    sealed: bytes | None
    credential_id: bytes | None
    host: str | None

    def good_at(self, host: str) -> bool:
        """A passkey that the browser could sign with at this host."""
        return self.kind == "passkey" and self.host in (None, host)


def confirmed(db: Session, user_id: UUID) -> list[Factor]:
    return [_factor(row) for row in _rows(db, user_id) if row.confirmed_at is not None]


def begin_totp(db: Session, master_key: bytes) -> UUID:
    """An authenticator of the person in scope, which counts once its first code was typed. Earlier beginnings go."""
    scope: Scope = db.info["scope"]
    assert scope.user_id is not None
    for row in _rows(db, scope.user_id):
        if row.confirmed_at is None:
            db.execute(sa.select(sa.func.factor_remove(row.id)))
    factor_id = new_id()
    sealed = seal(master_key, scope.user_id, factor_id, totp.new_secret())
    db.execute(sa.select(sa.func.factor_add(factor_id, "totp", "", sealed, None, None, 0, None, False)))
    audit.record(db, "identity.factor-begun", subject=("factor", factor_id), after={"kind": "totp"})
    return factor_id


def begun_totp(db: Session, master_key: bytes, factor_id: UUID) -> str:
    """The secret to be shown while it is being set up. Raises NotFoundError: it is never shown again afterwards."""
    scope: Scope = db.info["scope"]
    assert scope.user_id is not None
    for row in _rows(db, scope.user_id):
        if row.id == factor_id and row.kind == "totp" and row.confirmed_at is None:
            return unseal(master_key, scope.user_id, row.id, row.sealed)
    raise NotFoundError


def confirm_totp(db: Session, portico: Any, factor_id: UUID, name: str, code: str) -> None:
    """The person is told, here as with every change of a factor. Raises WrongCodeError, TooManyRequestsError, NotFoundError."""
    scope: Scope = db.info["scope"]
    assert scope.user_id is not None
    secret = begun_totp(db, portico.settings.master_key, factor_id)
    count_try(portico.sessions, scope, scope.user_id, True)
    step = totp.step_of(secret, code)
    if step is None:
        words = _(
            "This code does not fit. Enter the one that the app shows now. If it never fits, check the clock of your telephone."
        )
        raise WrongCodeError(fields={"code": words})
    forget_try(portico.sessions, scope, scope.user_id, True)
    db.execute(sa.select(sa.func.factor_rename(factor_id, name or "")))
    if not db.scalar(sa.select(sa.func.factor_confirm(factor_id, step))):
        raise NotFoundError
    audit.record(db, "identity.factor-added", subject=("factor", factor_id), after={"kind": "totp", "name": name})
    security_mails.tell(db, portico, "totp-added")


def add_passkey(db: Session, portico: Any, name: str, registered: Any) -> UUID:
    factor_id = new_id()
    db.execute(
        sa.select(
            sa.func.factor_add(
                factor_id,
                "passkey",
                name,
                None,
                registered.credential_id,
                registered.public_key,
                registered.sign_count,
                registered.transports,
                True,
                registered.host,
            )
        )
    )
    audit.record(db, "identity.factor-added", subject=("factor", factor_id), after={"kind": "passkey", "name": name})
    security_mails.tell(db, portico, "passkey-added")
    return factor_id


def get(db: Session, factor_id: UUID) -> Factor:
    """A confirmed one of the person in scope. Raises NotFoundError."""
    found = next((one for one in confirmed(db, db.info["scope"].user_id) if one.id == factor_id), None)
    if found is None:
        raise NotFoundError
    return found


def rename(db: Session, factor: Factor, name: str) -> None:
    """Raises InvalidError, NotFoundError."""
    words = " ".join(name.split())
    if not 1 <= len(words) <= LONGEST_NAME:
        raise InvalidError(fields={"name": _("The name needs 1 to 60 characters.")})
    if not db.scalar(sa.select(sa.func.factor_rename(factor.id, words))):
        raise NotFoundError
    audit.record(
        db, "identity.factor-renamed", subject=("factor", factor.id), before={"name": factor.name}, after={"name": words}
    )


def remove(db: Session, portico: Any, factor_id: UUID) -> Factor:
    """Raises NotFoundError. With the last factor the recovery codes go too."""
    found = get(db, factor_id)
    if not db.scalar(sa.select(sa.func.factor_remove(factor_id))):
        raise NotFoundError
    audit.record(
        db, "identity.factor-removed", subject=("factor", factor_id), before={"kind": found.kind, "name": found.name}
    )
    security_mails.tell(db, portico, f"{found.kind}-removed")
    return found


def begin_recovery(db: Session) -> str:
    """A handle for one set of recovery codes, for the person and session in scope."""
    scope: Scope = db.info["scope"]
    handle = new_token()
    begun = sa.func.ceremony_begin(
        hash_token(handle), RECOVERY, scope.user_id, scope.session_id, None, sa.cast({}, JSONB), RECOVERY_TTL
    )
    db.execute(sa.select(begun))
    return handle


def take_recovery(db: Session, handle: str) -> bool:
    """True the first time."""
    scope: Scope = db.info["scope"]
    row = db.execute(
        sa.text("SELECT * FROM ceremony_take(:hash, :purpose)"), {"hash": hash_token(handle), "purpose": RECOVERY}
    ).one_or_none()
    return row is not None and (row.user_id, row.session_id) == (scope.user_id, scope.session_id)


def new_recovery_codes(db: Session, portico: Any) -> list[str]:
    """Ten new ones; those before are dead. They are told once."""
    scope: Scope = db.info["scope"]
    assert scope.user_id is not None
    codes = recovery.new_codes()
    hashes = [keyed_hash(portico.settings.master_key, scope.user_id, code) for code in codes]
    db.execute(sa.select(sa.func.recovery_replace(hashes)))
    audit.record(db, "identity.recovery-codes-made", subject=("user", scope.user_id))
    security_mails.tell(db, portico, "recovery-codes")
    return codes


def recovery_codes_left(db: Session, user_id: UUID) -> int:
    return int(db.scalar(sa.select(sa.func.recovery_left(user_id))) or 0)


def prove(db: Session, sessions: SessionFactory, master_key: bytes, user_id: UUID, code: str) -> str:
    """How the person proved themselves: "totp" or "recovery". Raises WrongCodeError, TooManyRequestsError.

    A code is used up by this, also when many try it at once: the database decides who was first.
    """
    scope: Scope = db.info["scope"]
    typed = recovery.plain(code)
    count_try(sessions, scope, user_id, typed is None)
    for factor in confirmed(db, user_id):
        if factor.kind != "totp" or factor.sealed is None:
            continue
        step = totp.step_of(unseal(master_key, user_id, factor.id, factor.sealed), code)
        if step is not None and db.scalar(sa.select(sa.func.factor_use_step(factor.id, user_id, step))):
            forget_try(sessions, scope, user_id, typed is None)
            return "totp"
    if typed and db.scalar(sa.select(sa.func.recovery_use(user_id, keyed_hash(master_key, user_id, typed)))):
        audit.record(db, "identity.recovery-code-used", subject=("user", user_id))
        asked.leave(db, "recovery-used", user_id=user_id)
        forget_try(sessions, scope, user_id, typed is None)
        return "recovery"
    audit.apart(sessions, scope, "identity.second-factor-refused", subject=("user", user_id))
    raise WrongCodeError(fields={"code": WrongCodeError.message})


def count_try(sessions: SessionFactory, scope: Scope, user_id: UUID, short: bool) -> None:
    """Before a code is looked at, in a transaction of its own; `forget_try` takes it back when the code was right (ASVS 6.6.3).

    Whoever gets here knew the password. A stranger uses up what their own network may try, and what is left to others is
    enough for the person. short: six digits, which many networks together could guess; a recovery code nobody can, so that
    one is always good elsewhere. Raises TooManyRequestsError.
    """
    with sessions.scoped(Scope(request_id=scope.request_id)) as db:
        for key, window, most in _limits(scope, user_id, short):  # a network that is refused uses up nothing of all others'
            if (db.scalar(sa.select(sa.func.rate_hit(key, window))) or 0) > most:
                exceeded = window
                break
        else:
            return
    words = _("Too many wrong codes. Please wait 15 minutes, or use a passkey.")
    if exceeded == DAY:
        words = _("Too many wrong codes today. Use a passkey, or a recovery code from another network, or wait until tomorrow.")
    raise TooManyRequestsError(int(exceeded.total_seconds()), words)


def forget_try(sessions: SessionFactory, scope: Scope, user_id: UUID, short: bool) -> None:
    """The code was right: only wrong ones count."""
    statement = sa.text("SELECT rate_hits(ARRAY[:key], ARRAY[-1], :window)")
    with sessions.scoped(Scope(request_id=scope.request_id)) as db:
        for key, window, _most in _limits(scope, user_id, short):
            db.execute(statement, {"key": key, "window": window})


def _limits(scope: Scope, user_id: UUID, short: bool) -> list[tuple[str, dt.timedelta, int]]:
    """(key, window, the most of it), in the order in which they are counted. One IPv6 /64 is one network."""
    mine = f"second-factor:{user_id}:{network_of(scope.address)}"
    found = [(mine, WINDOW, PER_NETWORK), (f"{mine}:day", DAY, PER_NETWORK_AND_DAY)]
    return [*found, (f"second-factor:{user_id}:day", DAY, EVERYWHERE_AND_DAY)] if short else found


def _rows(db: Session, user_id: UUID) -> list[Any]:
    return list(db.execute(sa.text("SELECT * FROM factors_of(:user)"), {"user": user_id}))


def _factor(row: Any) -> Factor:
    return Factor(row.id, row.kind, row.name, row.created_at, row.last_used_at, row.sealed, row.credential_id, row.host)
