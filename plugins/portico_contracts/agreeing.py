"""A contract as something that is agreed to: what it says, for whatever an agreement has to carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portico.approvals.errors import NoApprovalNeededError
from portico.pluginhost.values import AgreementKind, AgreementTerms
from portico_contracts import answering, documents, reading
from portico_contracts.amounts import in_all
from portico_contracts.errors import ContractNotFoundError
from portico_contracts.i18n import _
from portico_contracts.statuses import OFFERED


def kinds() -> list[AgreementKind]:
    return [
        AgreementKind(
            name=answering.KIND,
            subject="contract",
            title=_("Agree to the contract"),
            document=documents.KIND,
            permission="contracts:agree",
            route="contracts.detail",
            route_params={"contract_id": "subject"},
            find=find,
            terms=terms,
            agree=_agree,
            ask=_ask,
            api="/contracts/{contract_id}",
            api_document="/contracts/{contract_id}/contract.pdf",
        )
    ]


def find(db: Session, contract_id: UUID) -> Any:
    try:
        return reading.contract(db, contract_id)
    except ContractNotFoundError:
        return None


def terms(db: Session, contract: Any) -> AgreementTerms:
    """contract: as `reading.contract` gives it. content: amounts and quantities as text, lines in their order."""
    days = {name: _day(getattr(contract, name)) for name in ("starts_on", "ends_on", "answer_until")}
    content = {
        "record": answering.KIND,
        "id": str(contract.id),
        "number": contract.number,
        "version": contract.version,
        "title": contract.title,
        "customer": contract.account,
        "currency": contract.currency,
        "value": _plain(contract.value),
        "per": contract.per,
        **days,
        "renewal_months": contract.renewal_months,
        "notice_days": contract.notice_days,
        "terms": contract.terms,
        "lines": [_line(one) for one in reading.lines(db, contract.id)],
    }
    title = _("Contract ${number}", mapping={"number": contract.number})
    waits, possible = contract.state == OFFERED, answering.possible(db.info["connections"], db.info["scope"].tenant, contract)
    closed_why = "not-taken" if waits and not possible else "expired"
    amount = in_all(contract)
    return AgreementTerms(
        title, contract.version, amount, contract.currency, content, waits and possible, closed_why=closed_why
    )


def _line(line: Any) -> dict[str, str | None]:
    numbers = {name: _plain(getattr(line, name)) for name in ("quantity", "unit_price", "tax_rate")}
    return {"item": line.item_ref, "name": line.name, "unit": line.unit, **numbers}


def _plain(amount: Any) -> str | None:
    """Without zeros at the end, so that 10 and 10.0000 are the same."""
    if amount is None:
        return None
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None


def _agree(db: Session, contract: Any, seen: int, values: Mapping[str, str]) -> None:
    answering.answer(db, contract, agreed=True, seen=seen)


def _ask(db: Session, portico: Any, contract: Any, seen: int, note: str, values: Mapping[str, str]) -> None:
    """Contracts are agreed to by whoever may: no colleague is asked to allow it."""
    raise NoApprovalNeededError
