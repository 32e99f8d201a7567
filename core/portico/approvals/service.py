"""Limits and approvals: who may spend how much alone, who is asked above that, and how it is decided, once.

Plugins say what can be approved by the hook `approval_kinds`, ask `check` before they do something that costs, and `ask`
when the person wants approval. What is approved is done in the transaction of the decision, by the plugin, within the reach
of whoever decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit, events
from portico.api.schema import money as exact
from portico.approvals.errors import (
    AboveLimitError,
    DecidedError,
    NoApprovalNeededError,
    NotApproverError,
    OwnLimitError,
    OwnRequestError,
)
from portico.approvals.models import Approval
from portico.db.session import beside_the_record
from portico.db.types import now
from portico.errors import ConflictError, FeatureOffError, InvalidError, NotFoundError
from portico.organisation import people
from portico.pluginhost.values import ApprovalKind
from portico.tenancy.models import Account, AccountMember
from portico.tenancy.scope import Scope
from portico.web.formats import money
from portico.web.i18n import _
from portico.web.pagination import Page, paginate

APPROVE = people.APPROVE
LONGEST = 1000
REQUESTED, APPROVED, DECLINED = "approvals.requested", "approvals.approved", "approvals.declined"
COLUMNS = (
    Approval.id,
    Approval.account_id,
    Approval.site_id,
    Approval.author_id,
    Approval.author,
    Approval.approver_id,
    Approval.kind,
    Approval.subject_type,
    Approval.subject_id,
    Approval.amount,
    Approval.currency,
    Approval.note,
    Approval.status,
    Approval.reason,
    Approval.decider,
    Approval.decided_at,
    Approval.created_at,
)


@dataclass(frozen=True)
class Subject:
    """What is to be approved: a record of the plugin that asks. amount: what it costs in all, with tax."""

    type: str
    id: UUID
    account_id: UUID
    site_id: UUID | None
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Limit:
    """approver_id None: whoever may approve."""

    amount: Decimal
    currency: str
    approver_id: UUID | None


# -- limits ------------------------------------------------------------------------------------------------------------


def limit(db: Session, account_id: UUID) -> Limit | None:
    """That of the person in scope in this organisation; None: there is none, as for owners and the company's own people."""
    place = db.info["scope"].place(account_id)
    return None if place is None or place.role == "owner" else limits(db).get(account_id)


def limits(db: Session) -> dict[UUID, Limit]:
    """Those of the person in scope, by organisation; none where there is no limit. One query, of customers only."""
    scope: Scope = db.info["scope"]
    if scope.kind != "customer":
        return {}
    columns = (AccountMember.account_id, AccountMember.limit_amount, AccountMember.limit_currency, AccountMember.approver_id)
    rows = db.execute(
        sa.select(*columns).where(
            AccountMember.account_id.in_(scope.accounts),
            AccountMember.user_id == scope.user_id,
            AccountMember.role != "owner",
            AccountMember.limit_amount.is_not(None),
        )
    )
    return {row.account_id: Limit(row.limit_amount, row.limit_currency or "", row.approver_id) for row in rows}


def exceeds(known: Limit | None, amount: Decimal, currency: str) -> bool:
    """Amounts of another currency than the limit's cannot be compared, and need approval."""
    return known is not None and (currency != known.currency or amount > known.amount)


def check(db: Session, account_id: UUID, amount: Decimal, currency: str) -> None:
    """Raises AboveLimitError if the person in scope may not spend that much alone for the organisation."""
    known = limit(db, account_id)
    if known is not None and exceeds(known, amount, currency):
        raise AboveLimitError(
            limit=str(exact(known.amount, known.currency)), currency=known.currency, amount=str(exact(amount, currency))
        )


# -- asking ------------------------------------------------------------------------------------------------------------


