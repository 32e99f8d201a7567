"""Writes what the company told about contracts: once each, in step, and silently where nothing is new."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico import audit, events
from portico.connections.sync import Counts
from portico.db.types import new_id, now
from portico.pluginhost import agreements
from portico.tenancy.models import Account
from portico_contracts import settling
from portico_contracts.i18n import _
from portico_contracts.models import ANSWER, CONTRACT, LINE
from portico_contracts.statuses import ACTIVE, CANCELLED, DECLINED, DRAFT, ENDED, OFFERED, REFUSED, TAKEN
from portico_contracts.visibility import today
from portico_erp import agreement
from portico_erp.values import RemoteContract

KIND = settling.KIND
LIVE = "contracts.changed"
"""Tells open pages that a contract has changed, whatever it was."""
_EVENTS = {ACTIVE: "contracts.active", ENDED: "contracts.ended", CANCELLED: "contracts.cancelled"}
_FORM = 1
"""Raise it when a row gets something new out of the same value: every contract is then written anew, without events."""


def apply(db: Session, connection_id: UUID, contracts: Iterable[RemoteContract], *, quiet: bool = False) -> Counts:
    """Bring our copy in step with these contracts, in the session's system scope.

    Idempotent. quiet: new contracts tell nobody (a first import), but those that wait for an answer. A contract is locked before
    it is compared, so two runs at once write and tell it once. Drafts that were never offered are not kept.
    """
    latest = {one.ref: one for one in sorted(contracts, key=lambda one: one.updated_at)}
    counts = Counts()
    accounts = _accounts(db, {one.customer_ref for one in latest.values()})
    known = _locked(db, connection_id, latest)
    for ref, remote in latest.items():
        account = accounts.get(remote.customer_ref)
        if ref in known:
            counts += _update(db, known[ref], remote, account)
        elif account is not None and remote.status != DRAFT:
            counts += _create(db, connection_id, remote, account, quiet)
        else:
            counts += Counts(unchanged=1)
    return counts


def _accounts(db: Session, refs: set[str]) -> dict[str, Any]:
    rows = db.execute(sa.select(Account.id, Account.erp_ref, Account.created_at).where(Account.erp_ref.in_(refs)))
    return {row.erp_ref: row for row in rows}


_KNOWN = (
    CONTRACT.c.id, CONTRACT.c.account_id, CONTRACT.c.site_id, CONTRACT.c.author_id, CONTRACT.c.erp_ref, CONTRACT.c.status,
    CONTRACT.c.digest, CONTRACT.c.remote_version, CONTRACT.c.erp_updated_at, CONTRACT.c.connection_id, CONTRACT.c.number,
)  # fmt: skip


def _locked(db: Session, connection_id: UUID, refs: Iterable[str]) -> dict[str, Any]:
    query = sa.select(*_KNOWN).where(CONTRACT.c.connection_id == connection_id, CONTRACT.c.erp_ref.in_(sorted(refs)))
    return {row.erp_ref: row for row in db.execute(query.order_by(CONTRACT.c.erp_ref).with_for_update())}


def digest(remote: RemoteContract) -> bytes:
    """Of all that the company tells but `updated_at`: a row that was only touched has not changed."""
    told = asdict(remote) | {"updated_at": None, "form": _FORM}
    return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).digest()


def _row(remote: RemoteContract) -> dict[str, Any]:
    told = ("number", "title", "currency", "value", "starts_on", "ends_on", "renewal_months", "notice_days", "answer_until",
            "terms", "reason")  # fmt: skip
    return {name: getattr(remote, name) for name in told} | {
        "erp_ref": remote.ref,
        "status": remote.status.value,
        "per": remote.per.value,
        "remote_version": remote.version,
        "erp_updated_at": remote.updated_at,
        "digest": digest(remote),
        "search": f"{remote.number} {remote.title}".lower(),
    }


def _create(db: Session, connection_id: UUID, remote: RemoteContract, account: Any, quiet: bool) -> Counts:
    moment = min(remote.updated_at, now())
    values = _row(remote) | {
        "id": new_id(), "tenant_id": db.info["tenant_id"], "account_id": account.id, "connection_id": connection_id, "version": 1,
        "status_at": moment, "offered_at": moment if remote.status == OFFERED else min(remote.created_at, now()),
    }  # fmt: skip
    statement = insert(CONTRACT).values(values).on_conflict_do_nothing()
    row = db.execute(statement.returning(*_KNOWN)).one_or_none()
    if row is None:  # somebody else was faster
        return Counts(unchanged=1)
    _write_lines(db, row.id, account.id, remote)
    # A contract from before the customer came to the portal is their past, not news.
    silent = quiet or remote.created_at < account.created_at
    event = _offer(db, remote) if remote.status == OFFERED else None if silent else _EVENTS.get(remote.status.value)
    _tell(db, row, remote, event)
    return Counts(created=1)


def _offer(db: Session, remote: RemoteContract) -> str | None:
    """The event of an offer that can be answered."""
    return "contracts.offered" if remote.answer_until is None or remote.answer_until >= today(db.info["scope"]) else None


def _update(db: Session, known: Any, remote: RemoteContract, account: Any) -> Counts:
    if account is None or account.id != known.account_id:
        return _leave(db, known, remote, account)
    if remote.updated_at < known.erp_updated_at:
        return Counts(unchanged=1)
    anew = _supersede(db, known, remote) if remote.status == OFFERED else _settle(db, known, remote)
    values = _row(remote)
    if values["digest"] == known.digest and not anew:
        return Counts(unchanged=1)
    revised, moved = remote.version != known.remote_version, remote.status.value != known.status
    offered = remote.status == OFFERED and (moved or revised or anew)
    if revised:
        values["version"] = CONTRACT.c.version + 1
    if moved:
        values["status_at"] = min(remote.updated_at, now())
    if offered:
        values["offered_at"] = min(remote.updated_at, now())
    db.execute(sa.update(CONTRACT).where(CONTRACT.c.id == known.id).values(updated_at=sa.func.now(), **values))
    if revised:
        db.execute(sa.delete(LINE).where(LINE.c.contract_id == known.id))
        _write_lines(db, known.id, known.account_id, remote)
    if OFFERED in (known.status, remote.status.value) and (revised or moved or anew) and not _is_answered(db, known.id):
        agreements.ended(db, KIND, known.id, "changed")  # what some have signed and others were still to
    _tell(db, known, remote, _offer(db, remote) if offered else _EVENTS.get(remote.status.value) if moved else None)
    return Counts(updated=1)


def _supersede(db: Session, known: Any, remote: RemoteContract) -> bool:
    """Whether it is offered anew to somebody who had answered: that answer counts no more.

    The company may have taken the answer and offered the contract again between two reads, so our copy alone does not tell. An
    answer that waits is to another offer than the company's, which the company would say of it as well.
    """
    of_contract = ANSWER.c.contract_id == known.id
    another = ANSWER.c.remote_version != remote.version
    before = sa.or_(another, sa.literal(known.status != OFFERED), ANSWER.c.taken_at < remote.updated_at)
    taken = sa.update(ANSWER).where(of_contract, ANSWER.c.state == TAKEN, before).values(state=REFUSED)
    anew = db.execute(taken.returning(ANSWER.c.id)).first() is not None
    lost = settling.refused(db, sa.and_(of_contract, another), agreement.changed().message, "changed")
    return anew or lost is not None


_ANSWERED = {ACTIVE: True, DECLINED: False}


def _settle(db: Session, known: Any, remote: RemoteContract) -> bool:
    """An answer whose receipt never came, while the company's contract stands as it wants it, was taken. It tells itself."""
    agreed = _ANSWERED.get(remote.status.value)
    if agreed is not None:
        same = sa.and_(ANSWER.c.agreed.is_(agreed), ANSWER.c.remote_version == remote.version)
        settling.taken(db, sa.and_(ANSWER.c.contract_id == known.id, same))
    return False


