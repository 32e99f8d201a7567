"""What is asked for with an address alone: a link to sign in, a new password, an account, another address, a way into staff.

A request only leaves a job, the same for everybody, so that neither its answer nor its time tells who has an account
(ASVS 6.3.8). Whose address it is comes to light in the job, which makes the link and its mail.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.errors import InvalidError
from portico.identity import consents, security_mails
from portico.identity.email import normalise_email
from portico.identity.mails import send_link
from portico.identity.passwords import check_strength, hash_password
from portico.identity.sealing import UnsealableError, seal, unseal
from portico.identity.service import (
    LINK_TTL,
    RESET_TTL,
    SIGN_IN_LINK,
    VERIFY_TTL,
    Registration,
    credentials,
    limit,
    mail_token,
)
from portico.jobs import Dead, enqueue
from portico.jobs.job import Job
from portico.notify.mail import queue_mail
from portico.privacy import naming
from portico.tenancy.scope import Scope
from portico.web.i18n import _

JOB, APEX_JOB = "identity.asked", "identity.apex_asked"
QUEUE = "identity"
"""Of its own: somebody waits for the mail."""
_CHOSEN = "password of a registration"


def forgot(db: Session, portico: Any, email: str, target: str = "") -> None:
    """target: the path to go on to. Raises InvalidError, TooManyRequestsError."""
    address = normalise_email(email)
    limit(portico.sessions, db.info["scope"], "forgot", address)
    audit.record(db, "identity.reset-asked")
    leave(db, "reset", email=address, target=target)


def sign_in_link(db: Session, portico: Any, email: str, target: str = "") -> None:
    """target: the path to go on to. Raises InvalidError, TooManyRequestsError."""
    address = normalise_email(email)
    limit(portico.sessions, db.info["scope"], "sign-in-link", address)
    audit.record(db, "identity.link-asked")
    leave(db, "sign-in", email=address, target=target)


def register(
    db: Session,
    portico: Any,
    *,
    email: str,
    name: str,
    password: str,
    accepted: dict[str, str] | None = None,
    target: str = "",
) -> None:
    """accepted: document → version; noted only for an address that is new, since nobody accepts for another.

    Raises InvalidError, TooManyRequestsError.
    """
    address = normalise_email(email)
    limit(portico.sessions, db.info["scope"], "register", address)
    name = " ".join(name.split())
    if not 1 <= len(name) <= 120:
        raise InvalidError(fields={"name": _("Tell us your name, in at most 120 characters.")})
    check_strength(password, email=address, name=name, breached=db.info.get("breached", ()))
    audit.record(db, "identity.register-asked")
    chosen = seal(portico.settings.master_key, _CHOSEN, address, hash_password(password).encode())
    sealed = base64.b64encode(chosen).decode()
    leave(db, "register", email=address, name=name, chosen=sealed, accepted=accepted or {}, target=target)


def leave(db: Session, what: str, **arguments: Any) -> None:
    """The job, in the caller's transaction. what: one of `ANSWERS`."""
    scope: Scope = db.info["scope"]
    name = JOB if scope.tenant else APEX_JOB
    enqueue(db, name, what=what, address=scope.address, locale=scope.locale, arguments=arguments)


def answer(job: Job, *, what: str, address: str, locale: str, arguments: Mapping[str, Any]) -> None:
    """The job. A second run mails nothing again."""
    scope = Scope(tenant=job.tenant, request_id=job.request_id, address=address, locale=locale)
    with job.portico.sessions.scoped(scope) as db:
        ANSWERS[what](db, job.portico, f"asked/{job.id}", **arguments)


def _reset(db: Session, portico: Any, once: str, *, email: str, target: str = "") -> None:
    row = credentials(db, email)
    if row is not None and row.active:
        _mailed(db, row.user_id)
        link = mail_token(db, row.user_id, "reset", RESET_TTL)
        send_link(db, portico, Registration(email, row.name, link), "reset", target, dedupe=once)


def _sign_in(db: Session, portico: Any, once: str, *, email: str, target: str) -> None:
    row = credentials(db, email)
    if row is not None and row.active and row.verified:
        _mailed(db, row.user_id)
        link = mail_token(db, row.user_id, SIGN_IN_LINK, LINK_TTL)
        send_link(db, portico, Registration(email, row.name, link), "sign-in", target, dedupe=once)


def _register(
    db: Session, portico: Any, once: str, *, email: str, name: str, chosen: str, accepted: dict[str, str], target: str
) -> None:
    """A link to confirm, or, to who has an account, how to get in."""
    try:
        hashed = unseal(portico.settings.master_key, _CHOSEN, email, base64.b64decode(chosen)).decode()
    except UnsealableError as error:
        raise Dead(_("It was sealed under another master key.")) from error
    row = db.execute(
        sa.text("SELECT * FROM user_register(:email, :name, :hash, :locale)"),
        {"email": email, "name": name, "hash": hashed, "locale": db.info["scope"].locale},
    ).one()
    audit.record(db, "identity.register", subject=("user", row.user_id), after={"known": row.known})
    if accepted and not row.known:
        consents.record(db, row.user_id, accepted)
    token = None
    if not row.verified:
        token = mail_token(db, row.user_id, "verify", VERIFY_TTL, {"password_hash": hashed, "name": name})
    send_link(db, portico, Registration(email, name, token), "verify" if token else "known", target, dedupe=once)


def _new_address(db: Session, portico: Any, once: str, *, email: str, name: str, user_id: str) -> None:
    """To the new address. When somebody has it already, only its owner is told."""
    known = credentials(db, email)
    base = portico.login_url(db.info["scope"].tenant)
    link, template, token = base + "/sign-in", "portico/mail/email-taken", None
    if known is None:
        token = mail_token(db, UUID(user_id), "email", RESET_TTL, {"email": email})
        link, template = base + "/account/email/confirm?" + urlencode({"token": token}), "portico/mail/email-confirm"
    locale = db.info["scope"].locale
    queue_mail(db, portico, email, template, locale=locale, dedupe=once, secret=token, name=name, link=link)


def _staff(db: Session, portico: Any, once: str, *, email: str, days: int) -> None:
    """Who has no password yet gets a link to choose one. days: how long it is good for."""
    row = credentials(db, email)
    if row is not None:
        token = None if row.password_hash else mail_token(db, row.user_id, "reset", dt.timedelta(days=days))
        send_link(db, portico, Registration(email, row.name, token), "invite", dedupe=once)


def _recovery_used(db: Session, portico: Any, once: str, *, user_id: str) -> None:
    """Whoever lost a code learns that somebody used it. At the gate of a session it is not yet known whom to write to."""
    person = naming.of_person(portico, UUID(user_id))
    row = credentials(db, person.email) if person else None
    if person is not None and row is not None:
        told = {"email": person.email, "name": row.name, "locale": row.locale}
        security_mails.tell_person(db, portico, "recovery-used", **told, dedupe=once)


def _mailed(db: Session, user_id: UUID) -> None:
    audit.record(db, "identity.link-mailed", subject=("user", user_id))


ANSWERS: Mapping[str, Callable[..., None]] = {
    "reset": _reset,
    "sign-in": _sign_in,
    "register": _register,
    "email": _new_address,
    "staff": _staff,
    "recovery-used": _recovery_used,
}