def ask(
    db: Session, portico: Any, kind: str, subject: Subject, *, note: str = "", data: Mapping[str, Any] | None = None
) -> UUID:
    """Ask colleagues to let it be done; they are told. data: JSON-able, for the plugin.

    Raises NoApprovalNeededError, InvalidError for a note that is too long. The caller holds a lock on the subject and has
    closed an earlier request for it.
    """
    scope: Scope = db.info["scope"]
    known = limit(db, subject.account_id)
    if known is None or not exceeds(known, subject.amount, subject.currency):
        raise NoApprovalNeededError
    if len(note) > LONGEST:
        raise InvalidError(fields={"note": _("Use at most ${most} characters.", mapping={"most": LONGEST})})
    present = people.colleagues(db, subject.account_id)
    able = _able(people.approvers(portico, scope, present, scope.user_id), subject.amount, subject.currency)
    approval = Approval(
        account_id=subject.account_id,
        site_id=subject.site_id,
        author_id=scope.user_id,
        author=scope.user_name,
        approver_id=known.approver_id if known.approver_id in {one.user_id for one in able} else None,
        kind=kind,
        subject_type=subject.type,
        subject_id=str(subject.id),
        data=dict(data or {}),
        amount=subject.amount,
        currency=subject.currency,
        note=note.strip(),
    )
    db.add(approval)
    db.flush()
    audit.record(
        db,
        "approvals.asked",
        subject=(subject.type, subject.id),
        after={"kind": kind, "amount": str(subject.amount), "currency": subject.currency, "note": approval.note},
    )
    for approver in _asked(able, approval):
        _publish(db, REQUESTED, approval, approver)
    return approval.id


def asked(db: Session, portico: Any, approval: Any) -> list[str]:
    """The names of whoever can decide an open request now, for its page. One query."""
    if approval.status != "open":
        return []
    present = people.colleagues(db, approval.account_id)
    able = people.approvers(portico, db.info["scope"], present, approval.author_id)
    able = _able(able, approval.amount, approval.currency)
    chosen = set(_asked(able, approval))
    return [one.name for one in able if one.user_id in chosen]


def _able(approvers: Sequence[people.Colleague], amount: Decimal, currency: str) -> list[people.Colleague]:
    """Those whom no limit of their own keeps from letting others spend that much."""
    return [
        one
        for one in approvers
        if one.role == "owner"
        or one.limit_amount is None
        or not exceeds(Limit(one.limit_amount, one.limit_currency or "", one.approver_id), amount, currency)
    ]


def _asked(able: Sequence[people.Colleague], approval: Any) -> list[UUID]:
    """Who is told of those who may approve and do not ask: the one who was named, else whoever sees it.

    Where somebody is named who cannot decide it any more, owners step in.
    """
    named = [one.user_id for one in able if one.user_id == approval.approver_id]
    seeing = [
        one.user_id
        for one in able
        if (one.reach == "all" or (one.reach == "site" and approval.site_id is not None and approval.site_id in one.site_ids))
        and (one.role == "owner" or approval.approver_id is None)
    ]
    return named or seeing


# -- deciding ----------------------------------------------------------------------------------------------------------


def decide(db: Session, approval_id: UUID, *, approve: bool, reason: str = "") -> None:
    """The person in scope says yes, and it is done, or no. Of two at once one decides.

    Raises NotFoundError, DecidedError, OwnRequestError, NotApproverError, OwnLimitError, InvalidError for a refusal without
    a reason, FeatureOffError, and what the plugin raises when it cannot be done any more.
    """
    scope: Scope = db.info["scope"]
    kind = _kind(db, get(db, approval_id).kind)
    approval = _locked(db, approval_id, kind)
    _check_decider(scope, approval, limits(db))
    words = " ".join(reason.split())
    if not approve and not words:
        raise InvalidError(fields={"reason": _("Say why, so that they know what to change.")})
    if len(words) > LONGEST:
        raise InvalidError(fields={"reason": _("Use at most ${most} characters.", mapping={"most": LONGEST})})
    if approve and not _belongs(db, approval):
        raise ConflictError(_("Whoever asked does not belong to your organisation any more. Decline it."))
    _close(approval, "approved" if approve else "declined", scope, words)
    db.flush()
    (kind.perform if approve else kind.refuse)(db, approval)
    audit.record(
        db,
        APPROVED if approve else DECLINED,
        subject=(approval.subject_type, approval.subject_id),
        after={"kind": approval.kind, "amount": str(approval.amount), "author": str(approval.author_id), "reason": words},
    )
    assert approval.author_id is not None
    _publish(db, APPROVED if approve else DECLINED, approval, approval.author_id)


def _belongs(db: Session, approval: Approval) -> bool:
    """Whether the one who asks is still one of the organisation."""
    present = people.colleagues(db, approval.account_id)
    return any(one.user_id == approval.author_id and one.status == "active" for one in present)


def may_decide(scope: Scope, approval: Any, own: Mapping[UUID, Limit]) -> bool:
    """Of an open request, for pages; `decide` asks the same. own: their limits, as `limits` gives them."""
    try:
        _check_decider(scope, approval, own)
    except (DecidedError, OwnRequestError, NotApproverError, OwnLimitError):
        return False
    return True


