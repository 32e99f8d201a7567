"""Contracts of the standard schema: read with their lines, and answered once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta

from sqlalchemy import Connection, RowMapping, or_, select, update
from sqlalchemy.exc import IntegrityError

from portico_companydb import mapping, reader
from portico_companydb import tables as t
from portico_companydb.cursors import Cursor
from portico_companydb.i18n import _
from portico_companydb.mapping import Row, number
from portico_companydb.reader import row_id
from portico_erp import agreement
from portico_erp.errors import ConnectorRejectedError
from portico_erp.values import (
    ContractAnswer,
    ContractLine,
    ContractPer,
    ContractReceipt,
    ContractStatus,
    Problem,
    RemoteContract,
)

_READ = [column.name for column in t.contracts.c if column.name not in ("answered_by", "answered_at")]
_CONTRACTS = select(*reader.columns(t.contracts, *_READ), t.customers.c.code.label("customer")).outerjoin_from(
    t.contracts, t.customers, t.customers.c.id == t.contracts.c.customer_id
)


def changed(connection: Connection, cursor: Cursor, limit: int, overlap: timedelta) -> reader.Read:
    return reader.changed(connection, _CONTRACTS, t.contracts, cursor, limit, overlap)


def one(connection: Connection, ref: str) -> RowMapping | None:
    return connection.execute(_CONTRACTS.where(t.contracts.c.id == row_id(ref))).mappings().one_or_none()


def lines(connection: Connection, ids: Sequence[int]) -> reader.Parts:
    statement = (
        select(*reader.columns(t.contract_lines))
        .where(t.contract_lines.c.contract_id.in_(ids))
        .order_by(t.contract_lines.c.contract_id, t.contract_lines.c.position)
        .limit(reader.MOST_PARTS)
    )
    return reader.group(connection.execute(statement).mappings().all(), "contract_id") if ids else {}


# -- values


def contract(row: Row, parts: Sequence[Row]) -> RemoteContract | Problem:
    def build() -> RemoteContract:
        value = row["value"]
        return RemoteContract(
            ref=str(row["id"]),
            number=row["number"],
            title=row["title"],
            customer_ref=mapping.string(row["customer"]),
            status=mapping.choice(ContractStatus, row["status"], "status"),
            currency=row["currency"],
            lines=tuple(_line(part) for part in parts),
            value=None if value is None else number(value, "value"),
            per=mapping.choice(ContractPer, row["value_per"], "value_per"),
            starts_on=mapping.day(row["starts_on"], "starts_on"),
            ends_on=mapping.day(row["ends_on"], "ends_on"),
            renewal_months=row["renewal_months"],
            notice_days=row["notice_days"],
            answer_until=mapping.day(row["answer_until"], "answer_until"),
            terms=mapping.string(row["terms"]),
            reason=mapping.string(row["reason"]),
            created_at=mapping.utc(row["created_at"], "created_at"),
            updated_at=mapping.utc(row["updated_at"], "updated_at"),
        )

    return mapping.attempt(str(row["id"]), row, build)


def _line(row: Row) -> ContractLine:
    quantity = row["quantity"]
    return ContractLine(
        ref=mapping.item_ref(row["item_kind"], row["item_code"]) if row["item_kind"] and row["item_code"] else None,
        name=row["name"],
        quantity=None if quantity is None else number(quantity, "quantity"),
        unit=mapping.string(row["unit"]),
        unit_price=number(row["unit_price"], "unit_price"),
        tax_rate=number(row["tax_rate"], "tax_rate"),
    )


# -- the customer's answer


def answer(connection: Connection, given: ContractAnswer) -> ContractReceipt:
    """Write it, unless it is there already. Whoever writes the contract now is waited for; whoever wants to, waits for us. SQLite
    knows no lock of a row: there, a writing transaction is alone.
    """
    of = t.contracts.c
    contract_id = row_id(given.contract_ref)
    standing = or_(of.answer_until.is_(None), of.answer_until >= given.answered_at.astimezone(UTC).date() - agreement.ZONES)
    locked = select(of.id, of.number, of.status, of.portal_reference, standing.label("standing")).where(of.id == contract_id)
    row = connection.execute(locked.with_for_update()).mappings().one_or_none()
    if row is None:
        raise ConnectorRejectedError("contract_ref", _("The company does not know this contract."), code="unknown")
    if row["portal_reference"] == given.reference:
        return _receipt(row, mapping.choice(ContractStatus, row["status"], "status"))
    if row["status"] != ContractStatus.OFFERED:
        raise ConnectorRejectedError(None, _("The contract does not wait for an answer."), code="state")
    if given.agreed and not row["standing"]:
        raise ConnectorRejectedError(None, _("The offer is no longer valid."), code="expired")
    _require_same(connection, contract_id, given)
    status = ContractStatus.ACTIVE if given.agreed else ContractStatus.DECLINED
    values = {
        "status": status.value, "portal_reference": given.reference, "answered_by": given.by, "answered_at": given.answered_at,
        **({"reason": given.reason} if given.reason else {}),
    }  # fmt: skip
    try:
        connection.execute(update(t.contracts).where(of.id == contract_id).values(values))
    except IntegrityError as error:
        theirs = _("The reference belongs to another contract's answer.")
        raise ConnectorRejectedError("reference", theirs, code="conflict") from error
    return _receipt(row, status)


def _require_same(connection: Connection, contract_id: int, given: ContractAnswer) -> None:
    """The company may have changed the offer while the answer was on its way: nobody is bound to what they did not see."""
    if not given.version:
        return
    row = connection.execute(_CONTRACTS.where(t.contracts.c.id == contract_id)).mappings().one()
    offer = contract(row, lines(connection, [contract_id]).get(contract_id, ()))
    if isinstance(offer, Problem) or offer.version != given.version:
        raise agreement.changed()


def _receipt(row: Row, status: ContractStatus) -> ContractReceipt:
    return ContractReceipt(row["number"], str(row["id"]), status)
