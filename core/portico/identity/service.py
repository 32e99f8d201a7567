"""Signing in, sessions, links and passwords. Answers never tell whether an address is known."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from portico import audit
from portico.db.session import SessionFactory
from portico.db.types import now
from portico.errors import DomainError, InvalidError, TooManyRequestsError
from portico.identity import security_mails
from portico.identity.cookies import SESSION_DAYS, hash_token, new_token
from portico.identity.email import normalise_email
from portico.identity.passwords import check_strength, hash_password, verify_password
from portico.identity.tokens import REFRESH_DAYS
from portico.tenancy.scope import Scope
from portico.web.i18n import _
from portico.web.limits import network_of

VERIFY_TTL, RESET_TTL, LINK_TTL = dt.timedelta(days=2), dt.timedelta(hours=1), dt.timedelta(minutes=15)
SIGN_IN_LINK = "sign-in"
_WINDOW = dt.timedelta(minutes=15)
PER_PERSON_AND_ADDRESS, PER_ADDRESS = 10, 60
NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


class WrongCredentialsError(DomainError):
    status = 401
    code = "wrong-credentials"
    message = _("This e-mail address and password do not fit. Check both, or reset your password.")
    remedy = _(
        "No account has this e-mail address together with this password; which of them is wrong is not told. "
        "After several tries the portal makes you wait."
    )


class UnconfirmedError(DomainError):
    """Told only to somebody who knew the password."""

    status = 403
    code = "unconfirmed"
    message = _("Confirm your e-mail address first. We have sent you the link once more.")
    remedy = _(
        "The account exists, and its e-mail address was never confirmed. Open the newest mail from the portal "
        "and follow its link, then sign in."
    )


class LinkExpiredError(DomainError):
    status = 410
    code = "link-expired"
    message = _("This link was used already or is too old. Ask for a new one.")
    remedy = _(
        "Links in mails work once and for a limited time. Ask for a new one on the page that the link was "
        "for."
    )


@dataclass(frozen=True)
class Person:
    """Who signed in, or whom a link belongs to."""

    id: uuid.UUID
    email: str
    name: str
    locale: str | None


def limit(sessions: SessionFactory, scope: Scope, what: str, email: str) -> None:
    """Count an attempt, in a transaction of its own, before anything is tried. Raises TooManyRequestsError.

    The tight limit is per person *and* address: a stranger elsewhere cannot lock anybody out. One IPv6 /64 is one address.
    """
    digest, network = hashlib.sha256(email.encode()).hexdigest()[:16], network_of(scope.address)
    keys = ((f"{what}:{digest}:{network}", PER_PERSON_AND_ADDRESS), (f"{what}:{network}", PER_ADDRESS))
    with sessions.scoped(Scope(request_id=scope.request_id)) as db:
        exceeded = [key for key, most in keys if (db.scalar(sa.select(sa.func.rate_hit(key, _WINDOW))) or 0) > most]
    if exceeded:
        raise TooManyRequestsError(
            int(_WINDOW.total_seconds()), _("Too many attempts. Please wait 15 minutes, or reset your password.")
        )


def sign_in(db: Session, sessions: SessionFactory, email: str, password: str) -> Person:
    """email: or, in a company, a customer number. Raises WrongCredentialsError, UnconfirmedError, TooManyRequestsError."""
    scope: Scope = db.info["scope"]
    address = login_address(db, email)
    limit(sessions, scope, "sign-in", address)
    row = db.execute(sa.text("SELECT * FROM user_credentials(:email)"), {"email": address}).one_or_none()
    fits = verify_password(row.password_hash if row else None, password)
    if row is None or not fits or not row.active:
        audit.apart(sessions, scope, "identity.sign-in-refused", subject=("user", row.user_id if row else "unknown"))
        raise WrongCredentialsError
    if not row.verified:
        raise UnconfirmedError
    return Person(row.user_id, address, row.name, row.locale)


def login_address(db: Session, typed: str) -> str:
    """The e-mail address of a login. A customer number of the company in scope stands for the first owner of that
    organisation; "?", which nobody has, for what is neither."""
    scope: Scope = db.info["scope"]
    number = typed.strip()
    if "@" not in number and scope.tenant is not None and number:
        found = db.scalar(sa.select(sa.func.customer_login(scope.tenant.id, number)))
        return str(found) if found else f"?{number}"
    try:
        return normalise_email(typed)
    except InvalidError:
        return "?"


@dataclass(frozen=True)
class WayIn:
    """How a person came in. methods: "password", "passkey", "link", "sso" …; second_factor: that is proof enough.

    proved_at: when they proved who they are, if that was not just now; NEVER: nobody knows. until: the session ends then at the
    latest, as whoever vouches for them wants to be asked again.
    """

    methods: tuple[str, ...] = ("password",)
    second_factor: bool = False
    place: str = ""
    proved_at: dt.datetime | None = None
    until: dt.datetime | None = None


def open_session(
    db: Session,
    person: Person,
    *,
    kind: str,
    tenant_id: uuid.UUID | None,
    agent: str,
    way_in: WayIn = WayIn(),
) -> tuple[uuid.UUID, str]:
    """A new session at the host in scope, whatever was there before (rotation). Gives (id, token); the token is told once.

    Whoever has a second factor and has not shown it is not signed in by this: `enter` keeps the session at its gate.
    """
    scope: Scope = db.info["scope"]
    token, longest = new_token(), dt.timedelta(days=SESSION_DAYS)
    session_id = db.scalar(
        sa.text(
            "SELECT session_open(:user, :hash, :kind, :tenant, :ttl, :address, :agent, :methods, :second_factor, :place,"
            " NULL, NULL, NULL, :host)"
        ),
        {
            "user": person.id,
            "hash": hash_token(token),
            "kind": kind,
            "tenant": tenant_id,
            "ttl": min(longest, way_in.until - now()) if way_in.until else longest,
            "address": scope.address,
            "agent": agent,
            "methods": list(way_in.methods),
            "second_factor": way_in.second_factor,
            "place": way_in.place,
            "host": scope.host,
        },
    )
    if way_in.proved_at is not None:
        proved_at = None if way_in.proved_at == NEVER else way_in.proved_at
        db.execute(sa.text("SELECT session_proved_at(:session, :at)"), {"session": session_id, "at": proved_at})
    audit.record(
        db,
        "identity.sign-in",
        subject=("user", person.id),
        after={"kind": kind, "methods": list(way_in.methods)},
        by=(person.id, person.email),
    )
    assert isinstance(session_id, uuid.UUID)
    return session_id, token


def elevate(db: Session, method: str, *, second_factor: bool) -> str:
    """One more proof by whoever sits there: gives the session's new token (ASVS 7.2.4), to be set as its cookie.

    For a session at its gate this is what signs the person in. Raises WrongCredentialsError when the session ended.
    """
    scope: Scope = db.info["scope"]
    user = scope.user_id or scope.pending_user_id
    token = new_token()
    elevated = sa.func.session_elevate(scope.session_id, user, hash_token(token), method, second_factor)
    address = db.scalar(sa.select(elevated))
    if address is None or user is None:
        raise WrongCredentialsError(_("Your session has ended. Sign in again."))
    audit.record(db, "identity.elevated", subject=("user", user), after={"method": method}, by=(user, address))
    return token


def end_session(db: Session, session_id: uuid.UUID) -> None:
    audit.record(db, "identity.sign-out", subject=("session", session_id))
    db.execute(sa.select(sa.func.session_end(session_id)))


def displace(db: Session, token: str) -> None:
    """End the browser's session with this token, if there is one, whether or not it still counts; with what came from it."""
    found = sa.text("SELECT * FROM session_displace(:hash)")
    for row in db.execute(found, {"hash": hash_token(token)}):
        audit.record(db, "identity.sign-out", subject=("session", row.session_id), by=(row.user_id, row.email))


