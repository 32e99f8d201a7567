"""Mails that carry a link for one person, from the company they were looking at or from the apex."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from portico.identity.service import VERIFY_TTL, Registration
from portico.notify.mail import queue_mail

Purpose = Literal["verify", "reset", "known", "invite", "sign-in"]
PATHS = {"verify": "/verify", "reset": "/reset", "known": "/sign-in", "invite": "/reset",
         "sign-in": "/sign-in/link/open"}


def send_link(
    db: Session, portico: Any, to: Registration, purpose: Purpose, target: str = "", *, dedupe: str | None = None
) -> None:
    """Queue the mail in the caller's transaction. Links lead to the company's page at the portal's own host: a login is the
    person's, and a company's own host may lead elsewhere. target: the path to go on to."""
    scope = db.info["scope"]
    query = {"token": to.token} if to.token else {}
    if target.startswith("/"):
        query["next"] = target
    path = PATHS[purpose] if to.token else PATHS["known"]
    link = portico.login_url(scope.tenant) + path + ("?" + urlencode(query) if query else "")
    queue_mail(db, portico, to.email, f"portico/mail/{purpose}", locale=scope.locale, dedupe=dedupe, secret=to.token,
               name=to.name, link=link, days=VERIFY_TTL.days)
