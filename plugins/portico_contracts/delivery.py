"""The steps of taking an answer to the company, each one short transaction of the job."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.connections.models import Connection
from portico.db.types import now
from portico.jobs import enqueue
from portico_contracts import entity, settling
from portico_contracts.answering import JOB
from portico_contracts.models import ANSWER, CONTRACT
from portico_contracts.statuses import WAITING
from portico_erp import agreement
from portico_erp.values import ContractAnswer, ContractStatus

SETTLED = dt.timedelta(minutes=5)
MOST = 500


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


def taken(db: Session, answer_id: uuid.UUID, status: ContractStatus) -> None:
    """status: how the contract stands. Where it is offered again, the company took the answer and has a new offer by now, which
    a receipt that came late says nothing of.
    """
    if status is ContractStatus.OFFERED:
        refused(db, answer_id, agreement.changed(), changed=True)
        return
    contract = settling.taken(db, ANSWER.c.id == answer_id)
    if contract is not None:
        _read(db, contract)


def refused(db: Session, answer_id: uuid.UUID, error: Any, *, changed: bool) -> None:
    """The company does not take it, and nobody is bound: what it offers by now is read at once. changed: another offer."""
    contract = settling.refused(db, ANSWER.c.id == answer_id, error.message, "changed" if changed else "refused")
    if contract is not None:
        _read(db, contract)


def _read(db: Session, contract: Any) -> None:
    key = f"connections.sync/{contract.connection_id}/{entity.NAME}"
    enqueue(db, "connections.sync", connection_id=contract.connection_id, entity=entity.NAME, unique=key)


def end_orphans(db: Session) -> None:
    """Answers whose connection was deleted for good: nobody can bring them to the company, or ask it, any more."""
    of_contract = sa.and_(CONTRACT.c.tenant_id == ANSWER.c.tenant_id, CONTRACT.c.id == ANSWER.c.contract_id)
    there = sa.exists().where(Connection.tenant_id == CONTRACT.c.tenant_id, Connection.id == CONTRACT.c.connection_id)
    waiting = sa.select(ANSWER.c.id).join(CONTRACT, of_contract).where(ANSWER.c.state == WAITING, ~there)
    for answer_id in db.scalars(waiting.limit(MOST)).all():
        settling.unconfirmed(db, ANSWER.c.id == answer_id)


def wake(db: Session) -> None:
    """A job that gave up, or was lost with its table, must not leave an answer behind."""
    waiting = sa.select(ANSWER.c.id).where(ANSWER.c.state == WAITING, ANSWER.c.at < now() - SETTLED)
    for answer_id in db.scalars(waiting.limit(MOST)):
        enqueue(db, JOB, unique=f"{JOB}:{answer_id}", answer_id=str(answer_id))