def _check_decider(scope: Scope, approval: Any, own: Mapping[UUID, Limit]) -> None:
    if approval.status != "open":
        raise DecidedError
    if approval.author_id == scope.user_id:
        raise OwnRequestError
    place = scope.place(approval.account_id)
    if scope.kind != "customer" or place is None or not scope.has(APPROVE, approval.account_id):
        raise NotApproverError
    if place.role != "owner" and approval.approver_id not in (None, scope.user_id):
        raise NotApproverError
    if not {approval.account_id, approval.site_id, approval.author_id} & set(scope.keys):
        raise NotApproverError  # named once, and the record is out of their reach by now
    if exceeds(own.get(approval.account_id), approval.amount, approval.currency):
        raise OwnLimitError


def withdraw(db: Session, approval_id: UUID) -> None:
    """Whoever asked takes it back. Raises NotFoundError, also for somebody else's; DecidedError."""
    found = get(db, approval_id)
    if found.author_id != db.info["scope"].user_id:
        raise NotFoundError
    kind = _kind(db, found.kind)
    approval = _locked(db, approval_id, kind)
    if approval.status != "open":
        raise DecidedError
    _close(approval, "withdrawn", db.info["scope"], "")
    db.flush()
    kind.refuse(db, approval)
    audit.record(db, "approvals.withdrawn", subject=(approval.subject_type, approval.subject_id))
    _nudge(db, approval)


def close(db: Session, subject_type: str, subject_id: UUID) -> None:
    """The record changed, so whatever was asked about it is not asked any more. The caller holds a lock on the record."""
    with beside_the_record(db):
        rows = db.scalars(
            sa.select(Approval)
            .where(
                Approval.subject_type == subject_type, Approval.subject_id == str(subject_id), Approval.status == "open"
            )
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        for approval in rows:
            _close(approval, "withdrawn", db.info["scope"], "")
            db.flush()
            audit.record(db, "approvals.closed", subject=(subject_type, subject_id))
            _nudge(db, approval)


def _close(approval: Approval, status: str, scope: Scope, reason: str) -> None:
    approval.status, approval.reason, approval.decided_at = status, reason, now()
    approval.decided_by, approval.decider = scope.user_id, scope.user_name


def _locked(db: Session, approval_id: UUID, kind: ApprovalKind) -> Approval:
    """The record first and the request then, as everywhere: two who meet wait for each other and never both."""
    kind.lock(db, UUID(get(db, approval_id).subject_id))
    row = db.scalars(
        sa.select(Approval)
        .where(Approval.id == approval_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFoundError
    return row


def _kind(db: Session, name: str) -> ApprovalKind:
    found = kinds(db).get(name)
    if found is None:
        raise FeatureOffError
    return found


def kinds(db: Session) -> dict[str, ApprovalKind]:
    return {one.name: one for one in db.info["relay"].call("approval_kinds")}


# -- reading -----------------------------------------------------------------------------------------------------------


def get(db: Session, approval_id: UUID) -> Any:
    """The columns of COLUMNS, with the organisation's name as `account`. Raises NotFoundError."""
    found = db.execute(_with_account().where(Approval.id == approval_id)).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def listing(db: Session, *, open_only: bool, cursor: str | None = None, limit: int = 25) -> Page[Any]:
    """Newest first. One query."""
    scope: Scope = db.info["scope"]
    query = _with_account().where((Approval.status == "open") if open_only else (Approval.status != "open"))
    if scope.kind == "customer":
        query = query.where(Approval.account_id.in_(scope.accounts))
    return paginate(db, query, [(Approval.id, UUID)], cursor=cursor, limit=limit)


def _with_account() -> sa.Select[Any]:
    same = sa.and_(Account.tenant_id == Approval.tenant_id, Account.id == Approval.account_id)
    return sa.select(*COLUMNS, Account.name.label("account")).join(Account, same)


# -- telling -----------------------------------------------------------------------------------------------------------


def _publish(db: Session, kind: str, approval: Approval, user_id: UUID) -> None:
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    events.publish(
        db,
        kind,
        account_id=approval.account_id,
        site_id=approval.site_id,
        author_id=approval.author_id,
        user_id=user_id,
        subject=("approval", approval.id),
        data={
            "author": approval.author,
            "amount": money(scope.tenant.locale, approval.amount, approval.currency),
            "note": approval.note,
            "decider": approval.decider,
            "reason": approval.reason,
        },
    )


def _nudge(db: Session, approval: Approval) -> None:
    whose = {"account_id": approval.account_id, "site_id": approval.site_id, "author_id": approval.author_id}
    events.nudge(db, "approvals.changed", **whose, subject=("approval", approval.id))
