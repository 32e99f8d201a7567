"""Invitations into a customer organisation: by mail, to one address, good once and for a week.

Whoever invites learns nothing of the address: what is told, and how long it takes, is the same for everybody. The link
proves the address; see docs/decisions/0017.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico import audit, events
from portico.db.types import new_id, now
from portico.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, TooManyRequestsError
from portico.identity import consents
from portico.identity.cookies import hash_token, new_token
from portico.identity.email import normalise_email
from portico.identity.passwords import check_strength, hash_password
from portico.identity.permissions import ACCOUNT_ROLES
from portico.identity.service import LinkExpiredError, Person
from portico.notify.declared import INVITED
from portico.notify.mail import queue_mail, words_for
from portico.organisation import people
from portico.organisation.models import AccountInvitation
from portico.organisation.people import Part
from portico.tenancy.models import Account
from portico.tenancy.scope import Scope
from portico.web.i18n import _

TTL = dt.timedelta(days=7)
_DAY = dt.timedelta(days=1)
PER_ORGANISATION, PER_ADDRESS = 50, 5
"""Mails a day."""


class AnotherAddressError(ForbiddenError):
    code = "another-address"
    message = _("This invitation is for another e-mail address than the one you are signed in with.")
    remedy = _(
        "An invitation is good for the address that it was sent to. Sign in with that address, or ask for an invitation to "
        "the one that you use."
    )


class BarredError(ForbiddenError):
    code = "barred"
    message = _("This company has ended your access. Ask it to let you in again.")
    remedy = _("The company's own people ended your access, so colleagues cannot begin it again. Write to the company.")


class StaffError(ConflictError):
    code = "staff"
    message = _("You belong to this company's own people, so you cannot act for a customer of it.")
    remedy = _("One login is either staff of a company or its customer. Ask for an invitation to another address of yours.")


_ENDED = _(
    "This invitation was used already, taken back, or is more than seven days old. If you have joined, sign in. If not, ask "
    "whoever invited you for a new one."
)
_REFUSALS = {
    "other-address": AnotherAddressError,
    "barred": BarredError,
    "staff": StaffError,
}


@dataclass(frozen=True)
class Offer:
    """What the holder of a link is shown. has_login: somebody can sign in with the address."""

    account: str
    email: str
    inviter: str
    role: str
    expires_at: dt.datetime
    has_login: bool


def invitations(db: Session, account_id: UUID) -> list[Any]:
    """Those that nobody answered yet, newest first; also such as ended, which can be sent again."""
    columns = (
        AccountInvitation.id,
        AccountInvitation.account_id,
        AccountInvitation.email,
        AccountInvitation.role,
        AccountInvitation.reach,
        AccountInvitation.site_ids,
        AccountInvitation.limit_amount,
        AccountInvitation.limit_currency,
        AccountInvitation.inviter,
        AccountInvitation.sent_at,
        AccountInvitation.expires_at,
    )
    query = sa.select(*columns).where(AccountInvitation.account_id == account_id, AccountInvitation.status == "open")
    return list(db.execute(query.order_by(AccountInvitation.sent_at.desc(), AccountInvitation.id).limit(people.MOST)))


def invite(db: Session, portico: Any, account_id: UUID, *, email: str, part: Part) -> UUID:
    """Raises InvalidError (fields "email", "role", …), TooManyRequestsError."""
    scope: Scope = db.info["scope"]
    address = normalise_email(email)
    values = people.checked(db, portico, account_id, part, None)
    if any(one.email == address and one.status == "active" for one in people.colleagues(db, account_id)):
        raise InvalidError(fields={"email": _("This person is a colleague already.")})
    _limit(portico, scope, account_id, address)
    _forget_ended(db, account_id, address)
    token, moment = new_token(), now()
    made = db.scalar(
        insert(AccountInvitation)
        .values(
            tenant_id=db.info["tenant_id"],
            id=new_id(),
            account_id=account_id,
            email=address,
            token_hash=hash_token(token),
            invited_by=scope.user_id,
            inviter=scope.user_name,
            locale=scope.locale,
            sent_at=moment,
            expires_at=moment + TTL,
            **values,
        )
        .on_conflict_do_nothing()
        .returning(AccountInvitation.id)
    )
    if made is None:
        raise InvalidError(fields={"email": _("This person is invited already. Send the invitation again instead.")})
    _mail(db, portico, account_id, address, values["role"], token)
    audit.record(
        db, "organisation.invited", subject=("account", account_id), after={"email": address, "role": values["role"]}
    )
    events.nudge(db, "organisation.changed", account_id=account_id)
    return UUID(str(made))


def resend(db: Session, portico: Any, account_id: UUID, invitation_id: UUID) -> str:
    """A new link, for another week; the former one is dead. The address. Raises NotFoundError, TooManyRequestsError."""
    scope: Scope = db.info["scope"]
    found = next((one for one in invitations(db, account_id) if one.id == invitation_id), None)
    if found is None:
        raise NotFoundError
    _limit(portico, scope, account_id, found.email)
    token, moment = new_token(), now()
    values = {"token_hash": hash_token(token), "sent_at": moment, "expires_at": moment + TTL, "updated_at": moment}
    again = db.execute(
        _open(account_id, invitation_id)
        .values(**values, invited_by=scope.user_id, inviter=scope.user_name)
        .returning(AccountInvitation.id)
    ).first()
    if again is None:
        raise ConflictError
    _mail(db, portico, account_id, found.email, found.role, token)
    audit.record(db, "organisation.invited-again", subject=("account", account_id), after={"email": found.email})
    return str(found.email)


def revoke(db: Session, account_id: UUID, invitation_id: UUID) -> str:
    """The link is dead at once. The address. Raises NotFoundError, also when it was answered in the meantime."""
    moment = now()
    gone = db.execute(
        _open(account_id, invitation_id)
        .values(status="revoked", answered_at=moment, updated_at=moment)
        .returning(AccountInvitation.email)
    ).first()
    if gone is None:
        raise NotFoundError
    audit.record(db, "organisation.invitation-revoked", subject=("account", account_id), before={"email": gone.email})
    events.nudge(db, "organisation.changed", account_id=account_id)
    return str(gone.email)


def offer(db: Session, token: str) -> Offer:
    """Raises LinkExpiredError."""
    row = db.execute(sa.text("SELECT * FROM invitation_peek(:hash)"), {"hash": hash_token(token)}).one_or_none()
    if row is None:
        raise LinkExpiredError(_ENDED)
    return Offer(row.account, row.email, row.inviter, row.role, row.expires_at, row.has_login)


def accept(db: Session, token: str) -> UUID:
    """The person in scope, whose address it is, acts for the organisation from now on; gives its id.

    Raises LinkExpiredError, AnotherAddressError, BarredError, StaffError.
    """
    row = db.execute(sa.text("SELECT * FROM invitation_accept(:hash)"), {"hash": hash_token(token)}).one()
    return _taken(db, row, db.info["scope"].user_id)


def enrol(
    db: Session, token: str, *, name: str, password: str, accepted: dict[str, str] | None = None
) -> Person:
    """Make a login for the invited address and accept. accepted: document → version. Raises InvalidError and what
    `accept` raises.

    A login that is there and confirmed is never touched: its owner signs in.
    """
    found, words = offer(db, token), " ".join(name.split())
    if not 1 <= len(words) <= 120:
        raise InvalidError(fields={"name": _("Tell us your name, in at most 120 characters.")})
    check_strength(password, email=found.email, name=words, breached=db.info.get("breached", ()))
    scope: Scope = db.info["scope"]
    row = db.execute(
        sa.text("SELECT * FROM invitation_enrol(:hash, :name, :password, :locale)"),
        {"hash": hash_token(token), "name": words, "password": hash_password(password), "locale": scope.locale},
    ).one()
    _taken(db, row, row.user_id)
    consents.record(db, row.user_id, accepted or {})
    return Person(row.user_id, row.email, words, scope.locale)


def _taken(db: Session, row: Any, user_id: Any) -> UUID:
    if row.result in ("expired", "known"):
        raise LinkExpiredError(_ENDED)
    if row.result != "accepted":
        raise _REFUSALS[row.result]
    audit.record(db, "organisation.joined", subject=("user", user_id), after={"account": str(row.account_id)})
    events.nudge(db, "organisation.changed", account_id=row.account_id)
    return UUID(str(row.account_id))


def _open(account_id: UUID, invitation_id: UUID) -> sa.Update:
    return (
        sa.update(AccountInvitation)
        .where(
            AccountInvitation.account_id == account_id,
            AccountInvitation.id == invitation_id,
            AccountInvitation.status == "open",
        )
        .execution_options(synchronize_session=False)
    )


def _forget_ended(db: Session, account_id: UUID, address: str) -> None:
    """An invitation that ran out does not stand in the way of a new one."""
    moment = now()
    db.execute(
        sa.update(AccountInvitation)
        .where(
            AccountInvitation.account_id == account_id,
            AccountInvitation.email == address,
            AccountInvitation.status == "open",
            AccountInvitation.expires_at <= moment,
        )
        .values(status="revoked", answered_at=moment, updated_at=moment)
        .execution_options(synchronize_session=False)
    )


def _limit(portico: Any, scope: Scope, account_id: UUID, address: str) -> None:
    """Nobody is flooded with mails in a company's name. Counted in a transaction of its own."""
    digest = hashlib.sha256(address.encode()).hexdigest()[:16]
    keys = ((f"invite:{account_id}", PER_ORGANISATION), (f"invite:{account_id}:{digest}", PER_ADDRESS))
    with portico.sessions.scoped(Scope(request_id=scope.request_id)) as db:
        exceeded = [key for key, most in keys if (db.scalar(sa.select(sa.func.rate_hit(key, _DAY))) or 0) > most]
    if exceeded:
        raise TooManyRequestsError(
            int(_DAY.total_seconds()), _("So many invitations were sent today that no more can be. Try again tomorrow.")
        )


def _mail(db: Session, portico: Any, account_id: UUID, address: str, role: str, token: str) -> None:
    scope: Scope = db.info["scope"]
    query = urlencode({"token": token})
    organisation = db.scalar(sa.select(Account.name).where(Account.id == account_id))
    title = portico.themes.catalogues.translate(scope.locale, ACCOUNT_ROLES[role])
    said = {"organisation": organisation, "inviter": scope.user_name, "role": title}
    queue_mail(
        db,
        portico,
        address,
        INVITED.template,
        locale=scope.locale,
        secret=token,
        own_words=words_for(db, portico, INVITED, scope.locale, said),
        organisation=organisation,
        inviter=scope.user_name,
        role=ACCOUNT_ROLES[role],
        link=f"{portico.login_url(scope.tenant)}/invitation?{query}",
    )
