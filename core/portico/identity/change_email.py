"""A person's new e-mail address: asked for by one who has just proved who they are, confirmed from the new address."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.errors import InvalidError
from portico.identity import asked, security_mails
from portico.identity.cookies import hash_token
from portico.identity.email import normalise_email
from portico.identity.service import LinkExpiredError, limit
from portico.notify.mail import queue_mail
from portico.tenancy.scope import Scope
from portico.web.i18n import _


def ask(db: Session, portico: Any, email: str) -> None:
    """A job mails the new address; when somebody has it already, only its owner is told.

    Raises InvalidError, TooManyRequestsError.
    """
    scope: Scope = db.info["scope"]
    address = normalise_email(email)
    if address == scope.user_email:
        raise InvalidError(fields={"email": _("This is your address already.")})
    limit(portico.sessions, scope, "email", str(scope.user_id))
    asked.leave(db, "email", email=address, name=scope.user_name, user_id=scope.user_id)
    audit.record(db, "identity.email-asked", subject=("user", scope.user_id), after={"email": address})


def confirm(db: Session, portico: Any, token: str) -> str:
    """The new address. Both are told. Raises LinkExpiredError, also when somebody else has the address by now."""
    scope: Scope = db.info["scope"]
    row = db.execute(sa.text("SELECT * FROM email_change(:hash)"), {"hash": hash_token(token)}).one_or_none()
    if row is None:
        raise LinkExpiredError
    audit.record(
        db,
        "identity.email-changed",
        subject=("user", scope.user_id),
        before={"email": row.old_email},
        after={"email": row.new_email},
    )
    chosen = security_mails.chosen_language(db)
    security_mails.tell_person(db, portico, "email", email=row.new_email, name=row.name, locale=chosen)
    queue_mail(
        db,
        portico,
        row.old_email,
        "portico/mail/email-changed",
        locale=security_mails.language(scope, chosen),
        name=row.name,
        new_email=row.new_email,
        link=portico.login_url(scope.tenant),
    )
    return str(row.new_email)
