"""The customer's answer to an offered contract: given once, and taken to the company at once.

There is no time to undo it, as an offer of goods has: who agrees to a contract has read and signed it, and both sides are bound.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico import audit, events
from portico.approvals import service as approvals
from portico.connections.target import NoConnectionError
from portico.db.types import new_id, now
from portico.errors import ConflictError
from portico.jobs import enqueue
from portico.pluginhost import agreements
from portico.pluginhost.values import Agreement
from portico.tenancy.tenant import Tenant
from portico_contracts import synchronise
from portico_contracts.amounts import in_all
from portico_contracts.errors import ContractChangedError, NoAnswersError, NotOfferedError, OfferOverError
from portico_contracts.models import ANSWER, CONTRACT
from portico_contracts.statuses import AGREED, DECLINED, EXPIRED, OFFERED, WAITING
from portico_contracts.visibility import today

KIND = synchronise.KIND
JOB = "contracts.answer"
CAPABILITY = "contract_answers"


def possible(host: Any, tenant: Tenant, contract: Any) -> bool:
    """Whether the system that the contract was read from takes answers. host: of connections."""
    try:
        target = host.target(tenant.id, contract.connection_id, tenant.config_version)
    except NoConnectionError:
        return False
    return CAPABILITY in host.capabilities(target.connector, target.config)


def require_possible(host: Any, tenant: Tenant, contract: Any) -> None:
    """Raises NoAnswersError."""
    if not possible(host, tenant, contract):
        raise NoAnswersError


def answer(db: Session, contract: Any, *, agreed: bool, seen: int, reason: str = "") -> None:
    """contract: as `reading.contract` gives it; seen: the version that was read. Given twice, the same answer counts once.

    Raises NotOfferedError, OfferOverError, ContractChangedError, AboveLimitError, and what a condition of agreements raises.
    """
    scope = db.info["scope"]
    if contract.state == (AGREED if agreed else DECLINED) and contract.version == seen:
        return
    if contract.state == EXPIRED and agreed:
        raise OfferOverError
    if contract.state not in (OFFERED, EXPIRED):
        raise NotOfferedError
    if contract.version != seen:
        raise ContractChangedError
    agreement = Agreement(KIND, "contract", contract.id, contract.account_id, seen, scope.user_id)
    if agreed:
        agreements.check(db, agreement)
        amount = in_all(contract)
        if amount is not None:
            approvals.check(db, contract.account_id, amount, contract.currency)
    answer_id = _write(db, contract.id, agreed, seen, reason)
    if agreed:
        agreements.conclude(db, agreement)
    else:
        agreements.ended(db, KIND, contract.id, "refused")
    what = "contracts.agreed" if agreed else "contracts.declined"
    facts = {"number": contract.number, "title": contract.title, "reason": reason}
    audit.record(db, what, subject=("contract", contract.id), after={name: text for name, text in facts.items() if text})
    whose = {"account_id": contract.account_id, "site_id": contract.site_id, "author_id": contract.author_id}
    events.publish(db, what, **whose, subject=("contract", contract.id), data=facts | {"customer": contract.account})
    enqueue(db, JOB, unique=f"{JOB}:{answer_id}", answer_id=str(answer_id))


def _write(db: Session, contract_id: Any, agreed: bool, seen: int, reason: str) -> Any:
    """One statement looks and writes: the offer as it is now, and no answer that counts yet."""
    scope, answer_id, kind = db.info["scope"], new_id(), sa.literal
    still = [CONTRACT.c.id == contract_id, CONTRACT.c.status == OFFERED, CONTRACT.c.version == seen]
    if agreed:
        still.append(sa.or_(CONTRACT.c.answer_until.is_(None), CONTRACT.c.answer_until >= today(scope)))
    values = {
        "tenant_id": CONTRACT.c.tenant_id, "id": kind(answer_id, sa.Uuid), "account_id": CONTRACT.c.account_id,
        "contract_id": CONTRACT.c.id, "version": CONTRACT.c.version, "remote_version": CONTRACT.c.remote_version,
        "agreed": kind(agreed), "reason": kind(reason), "person_id": kind(scope.user_id, sa.Uuid),
        "answered_by": kind(scope.user_name), "at": kind(now(), ANSWER.c.at.type), "state": kind(WAITING), "problem": kind(""),
    }  # fmt: skip
    statement = insert(ANSWER).from_select(list(values), sa.select(*values.values()).where(*still), include_defaults=False)
    if db.execute(statement.on_conflict_do_nothing().returning(ANSWER.c.id)).one_or_none() is None:
        raise _missed(db, contract_id, seen)
    return answer_id


def _missed(db: Session, contract_id: Any, seen: int) -> ConflictError:
    """Why an answer found no offer: what somebody else did at the same time."""
    is_now = db.execute(sa.select(CONTRACT.c.status, CONTRACT.c.version).where(CONTRACT.c.id == contract_id)).one_or_none()
    if is_now is not None and is_now.status == OFFERED and is_now.version != seen:
        return ContractChangedError()
    return NotOfferedError()
