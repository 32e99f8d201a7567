"""A contract as a PDF: what stands in it, in its reader's words. How it looks is the template's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portico.pluginhost.values import Document, DocumentKind
from portico.web import units
from portico.web.i18n import Localiser
from portico_contracts import reading
from portico_contracts.errors import ContractNotFoundError
from portico_contracts.i18n import _
from portico_contracts.statuses import CANCELLED, DECLINED, DRAFT, ENDED, EXPIRED, PER

KIND = "contracts.contract"
TEMPLATE = "portico_contracts/documents/contract.typ"
_MARKS: dict[str, Any] = {
    DRAFT: _("Draft"), EXPIRED: _("Offer over"), DECLINED: _("Declined"), CANCELLED: _("Cancelled"), ENDED: _("Ended"),
}  # fmt: skip
"""What stands across the page of a contract that binds nobody."""
_WORDS = {
    "from": _("Provider"),
    "to": _("Customer"),
    "item": _("Item"),
    "quantity": _("Quantity"),
    "price": _("Unit price"),
    "tax": _("Tax"),
    "terms": _("Terms"),
    "net": _("All prices are before tax."),
}


def kinds() -> list[DocumentKind]:
    return [DocumentKind(KIND, "contract", _find, make)]


def _find(db: Session, contract_id: UUID) -> Any:
    try:
        return reading.contract(db, contract_id)
    except ContractNotFoundError:
        return None


def make(db: Session, contract: Any, speaker: Localiser) -> Document:
    """contract: as `reading.contract` gives it."""
    say = speaker.translate
    content = {
        "words": {name: say(text) for name, text in _WORDS.items()},
        "mark": say(_MARKS.get(contract.state, "")),
        "title": contract.title,
        "customer": contract.account,
        "facts": facts(contract, speaker),
        "lines": [_line(one, contract.currency, speaker) for one in reading.lines(db, contract.id)],
        "paragraphs": [part.strip() for part in contract.terms.replace("\r\n", "\n").split("\n\n") if part.strip()],
    }
    title = _("Contract ${number}", mapping={"number": contract.number})
    return Document(TEMPLATE, title, max(contract.offered_at, contract.status_at), content)


def facts(contract: Any, speaker: Localiser) -> list[tuple[str, str]]:
    """(name, value) in the reader's words; "" where nothing is agreed."""
    say = speaker.translate
    renewal, notice, value = contract.renewal_months, contract.notice_days, ""
    if contract.value is not None:
        value = f"{speaker.money(contract.value, contract.currency)} {say(PER[contract.per])}"
    return [
        (say(_("Value")), value),
        (say(_("Begins")), _day(contract.starts_on, speaker)),
        (say(_("Ends")), _day(contract.ends_on, speaker) or say(_("until notice is given"))),
        (say(_("Renewed each time by, in months")), speaker.number(renewal) if renewal else ""),
        (say(_("Notice before the end, in days")), "" if notice is None else speaker.number(notice)),
        (say(_("To be answered by")), _day(contract.answer_until, speaker)),
    ]


def _day(day: Any, speaker: Localiser) -> str:
    return speaker.date(day) if day else ""


def _line(line: Any, currency: str, speaker: Localiser) -> dict[str, str]:
    unit = units.name(speaker.language, line.unit, line.quantity or 1) if line.unit else ""
    quantity = speaker.translate(_("as called off")) if line.quantity is None else f"{speaker.number(line.quantity)}\u00a0{unit}"
    return {
        "name": line.name,
        "code": (line.item_ref or "").partition(":")[2] or line.item_ref or "",
        "quantity": quantity.strip(),
        "price": speaker.money(line.unit_price, currency),
        "tax": speaker.percent(line.tax_rate / 100),
    }