def sign_out(db: Session, session_id: uuid.UUID) -> None:
    """The person's own end of it: with what it was handed over from, and with whatever else was handed over from there."""
    audit.record(db, "identity.sign-out", subject=("session", session_id))
    db.execute(sa.select(sa.func.session_sign_out(session_id)))


def new_refresh_token(db: Session, session_id: uuid.UUID) -> str:
    token = new_token()
    db.execute(sa.select(sa.func.refresh_create(session_id, hash_token(token), dt.timedelta(days=REFRESH_DAYS))))
    return token


def use_refresh_token(sessions: SessionFactory, scope: Scope, token: str) -> tuple[uuid.UUID, uuid.UUID | None]:
    """(session, tenant) of a token's first use. Raises WrongCredentialsError; a second use ends the whole family.

    In a transaction of its own, so that the revocation survives the refusal.
    """
    with sessions.scoped(scope) as db:
        row = db.execute(sa.text("SELECT * FROM refresh_use(:hash)"), {"hash": hash_token(token)}).one_or_none()
        if row is not None and row.reused:
            audit.record(db, "identity.refresh-reused", subject=("session", row.session_id))
        elif row is not None:
            audit.record(db, "identity.token-renewed", subject=("session", row.session_id))
    if row is None or row.reused:
        raise WrongCredentialsError(_("This refresh token is not valid any more. Sign in again."))
    return row.session_id, row.tenant_id


@dataclass(frozen=True)
class Registration:
    """What to mail: a link to confirm (`token`), or, if the address was known and confirmed, how to get in."""

    email: str
    name: str
    token: str | None


