"""Tells people by mail what changed about their way in, so that whoever did not change it notices (SEC-7; ASVS 6.3.7)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.types import now
from portico.identity.models import User
from portico.notify.mail import queue_mail
from portico.tenancy.scope import Scope
from portico.web.i18n import _

CHANGES = {
    "password": _("Your password was changed, and every other device was signed out."),
    "email": _("Your e-mail address was changed: you sign in with this one now."),
    "totp-added": _("An authenticator app was added to your account as a second factor."),
    "passkey-added": _("A passkey was added to your account."),
    "totp-removed": _("An authenticator app was removed from your account."),
    "passkey-removed": _("A passkey was removed from your account."),
    "recovery-used": _("A recovery code was used to sign in to your account. It does not work any more."),
    "recovery-codes": _("New recovery codes were made for your account. Those from before do not work any more."),
}


def tell(db: Session, portico: Any, change: str) -> None:
    """The person in scope. change: one of CHANGES."""
    scope: Scope = db.info["scope"]
    tell_person(db, portico, change, email=scope.user_email, name=scope.user_name, locale=chosen_language(db))


def tell_person(
    db: Session, portico: Any, change: str, *, email: str, name: str, locale: str | None, dedupe: str | None = None
) -> None:
    """In the transaction of the change. locale: what the person chose; None: nothing. dedupe: see `queue_mail`."""
    scope: Scope = db.info["scope"]
    queue_mail(
        db,
        portico,
        email,
        "portico/mail/security-changed",
        locale=language(scope, locale),
        dedupe=dedupe,
        name=name,
        what=CHANGES[change],
        at=now(),
        address=scope.address or _("those who run this portal"),
        link=portico.login_url(scope.tenant) + "/account/security",
        forgot=portico.login_url(scope.tenant) + "/forgot",
    )


def chosen_language(db: Session) -> str | None:
    """Of the person in scope; None: whatever their browser asks for."""
    return db.scalar(sa.select(User.locale).where(User.id == db.info["scope"].user_id))


def language(scope: Scope, chosen: str | None) -> str:
    """The person's own, where the company has it; else that of the page."""
    if chosen and (scope.tenant is None or chosen in scope.tenant.locales):
        return chosen
    return scope.locale
