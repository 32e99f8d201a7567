"""Receipts of payments and statements as PDFs: what stands in them, in their reader's words. How they look is the templates'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portico.db.types import now
from portico.pluginhost.values import Document, DocumentKind
from portico.web.i18n import Localiser
from portico_payments import accounting, reading, states, visibility
from portico_payments.errors import PaymentNotFoundError, StatementTooLongError
from portico_payments.i18n import _
from portico_payments.statement import AGES, CLOSING, OPENING, Age, Statement

RECEIPT = "payments.receipt"
STATEMENT = "payments.statement"
TEMPLATE = "portico_payments/documents/receipt.typ"
STATEMENT_TEMPLATE = "portico_payments/documents/statement.typ"
MOST_LINES = 2_000
"""On paper; files have all."""
_MARKS: dict[str, Any] = {
    states.CANCELLED: _("Cancelled"), states.PENDING: _("Not received yet"), states.FAILED: _("Failed"),
}  # fmt: skip
"""What stands across the page of a payment that did not take place."""
_WARNINGS: dict[str, Any] = {
    states.CANCELLED: _("This payment was cancelled. It settles nothing."),
    states.PENDING: _("This payment has not arrived yet. It settles nothing so far."),
    states.FAILED: _("This payment failed. It settles nothing."),
}
_WORDS = {
    "from": _("Received by"),
    "back": _("Paid back by"),
    "to": _("Customer"),
    "invoice": _("Invoice"),
    "issued": _("Issued"),
    "total": _("Invoice amount"),
    "settled": _("Settled by this payment"),
}


_STATEMENT_WORDS = {
    "from": _("Company"),
    "to": _("Customer"),
    "day": _("Day"),
    "what": _("What"),
    "number": _("Number"),
    "amount": _("Amount"),
    "balance": _("Balance"),
    "due": _("What is open today, by how long it is due"),
    "empty": _("Nothing was booked in this time."),
}


def kinds() -> list[DocumentKind]:
    return [
        DocumentKind(RECEIPT, "payment", _find, make),
        DocumentKind(STATEMENT, "statement", _find_none, make_statement),
    ]


def _find(db: Session, payment_id: UUID) -> Any:
    try:
        return reading.payment(db, payment_id)
    except PaymentNotFoundError:
        return None


def make(db: Session, payment: Any, speaker: Localiser) -> Document:
    """payment: as `reading.payment` gives it."""
    say, state = speaker.translate, states.of(payment)
    rest = abs(payment.amount) - payment.allocated
    words = {name: say(text) for name, text in _WORDS.items()}
    content = {
        "words": words | ({"from": words["back"]} if payment.amount < 0 else {}),
        "mark": say(_MARKS.get(state, "")),
        "warning": say(_WARNINGS.get(state, "")),
        "customer": {"name": payment.account, "lines": []},
        "facts": [
            (say(_("Day")), speaker.date(payment.paid_on)),
            (say(_("Way of paying")), payment.method),
            (say(_("Reference")), payment.reference or ""),
        ],
        "lines": [_line(one, payment.currency, speaker) for one in reading.settled(db, payment.id)],
        "sums": [
            *([(say(_("Not assigned to an invoice")), speaker.money(rest, payment.currency), False)] if rest else []),
            (say(_("Amount paid")), speaker.money(abs(payment.amount), payment.currency), True),
        ],
    }
    title = _("Receipt ${number}", mapping={"number": payment.number})
    return Document(TEMPLATE, title, payment.updated_at, content)


def _line(one: Any, currency: str, speaker: Localiser) -> dict[str, str]:
    return {
        "number": one.number or one.invoice_ref,
        "issued": speaker.date(one.issued_on) if one.issued_on else "",
        "total": speaker.money(one.gross, one.currency) if one.gross is not None else "",
        "settled": speaker.money(one.amount, currency),
    }


@dataclass(frozen=True)
class Ranged:
    """A statement of any range. id: of the customer organisation, by which the trail knows it."""

    id: UUID
    account: str
    statement: Statement


def _find_none(db: Session, statement_id: UUID) -> Any:
    """A statement of a range is of nobody's making but who asks for it."""
    return None


def make_statement(db: Session, ranged: Ranged, speaker: Localiser) -> Document:
    """Raises StatementTooLongError."""
    found, say, tenant = ranged.statement, speaker.translate, db.info["scope"].tenant
    if found.count > MOST_LINES:
        raise StatementTooLongError
    lines = accounting.lines(db, ranged.id, found, most=MOST_LINES) if found.count else []
    content = {
        "words": {name: say(text) for name, text in _STATEMENT_WORDS.items()},
        "customer": {"name": ranged.account, "lines": []},
        "facts": [
            (say(_("From")), speaker.date(found.since)),
            (say(_("To")), speaker.date(found.until)),
            (say(_("Currency")), found.currency),
        ],
        "opening": (say(OPENING), speaker.money(found.opening, found.currency)),
        "lines": [
            {
                "day": speaker.date(one.booked_on),
                "what": say(one.words),
                "number": one.number,
                "amount": speaker.money(one.amount, found.currency),
                "balance": speaker.money(one.balance, found.currency),
            }
            for one in lines
        ],
        "sums": [
            (say(OPENING), speaker.money(found.opening, found.currency), False),
            (say(_("Billed")), speaker.money(found.added, found.currency), False),
            (say(_("Paid or credited")), speaker.money(found.lessened, found.currency), False),
            (say(CLOSING), speaker.money(found.closing, found.currency), True),
        ],
        "ages": ages(accounting.age(db, ranged.id, found, visibility.today(tenant)), found.currency, speaker),
    }
    names = {"customer": ranged.account, "currency": found.currency}
    title = _("Statement of ${customer} in ${currency}", mapping=names)
    return Document(STATEMENT_TEMPLATE, title, now(), content)


def ages(age: Age, currency: str, speaker: Localiser) -> list[tuple[str, str]]:
    """(name, amount) of each age, and of what belongs to no invoice."""
    amounts = (age.not_due, age.to_30, age.to_60, age.to_90, age.older, age.unassigned)
    return [
        (speaker.translate(title), speaker.money(amount, currency)) for title, amount in zip(AGES, amounts, strict=True)
    ]