def _leave(db: Session, known: Any, remote: RemoteContract, account: Any) -> Counts:
    """It went to another customer, who sees nothing of what this one did; what this one answered is kept with them."""
    settling.refused(db, ANSWER.c.contract_id == known.id, _("The contract is another customer's by now."), "changed")
    agreements.ended(db, KIND, known.id, "changed")
    audit.record(db, "contracts.left", subject=("contract", known.id), after={"number": known.number})
    answered = db.execute(sa.select(ANSWER.c.id).where(ANSWER.c.contract_id == known.id)).first()
    if answered is None:
        db.execute(sa.delete(CONTRACT).where(CONTRACT.c.id == known.id))
        _nudge(db, known)
    else:  # as a contract that is read no more, for its name at the company is another's
        over = {"erp_ref": left_ref(known), "status": CANCELLED, "status_at": now(), "digest": b""}
        db.execute(sa.update(CONTRACT).where(CONTRACT.c.id == known.id).values(updated_at=sa.func.now(), **over))
        _tell(db, known, remote, _EVENTS[CANCELLED])
    if account is not None and remote.status != DRAFT:
        _create(db, known.connection_id, remote, account, quiet=True)
    return Counts(updated=1)


def left_ref(row: Any) -> str:
    """What stands for the company's name of a contract that went to another customer."""
    return f"{row.erp_ref}~{row.id}"


def _is_answered(db: Session, contract_id: UUID) -> bool:
    counts = sa.select(ANSWER.c.id).where(ANSWER.c.contract_id == contract_id, ANSWER.c.state != REFUSED)
    return db.execute(counts).first() is not None


def _write_lines(db: Session, contract_id: UUID, account_id: UUID, remote: RemoteContract) -> None:
    owner = {"tenant_id": db.info["tenant_id"], "account_id": account_id, "contract_id": contract_id}
    rows = [
        {
            **owner, "id": new_id(), "position": position, "item_ref": line.ref, "name": line.name, "quantity": line.quantity,
            "unit": line.unit, "unit_price": line.unit_price, "tax_rate": line.tax_rate,
        }
        for position, line in enumerate(remote.lines, 1)
    ]  # fmt: skip
    if rows:
        db.execute(sa.insert(LINE), rows)


def _tell(db: Session, row: Any, remote: RemoteContract, event: str | None) -> None:
    if event is None:
        _nudge(db, row)
        return
    events.publish(db, event, **_whose(row), subject=("contract", row.id), data={"number": remote.number, "title": remote.title})


def _nudge(db: Session, row: Any) -> None:
    events.nudge(db, LIVE, **_whose(row), subject=("contract", row.id))


def _whose(row: Any) -> dict[str, Any]:
    return {"account_id": row.account_id, "site_id": row.site_id, "author_id": row.author_id}
