"""A contract that waits for its answer, and one that was answered, for tests that walk every route."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portico.db.types import new_id, now
from portico.tenancy.models import Account
from portico_contracts import synchronise
from portico_contracts.models import ANSWER, CONTRACT
from portico_erp.values import ContractLine, ContractPer, ContractStatus, RemoteContract


def records(db: Any, account_id: UUID) -> dict[str, str]:
    """Made the way that all contracts are made: as the company tells them."""
    customer_ref = db.scalar(sa.select(Account.erp_ref).where(Account.id == account_id))
    ref, connection_id = f"sample-{new_id().hex[-12:]}", new_id()
    running = remote_contract(f"{ref}-2", customer_ref, status=ContractStatus.ACTIVE)
    synchronise.apply(db, connection_id, [remote_contract(ref, customer_ref), running], quiet=True)
    rows = db.execute(sa.select(CONTRACT).where(CONTRACT.c.connection_id == connection_id)).all()
    found = {row.erp_ref: row for row in rows}
    answered = found[f"{ref}-2"]
    values = {
        "tenant_id": answered.tenant_id, "id": new_id(), "account_id": account_id, "contract_id": answered.id, "version": 1,
        "remote_version": answered.remote_version, "agreed": True, "reason": "", "answered_by": "Carla", "at": now(),
        "state": "taken", "taken_at": now(), "problem": "",
    }  # fmt: skip
    db.execute(sa.insert(ANSWER).values(values))
    return {"contract_id": str(found[ref].id)}


def remote_contract(ref: str, customer_ref: str, moment: dt.datetime | None = None, **changed: Any) -> RemoteContract:
    """An offered contract of two lines, told at `moment`; `changed` replaces what a test is about."""
    moment = moment or now()
    day = moment.date()
    values: dict[str, Any] = {
        "ref": ref,
        "number": f"C-{ref}",
        "title": "Care of machines",
        "customer_ref": customer_ref,
        "status": ContractStatus.OFFERED,
        "currency": "EUR",
        "lines": [
            ContractLine("service:S1", "Visit", Decimal(4), "piece", Decimal("105.5"), Decimal(20)),
            ContractLine(None, "Spare parts", None, "", Decimal(12), Decimal(20)),
        ],
        "value": Decimal(420),
        "per": ContractPer.MONTH,
        "starts_on": day + dt.timedelta(days=10),
        "ends_on": day + dt.timedelta(days=374),
        "renewal_months": 12,
        "notice_days": 90,
        "answer_until": day + dt.timedelta(days=30),
        "terms": "The company keeps the machines in order.\n\nThe customer lets it in.",
        "reason": "",
        "created_at": moment,
        "updated_at": moment,
    }
    return RemoteContract(**{**values, **changed})
