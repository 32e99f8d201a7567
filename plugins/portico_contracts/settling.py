"""How an answer ends: taken by the company, confirmed by nobody, or counting no more. Whoever it concerns is told, and the audit
trail has it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit, events
from portico.connections.messages import kept
from portico.db.types import now
from portico.pluginhost import agreements
from portico.tenancy.models import Account
from portico_contracts.models import ANSWER, CONTRACT
from portico_contracts.statuses import REFUSED, TAKEN, UNCONFIRMED, WAITING

KIND = "contracts.contract"
_ACCOUNT: Any = Account.__table__
_OF_ACCOUNT = sa.and_(_ACCOUNT.c.tenant_id == CONTRACT.c.tenant_id, _ACCOUNT.c.id == CONTRACT.c.account_id)
_SUBJECT = sa.select(
    CONTRACT.c.id, CONTRACT.c.account_id, CONTRACT.c.site_id, CONTRACT.c.author_id, CONTRACT.c.number, CONTRACT.c.title,
    CONTRACT.c.connection_id, _ACCOUNT.c.name.label("customer"),
).select_from(CONTRACT.join(_ACCOUNT, _OF_ACCOUNT))  # fmt: skip


def taken(db: Session, which: sa.ColumnElement[bool]) -> Any:
    """The contract, if an answer of it waited until now. which: a condition on answers of one contract at most."""
    contract = _end(db, which, state=TAKEN, taken_at=now())
    if contract is not None:
        _note(db, contract, "contracts.received", {})
    return contract


def refused(db: Session, which: sa.ColumnElement[bool], message: Any, why: str) -> Any:
    """The same of an answer by which nobody is bound. message: what the company said; why: as conditions of agreements say it."""
    contract = _end(db, which, state=REFUSED, problem=message)
    if contract is not None:
        agreements.ended(db, KIND, contract.id, why)
        _note(db, contract, "contracts.answer_refused", {"problem": kept(message)})
        data = {"number": contract.number, "title": contract.title, "customer": contract.customer}
        events.publish(db, "contracts.answer_lost", **_whose(contract), subject=("contract", contract.id), data=data)
    return contract


def unconfirmed(db: Session, which: sa.ColumnElement[bool]) -> Any:
    """The same of an answer that nobody can bring to the company any more, nor learn whether it has it. It counts: whoever gave
    it is bound by their word, and staff are asked to enter it."""
    contract = _end(db, which, state=UNCONFIRMED)
    if contract is not None:
        _note(db, contract, "contracts.unconfirmed", {})
        data = {"number": contract.number, "title": contract.title, "customer": contract.customer}
        events.publish(db, "contracts.to_enter", **_whose(contract), subject=("contract", contract.id), data=data)
    return contract


def _end(db: Session, which: sa.ColumnElement[bool], **values: Any) -> Any:
    done = sa.update(ANSWER).where(which, ANSWER.c.state == WAITING).values(**values).returning(ANSWER.c.contract_id)
    row = db.execute(done).one_or_none()
    return None if row is None else contract_of(db, row.contract_id)


def contract_of(db: Session, contract_id: UUID) -> Any:
    return db.execute(_SUBJECT.where(CONTRACT.c.id == contract_id)).one()


def _note(db: Session, contract: Any, what: str, facts: dict[str, Any]) -> None:
    events.by_company(db)
    audit.record(db, what, subject=("contract", contract.id), after={"number": contract.number, **facts})
    data = {"number": contract.number, "title": contract.title}
    events.publish(db, what, **_whose(contract), subject=("contract", contract.id), data=data)


def _whose(contract: Any) -> dict[str, Any]:
    return {"account_id": contract.account_id, "site_id": contract.site_id, "author_id": contract.author_id}