def mail_token(
    db: Session, user_id: uuid.UUID, purpose: str, ttl: dt.timedelta, data: dict[str, str] | None = None
) -> str:
    """A link's token. `data` takes effect when a link to confirm is used."""
    token = new_token()
    kept = _kept(db, token, purpose)
    db.execute(sa.select(sa.func.user_token_create(user_id, kept, purpose, ttl, sa.cast(data or {}, JSONB))))
    return token


def resend_verification(db: Session, email: str) -> Registration | None:
    row = credentials(db, email)
    if row is None or row.verified:
        return None
    return Registration(normalise_email(email), row.name, mail_token(db, row.user_id, "verify", VERIFY_TTL))


def confirm(db: Session, sessions: SessionFactory, token: str, password: str) -> Person:
    """Use a confirmation link, by who holds the mailbox and chose the password: else somebody could register another's address
    and wait for them to follow the link.

    Raises LinkExpiredError, TooManyRequestsError, and InvalidError: the refusal undoes the link's use.
    """
    limit(sessions, db.info["scope"], "verify", token)
    person = use_token(db, token, "verify")
    chosen = credentials(db, person.email)
    if chosen is None or not verify_password(chosen.password_hash, password):
        words = _("This is not the password that was chosen. If you chose none, choose a new one.")
        raise InvalidError(fields={"password": words})
    return person


def use_sign_in_link(db: Session, token: str) -> Person:
    """Raises LinkExpiredError."""
    return use_token(db, token, SIGN_IN_LINK)


def reset_link_works(db: Session, token: str) -> bool:
    return bool(db.scalar(sa.select(sa.func.user_token_peek(hash_token(token), "reset"))))


def reset_asks_name(db: Session, token: str) -> bool:
    """True if the link is of a registration that nobody confirmed: the name that was typed with it may be a stranger's."""
    return bool(db.scalar(sa.select(sa.func.user_claim(hash_token(token), None))))


def reset(db: Session, portico: Any, token: str, password: str, name: str = "") -> Person:
    """A new password by a mailed link; every session of the person ends, and every other link. The person is told.

    name: counts where `reset_asks_name`; there, without one, the person is called as their mailbox until they say otherwise.
    Raises LinkExpiredError, and InvalidError: the refusal undoes the link's use.
    """
    db.execute(sa.select(sa.func.user_claim(hash_token(token), " ".join(name.split()))))
    person = use_token(db, token, "reset")
    check_strength(password, email=person.email, name=person.name, breached=db.info.get("breached", ()))
    db.execute(sa.select(sa.func.user_set_password(person.id, hash_password(password))))
    db.execute(sa.select(sa.func.session_end_all(person.id, None)))
    audit.record(db, "identity.password-reset", subject=("user", person.id), by=(person.id, person.email))
    security_mails.tell_person(db, portico, "password", email=person.email, name=person.name, locale=person.locale)
    return person


def change_password(db: Session, portico: Any, current: str, password: str) -> None:
    """For the person in scope, who is told; all other sessions end, and links that were mailed. Raises InvalidError."""
    scope: Scope = db.info["scope"]
    row = credentials(db, scope.user_email)
    if row is None or not verify_password(row.password_hash, current):
        raise InvalidError(fields={"current": _("This is not your current password.")})
    known = db.info.get("breached", ())
    check_strength(password, email=scope.user_email, name=scope.user_name, breached=known)
    db.execute(sa.select(sa.func.user_set_password(scope.user_id, hash_password(password))))
    db.execute(sa.select(sa.func.session_end_all(scope.user_id, scope.session_id)))
    audit.record(db, "identity.password-changed", subject=("user", scope.user_id))
    security_mails.tell(db, portico, "password")


def use_token(db: Session, token: str, purpose: str) -> Person:
    """A mailed link, good once. Raises LinkExpiredError."""
    row = db.execute(
        sa.text("SELECT * FROM user_token_use(:hash, :purpose)"),
        {"hash": _kept(db, token, purpose), "purpose": purpose},
    ).one_or_none()
    if row is None:
        raise LinkExpiredError
    audit.record(db, f"identity.{purpose}-link-used", subject=("user", row.user_id), by=(row.user_id, row.email))
    return Person(row.user_id, row.email, row.name, row.locale)


def _kept(db: Session, token: str, purpose: str) -> bytes:
    """What is kept of a token. One that signs somebody in is another one at every company: it is good where it was asked for."""
    tenant = db.info["scope"].tenant
    return hash_token(f"{token}@{tenant.id}" if purpose == SIGN_IN_LINK and tenant is not None else token)


def credentials(db: Session, email: str) -> Any:
    """What the portal knows of an address, or None. For who has proved something, or for a job: its time tells who is known."""
    return db.execute(sa.text("SELECT * FROM user_credentials(:email)"), {"email": email}).one_or_none()
