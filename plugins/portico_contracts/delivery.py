"""The steps of taking an answer to the company, each one short transaction of the job."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit, events
from portico.connections.messages import kept
from portico.db.types import now
from portico.jobs import enqueue
from portico.pluginhost import agreements
from portico_contracts import entity
from portico_contracts.answering import JOB, KIND
from portico_contracts.models import ANSWER, CONTRACT
from portico_contracts.statuses import REFUSED, TAKEN, WAITING
from portico_erp.values import ContractAnswer

SETTLED = dt.timedelta(minutes=5)
_SUBJECT = (
    CONTRACT.c.id, CONTRACT.c.account_id, CONTRACT.c.site_id, CONTRACT.c.author_id, CONTRACT.c.number, CONTRACT.c.title,
    CONTRACT.c.connection_id,
)  # fmt: skip


def pack(db: Session, answer_id: uuid.UUID) -> tuple[uuid.UUID, ContractAnswer] | None:
    """(connection, the answer as the company gets it); None: it has it."""
    query = sa.select(ANSWER, CONTRACT.c.erp_ref, CONTRACT.c.connection_id).join(
        CONTRACT, sa.and_(CONTRACT.c.tenant_id == ANSWER.c.tenant_id, CONTRACT.c.id == ANSWER.c.contract_id)
    )
    row = db.execute(query.where(ANSWER.c.id == answer_id, ANSWER.c.state == WAITING)).one_or_none()
    if row is None:
        return None
    given = ContractAnswer(str(row.id), row.erp_ref, row.agreed, row.answered_by, row.at, row.remote_version, row.reason)
    return row.connection_id, given


def taken(db: Session, answer_id: uuid.UUID) -> None:
    contract = _end(db, answer_id, state=TAKEN, taken_at=now())
    if contract is not None:
        _note(db, contract, "contracts.received", {})
        _read(db, contract)


def refused(db: Session, answer_id: uuid.UUID, error: Any, *, changed: bool) -> None:
    """The company does not take it, and nobody is bound: what it offers by now is read at once. changed: another offer."""
    contract = _end(db, answer_id, state=REFUSED, problem=error.message)
    if contract is not None:
        agreements.ended(db, KIND, contract.id, "changed" if changed else "refused")
        _note(db, contract, "contracts.answer_refused", {"problem": kept(error.message)})
        _read(db, contract)


def _end(db: Session, answer_id: uuid.UUID, **values: Any) -> Any:
    """The contract, if the answer waited until now."""
    done = sa.update(ANSWER).where(ANSWER.c.id == answer_id, ANSWER.c.state == WAITING).values(**values)
    row = db.execute(done.returning(ANSWER.c.contract_id)).one_or_none()
    if row is None:
        return None
    return db.execute(sa.select(*_SUBJECT).where(CONTRACT.c.id == row.contract_id)).one()


def _note(db: Session, contract: Any, what: str, facts: dict[str, Any]) -> None:
    events.by_company(db)
    audit.record(db, what, subject=("contract", contract.id), after={"number": contract.number, **facts})
    whose = {"account_id": contract.account_id, "site_id": contract.site_id, "author_id": contract.author_id}
    data = {"number": contract.number, "title": contract.title}
    events.publish(db, what, **whose, subject=("contract", contract.id), data=data)


def _read(db: Session, contract: Any) -> None:
    key = f"connections.sync/{contract.connection_id}/{entity.NAME}"
    enqueue(db, "connections.sync", connection_id=contract.connection_id, entity=entity.NAME, unique=key)


def wake(db: Session) -> None:
    """A job that gave up, or was lost with its table, must not leave an answer behind."""
    waiting = sa.select(ANSWER.c.id).where(ANSWER.c.state == WAITING, ANSWER.c.at < now() - SETTLED)
    for answer_id in db.scalars(waiting.limit(500)):
        enqueue(db, JOB, unique=f"{JOB}:{answer_id}", answer_id=str(answer_id))
