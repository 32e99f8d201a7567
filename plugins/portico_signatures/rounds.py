"""Several people sign one record, in an order: whose turn it is, how it is handed on, and how it ends.

Nothing is agreed to before the last of them signed. Each signature waits ("given") until then; in the transaction of the last one
all of them count, or none does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit, events
from portico.db.types import new_id, now
from portico.errors import ForbiddenError, InvalidError
from portico.organisation import people
from portico.organisation.people import Colleague
from portico.pluginhost.values import Agreement, AgreementKind
from portico.tenancy.models import AccountMember
from portico_signatures.choices import asks_for_two
from portico_signatures.errors import ApprovalWaitsError, NoRoundError, NotYourTurnError
from portico_signatures.i18n import _
from portico_signatures.models import Round, Signature, Signer

MOST = 5
"""Who sign one record, with whoever begins."""
MOST_ROWS = 12
"""With those who handed it on."""
WAITING, ASKED, SIGNED, DELEGATED, DECLINED = "waiting", "asked", "signed", "delegated", "declined"
SIGN = "signatures:sign"
TURNS = {
    WAITING: (_("Not yet asked"), "neutral"),
    ASKED: (_("Is asked"), "warning"),
    SIGNED: (_("Signed"), "success"),
    DELEGATED: (_("Handed on"), "neutral"),
    DECLINED: (_("Declined"), "danger"),
}
UNANSWERED, NOT_TAKEN = "unanswered", "not-taken"
EVENTS = {
    "asked": "signatures.asked",
    "reminded": "signatures.reminded",
    "ended": "signatures.ended",
    UNANSWERED: "signatures.unanswered",
    NOT_TAKEN: "signatures.not_taken",
}


@dataclass(frozen=True)
class Progress:
    """The round of a record that is open. signers: by position, whoever handed it on before whom."""

    round: Any
    signers: Sequence[Any]

    @property
    def turn(self) -> Any:
        """Whose turn it is; None: all signed."""
        return next((one for one in self.signers if one.state == ASKED), None)

    @property
    def last(self) -> bool:
        """Whether it is agreed to with the next signature."""
        return not any(one.state == WAITING for one in self.signers)


def of(db: Session, kind: str, subject_id: UUID, *, lock: bool = False) -> Progress | None:
    """None: none is open."""
    query = sa.select(Round).where(Round.kind == kind, Round.subject_id == subject_id, Round.state == "open")
    query = query.with_for_update() if lock else query
    found = db.scalars(query.execution_options(populate_existing=True)).one_or_none()
    return None if found is None else Progress(found, signers(db, found.id))


def signers(db: Session, round_id: UUID) -> Sequence[Any]:
    query = sa.select(Signer).where(Signer.round_id == round_id).order_by(Signer.position, Signer.id)
    return db.scalars(query.execution_options(populate_existing=True)).all()


def candidates(db: Session, portico: Any, kind: AgreementKind, record: Any) -> list[Colleague]:
    """Colleagues who may sign the record and see it, without the person in scope."""
    scope = db.info["scope"]
    return [
        one
        for one in people.colleagues(db, record.account_id)
        if one.user_id != scope.user_id and one.status == "active" and may(portico, scope.tenant, kind, record, one)
    ]


def may(portico: Any, tenant: Any, kind: AgreementKind, record: Any, one: Colleague) -> bool:
    rights = portico.grants.in_account(tenant, ("customer",), one.role)
    sees = one.reach == "all" or record.site_id in one.site_ids or record.author_id == one.user_id
    return {SIGN, kind.permission} <= rights and sees


def begin(
    db: Session, kind: AgreementKind, record: Any, chosen: Sequence[Colleague], facts: dict[str, Any]
) -> Progress:
    """The person in scope begins, and it is their turn; then it is that of each of `chosen`. facts: columns of the round.

    Raises ApprovalWaitsError: somebody signed it alone, and asked approval, which would outlive signatures that are called off.
    """
    scope = db.info["scope"]
    alone = sa.select(Signature.id).where(
        Signature.kind == kind.name, Signature.subject_id == record.id, Signature.state == "given", Signature.round_id.is_(None)
    )
    if db.scalar(alone.limit(1)) is not None:
        raise ApprovalWaitsError
    begun = Round(
        id=new_id(),
        account_id=record.account_id,
        site_id=record.site_id,
        author_id=record.author_id,
        kind=kind.name,
        subject=kind.subject,
        subject_id=record.id,
        starter_id=scope.user_id,
        starter=scope.user_name,
        **facts,
    )
    db.add(begun)
    db.flush()
    named = [(scope.user_id, scope.user_name), *((one.user_id, one.name) for one in chosen)]
    for position, (user_id, name) in enumerate(named):
        state = WAITING if position else ASKED
        db.add(_signer(begun, position, user_id, name, state=state, asked_at=None if position else now()))
    db.flush()
    told = {"document": begun.title, "signers": [name for _id, name in named]}
    audit.record(db, "signatures.round", subject=(kind.subject, record.id), after=told)
    return Progress(begun, signers(db, begun.id))


def _signer(begun: Any, position: int, user_id: UUID, name: str, **more: Any) -> Signer:
    return Signer(
        id=new_id(), account_id=begun.account_id, round_id=begun.id, position=position, user_id=user_id, name=name, **more
    )


def chosen(found: Sequence[Colleague], ids: Sequence[str], needed: int) -> list[Colleague]:
    """Who signs after the person in scope. needed: so many at least. Raises InvalidError at "/signers"."""
    by_id = {str(one.user_id): one for one in found}
    if len(set(ids)) != len(ids):
        raise InvalidError(fields={"/signers": _("Name each colleague once: nobody signs twice.")})
    if unknown := [one for one in ids if one not in by_id]:
        raise InvalidError(fields={"/signers": _("Choose colleagues who may sign this.")}, unknown=unknown[:MOST])
    if len(ids) < needed:
        raise InvalidError(fields={"/signers": _("The company asks for two signatures on this amount: choose a colleague.")})
    if len(ids) >= MOST:
        raise InvalidError(fields={"/signers": _("At most five people sign one document.")})
    return [by_id[one] for one in ids]


def take_turn(db: Session, progress: Progress) -> None:
    """The person in scope signs now. Raises NotYourTurnError: also if they just did, or handed it on."""
    turn = progress.turn
    if turn is None or turn.user_id != db.info["scope"].user_id:
        raise NotYourTurnError
    turn.state, turn.done_at = SIGNED, now()
    db.flush()


def ask_next(db: Session, progress: Progress) -> Any:
    """Tells whose turn it is now; None: all have signed."""
    following = next((one for one in progress.signers if one.state == WAITING), None)
    if following is not None:
        following.state, following.asked_at = ASKED, now()
        db.flush()
        tell(db, progress.round, "asked", following.user_id)
    return following


def tell(db: Session, begun: Any, what: str, user_id: UUID, **more: Any) -> None:
    """Nobody who has left the organisation."""
    if not belongs(db, begun.account_id, user_id):
        return
    data = {"title": begun.title, "name": begun.starter, "kind": begun.kind, "subject": str(begun.subject_id), **more}
    events.publish(
        db,
        EVENTS[what],
        account_id=begun.account_id,
        site_id=begun.site_id,
        author_id=begun.author_id,
        user_id=user_id,
        subject=(begun.subject, begun.subject_id),
        data=data,
    )


def belongs(db: Session, account_id: UUID, user_id: UUID) -> bool:
    """Whether they are of the organisation now."""
    query = sa.select(AccountMember.id).where(AccountMember.account_id == account_id, AccountMember.user_id == user_id)
    return db.scalar(query.limit(1)) is not None


def mine(db: Session, kind: AgreementKind, record: Any) -> tuple[Progress, Any]:
    """The open round, locked, in which it is the turn of the person in scope. Raises NoRoundError, NotYourTurnError."""
    progress = of(db, kind.name, record.id, lock=True)
    if progress is None:
        raise NoRoundError
    turn = progress.turn
    if turn is None or turn.user_id != db.info["scope"].user_id:
        raise NotYourTurnError
    return progress, turn


def delegate(db: Session, portico: Any, kind: AgreementKind, record: Any, to: str, reason: str) -> str:
    """Hands one's turn on; gives the colleague's name. Raises InvalidError, and as `mine`."""
    progress, turn = mine(db, kind, record)
    there = {one.user_id for one in progress.signers}
    found = [one for one in candidates(db, portico, kind, record) if str(one.user_id) == to]
    if not found or found[0].user_id in there:
        raise InvalidError(fields={"/to": _("Choose a colleague who may sign this, and does not sign it already.")})
    if len(progress.signers) >= MOST_ROWS:
        raise InvalidError(fields={"/to": _("This was handed on often enough. Sign it, or decline.")})
    [colleague] = found
    turn.state, turn.done_at, turn.delegate, turn.reason = DELEGATED, now(), colleague.name, reason
    db.add(_signer(progress.round, turn.position, colleague.user_id, colleague.name, state=ASKED, asked_at=now()))
    db.flush()
    told = {"to": colleague.name, "why": reason, "document": progress.round.title}
    audit.record(db, "signatures.delegated", subject=(kind.subject, record.id), after=told)
    tell(db, progress.round, "asked", colleague.user_id)
    return colleague.name


def decline(db: Session, kind: AgreementKind, record: Any, reason: str) -> None:
    """Somebody does not sign: it is over, and whoever signed is told why. Raises as `mine`."""
    _progress, turn = mine(db, kind, record)
    turn.state, turn.done_at, turn.reason = DECLINED, now(), reason
    db.flush()
    end(db, kind.name, record.id, "declined", reason=reason)


def call_off(db: Session, kind: AgreementKind, record: Any) -> None:
    """By whoever began it, or manages the organisation. Raises NoRoundError, ForbiddenError, ApprovalWaitsError: all have signed,
    and what was asked of a colleague for it could be approved without."""
    progress, scope = of(db, kind.name, record.id, lock=True), db.info["scope"]
    if progress is None:
        raise NoRoundError
    if not may_call_off(scope, progress.round):
        raise ForbiddenError
    if progress.turn is None:
        raise ApprovalWaitsError
    end(db, kind.name, record.id, "called-off")


def may_call_off(scope: Any, begun: Any) -> bool:
    return scope.user_id == begun.starter_id or bool(scope.has("organisation:manage", begun.account_id))


def end(db: Session, kind: str, subject_id: UUID, why: str, reason: str = "") -> None:
    """If one is open: its signatures are void, and who signed or was asked is told."""
    from portico_signatures import condition

    progress = of(db, kind, subject_id, lock=True)
    if progress is None:
        return
    begun = progress.round
    begun.state, begun.ended_at, begun.ended_why = "ended", now(), why
    db.flush()
    condition.void(db, kind, subject_id, why, Signature.round_id == begun.id)
    told = {"why": why, "document": begun.title} | ({"reason": reason} if reason else {})
    audit.record(db, "signatures.round_ended", subject=(begun.subject, subject_id), after=told)
    concerned = {one.user_id for one in progress.signers if one.state in (ASKED, SIGNED)} | {begun.starter_id}
    for user_id in sorted(concerned - {db.info["scope"].user_id}):
        tell(db, begun, why if why in EVENTS else "ended", user_id, why=why, reason=reason)


def is_missing(db: Session, agreement: Agreement, two_from: int) -> bool:
    """Whether others still have to sign. two_from: the amount from which the company asks for two."""
    progress = of(db, agreement.kind, agreement.subject_id)
    if progress is not None and progress.round.version == agreement.version:
        return any(one.state in (WAITING, ASKED) for one in progress.signers)
    return two_from > 0 and needs_two(db, agreement.kind, agreement.subject_id, two_from)


def needs_two(db: Session, name: str, subject_id: UUID, two_from: int) -> bool:
    from portico.pluginhost import agreements

    kind = agreements.kind_of(db, name)
    record = kind.find(db, subject_id)
    return record is not None and asks_for_two(two_from, kind.terms(db, record).amount)


def finish(db: Session, agreement: Agreement) -> UUID | None:
    """All signed, and it is agreed to: their signatures count. The round's id; None: there was none."""
    progress = of(db, agreement.kind, agreement.subject_id, lock=True)
    if progress is None:
        return None
    if progress.round.version != agreement.version or any(one.state in (WAITING, ASKED) for one in progress.signers):
        end(db, agreement.kind, agreement.subject_id, "replaced")
        return None
    progress.round.state, progress.round.ended_at = "done", now()
    db.flush()
    found: UUID = progress.round.id
    return found
