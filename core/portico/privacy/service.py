"""A person's requests: their data as an archive, and to be erased after days in which they can think again."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.db.base import Base
from portico.db.privacy import Privacy, of_table
from portico.db.types import new_id
from portico.errors import ConflictError, InvalidError, NotFoundError
from portico.identity.email import normalise_email
from portico.identity.sealing import unseal
from portico.identity.service import mail_token, use_token
from portico.notify.mail import queue_mail
from portico.organisation.succession import Succession, successions
from portico.privacy.collecting import companies, scope_in
from portico.tenancy.scope import Scope
from portico.tenancy.service import my_memberships
from portico.web.i18n import _

GRACE = dt.timedelta(days=7)
KEPT_FOR = dt.timedelta(days=3)
LINK_S = 5 * 60
UNDO = "undo-erasure"
ARCHIVE = "archive of one's own data"
"""What its file is sealed for, with the person's key."""


class StaffError(ConflictError):
    code = "still-staff"
    message = _("You are staff of a company. Have an administrator there remove you first; then your account can be erased.")
    remedy = _(
        "Whoever works for a company has a part in its records, so the company lets them go first. An administrator can end "
        "the membership on the page of members; ask again then."
    )

    def __init__(self, company: str) -> None:
        words = _(
            "You are staff of ${company}. Have an administrator there remove you first; then your account can be erased.",
            mapping={"company": company},
        )
        super().__init__(words)


class TooLateError(ConflictError):
    code = "erasure-not-waiting"
    message = _("There is nothing to take back any more: the erasure has begun, or was called off already.")
    remedy = _(
        "An erasure can be taken back until its days are over. Sign in: “Your data” says how it stands. Where you cannot "
        "sign in any more, the account is erased."
    )


@dataclass(frozen=True)
class DataRequest:
    """kind: "export" or "erasure". state: "waiting", "ready", "done", "cancelled", "failed", "expired". bytes: of its file."""

    id: UUID
    kind: str
    state: str
    created_at: dt.datetime
    due_at: dt.datetime
    done: int
    total: int
    expires_at: dt.datetime | None
    bytes: int | None

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0


def requests(db: Session) -> list[DataRequest]:
    """Those of the person in scope, the newest first; at most 20."""
    rows = db.execute(sa.text("SELECT * FROM my_data_requests()"))
    return [
        DataRequest(
            row.id, row.kind, row.state, row.created_at, row.due_at, row.done, row.total, row.expires_at, row.bytes
        )
        for row in rows
    ]


def consents(db: Session) -> list[Any]:
    return list(db.execute(sa.text("SELECT document, version, accepted_at FROM my_consents()")))


def heirs(portico: Any, user_id: UUID, *, by_mail: bool) -> list[tuple[str, Succession]]:
    """(company, who would own which organisation) when this person is gone, in all of their companies. by_mail: also in those
    whose second factor the person lacks, of which no page tells anything."""
    found = []
    for company in companies(portico, user_id):
        if company.locked and not by_mail:
            continue
        with portico.sessions.scoped(scope_in(company)) as db:
            found += [(company.name, one) for one in successions(db, user_id)]
    return found


def kept() -> list[Privacy]:
    """What an erasure leaves, each with its reason; one of a kind."""
    marks = [of_table(table) for table in Base.metadata.sorted_tables]
    found = {str(one.reason): one for one in reversed(marks) if one is not None and one.reason}
    return list(reversed(found.values()))


def ask_export(db: Session) -> UUID:
    """A worker makes the archive. Raises ConflictError while one is being made."""
    request_id = _open(db, "export", dt.timedelta())
    audit.record(db, "identity.data-asked", subject=("data_request", request_id))
    return request_id


def ask_erasure(db: Session, portico: Any, email: str) -> UUID:
    """Nothing happens before the grace period is over. email: typed once more. Raises InvalidError, StaffError,
    ConflictError."""
    scope: Scope = db.info["scope"]
    assert scope.user_id is not None
    if normalise_email(email) != scope.user_email:
        raise InvalidError(fields={"email": _("This is not the address of your account.")})
    for row in my_memberships(db):
        if row.kind == "staff" and row.status == "active":
            raise StaffError(row.name)
    if scope.is_operator:
        raise StaffError("Portico")
    request_id = _open(db, "erasure", GRACE)
    token = mail_token(db, scope.user_id, UNDO, GRACE)
    link = portico.login_url(scope.tenant) + "/account/erase/undo-link?" + urlencode({"token": token})
    queue_mail(
        db,
        portico,
        scope.user_email,
        "portico/mail/erasure",
        locale=scope.locale,
        secret=token,
        name=scope.user_name,
        link=link,
        days=GRACE.days,
        kept=[one.reason for one in kept()],
        heirs=heirs(portico, scope.user_id, by_mail=True),
    )
    audit.record(db, "identity.erasure-asked", subject=("user", scope.user_id), after={"days": GRACE.days})
    return request_id


def cancel_erasure(db: Session) -> None:
    """Of the person in scope. Raises NotFoundError if none is waiting, TooLateError once it has begun."""
    scope: Scope = db.info["scope"]
    if not db.scalar(sa.select(sa.func.data_request_cancel(scope.user_id))):
        begun = any(one.kind == "erasure" and one.state == "waiting" for one in requests(db))
        raise TooLateError if begun else NotFoundError
    audit.record(db, "identity.erasure-cancelled", subject=("user", scope.user_id))


def cancel_by_link(db: Session, token: str) -> None:
    """Whoever holds the mailed link, signed in or not. Raises LinkExpiredError, TooLateError."""
    person = use_token(db, token, UNDO)
    if not db.scalar(sa.select(sa.func.data_request_cancel(person.id))):
        raise TooLateError
    audit.record(db, "identity.erasure-cancelled", subject=("user", person.id), by=(person.id, person.email))


def signature(master_key: bytes, user_id: UUID, request_id: UUID, until: int) -> str:
    key = hmac.new(master_key, b"data files", hashlib.sha256).digest()
    return f"{until}.{hmac.new(key, f'{user_id}/{request_id}/{until}'.encode(), hashlib.sha256).hexdigest()}"


def link_token(master_key: bytes, user_id: UUID, request_id: UUID) -> str:
    """Good for five minutes, for this person's own session."""
    return signature(master_key, user_id, request_id, int(time.time()) + LINK_S)


def download(db: Session, master_key: bytes, request_id: UUID, token: str) -> bytes:
    """The archive. Raises NotFoundError for another's, an expired one, and a link that is too old or was not made here."""
    scope: Scope = db.info["scope"]
    assert scope.user_id is not None
    until = token.partition(".")[0]
    good = until.isdecimal() and len(until) < 12 and hmac.compare_digest(
        signature(master_key, scope.user_id, request_id, int(until)), token
    )
    file = db.scalar(sa.select(sa.func.my_data_file(request_id))) if good and int(until) >= time.time() else None
    if file is None:
        raise NotFoundError(_("This link is too old. Open “Your data” for a new one."))
    audit.record(db, "identity.data-downloaded", subject=("data_request", request_id))
    return unseal(master_key, ARCHIVE, scope.user_id, bytes(file), row=request_id)


def _open(db: Session, kind: str, wait: dt.timedelta) -> UUID:
    scope: Scope = db.info["scope"]
    request_id = new_id()
    tenant_id = scope.tenant.id if scope.tenant else None
    if not db.scalar(sa.select(sa.func.data_request_open(request_id, kind, tenant_id, scope.locale, wait))):
        raise ConflictError(_("You have asked for this already. It is under way."))
    return request_id
