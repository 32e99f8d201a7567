"""Which invoices were checked and what came of it: the only way by which an e-invoice gets to anybody.

An invoice is written anew whenever it or what is entered here changes; only files that are others than those checked before go
through the rules again, so a payment costs nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico.connections import messages
from portico.db.types import new_id, now
from portico.tenancy.models import Account
from portico.web.i18n import translate
from portico_einvoices import parties
from portico_einvoices.checking import Finding, Syntax, check
from portico_einvoices.composing import compose
from portico_einvoices.document import Party, Preceding
from portico_einvoices.errors import InvoiceNotStatedError, Reason, RulesUnavailableError
from portico_einvoices.i18n import _
from portico_einvoices.models import CHECK, COMPANY, PASSED, REFUSED
from portico_einvoices.seller import Seller
from portico_erp.values import InvoiceKind, InvoiceLine, InvoiceStatus, RemoteInvoice, Totals
from portico_invoices.models import INVOICE, LINE

BATCH, RECENT = 40, dt.timedelta(days=400)
"""How many are checked by one run of the rules; how old an invoice may be to be checked before anybody asks."""


@dataclass(frozen=True)
class Written:
    """An invoice on its way to the rules. files: UBL and CII, or None, and then `reasons` say why. version: the company's."""

    invoice_id: uuid.UUID
    account_id: uuid.UUID
    digest: bytes
    version: int
    files: tuple[bytes, bytes] | None
    reasons: tuple[Reason, ...] = ()
    is_known: bool = False


_SAME: Any = sa.and_(CHECK.c.tenant_id == INVOICE.c.tenant_id, CHECK.c.invoice_id == INVOICE.c.id)
_FRESH: Any = CHECK.c.invoice_digest == INVOICE.c.digest


def state(db: Session, invoice_id: uuid.UUID) -> Any:
    """state, reasons, ubl, cii, of what was checked as the invoice is now; None: that has still to be done."""
    query = sa.select(CHECK.c.state, CHECK.c.reasons, CHECK.c.ubl, CHECK.c.cii, CHECK.c.checked_at)
    return db.execute(query.join(INVOICE, _SAME).where(INVOICE.c.id == invoice_id, _FRESH)).one_or_none()


def possible(db: Session) -> bool:
    """Whether the company entered all that any e-invoice needs."""
    row = parties.company(db)
    return row is not None and not list(parties.seller(row).missing())


def due(db: Session, today: dt.date, most: int = BATCH) -> list[uuid.UUID]:
    """Invoices that are to be checked, the newest first."""
    if not possible(db):
        return []
    query = (
        sa.select(INVOICE.c.id)
        .outerjoin(CHECK, _SAME)
        .where(sa.or_(CHECK.c.id.is_(None), ~_FRESH), sa.or_(INVOICE.c.issued_on > today - RECENT, CHECK.c.id.is_not(None)))
        .order_by(INVOICE.c.issued_on.desc(), INVOICE.c.id.desc())
    )
    return list(db.scalars(query.limit(most)))


def write(db: Session, locale: str, invoice_ids: Sequence[uuid.UUID]) -> list[Written]:
    """In the company's system scope. Those that are gone are left out."""
    row = parties.company(db)
    if row is None:
        return []
    seller, version = parties.seller(row), row.version
    lines = _lines(db, invoice_ids)
    known = {one.invoice_id: one for one in db.execute(sa.select(CHECK).where(CHECK.c.invoice_id.in_(invoice_ids)))}
    buyers: dict[uuid.UUID, tuple[Party, str]] = {}
    made = []
    for one in db.execute(sa.select(INVOICE).where(INVOICE.c.id.in_(invoice_ids))).all():
        if one.account_id not in buyers:
            buyers[one.account_id] = parties.buyer(db, one.account_id)
        whom, reference = buyers[one.account_id]
        about = _preceding(db, one)
        made.append(_write(one, lines.get(one.id, []), seller, whom, locale, about, reference, version, known.get(one.id)))
    return made


def _write(
    row: Any, lines: list[InvoiceLine], seller: Seller, whom: Party, locale: str, preceding: Preceding | None,
    reference: str, version: int, known: Any,
) -> Written:  # fmt: skip
    from portico_einvoices import cii, ubl  # lxml is read when the first e-invoice is made

    def say(message: Any) -> str:
        return translate(locale, message)

    try:
        document = compose(_remote(row, lines), seller, whom, say, preceding, reference)
    except InvoiceNotStatedError as error:
        return Written(row.id, row.account_id, row.digest, version, None, error.reasons)
    files = ubl.write(document), cii.write(document)
    is_known = known is not None and known.state == PASSED and (known.ubl, known.cii) == files
    return Written(row.id, row.account_id, row.digest, version, files, is_known=is_known)


def judge(written: Sequence[Written]) -> list[Written]:
    """The same, of which those that the rules do not pass have reasons instead of files. No session is open meanwhile. Raises
    RulesUnavailableError."""
    asked = [one for one in written if one.files and not one.is_known]
    reasons = _judgement(asked) if asked else {}
    return [_judged(one, reasons.get(one.invoice_id, ())) for one in written]


def _judgement(asked: Sequence[Written]) -> dict[uuid.UUID, tuple[Reason, ...]]:
    """One that the rules break down on does not keep the others from being checked."""
    try:
        found = check([(syntax, file) for one in asked for syntax, file in zip(Syntax, one.files or (), strict=True)])
    except RulesUnavailableError:
        if len(asked) == 1:
            raise
    else:
        return {one.invoice_id: _reasons(found[2 * at] + found[2 * at + 1]) for at, one in enumerate(asked)}
    judged: dict[uuid.UUID, tuple[Reason, ...]] = {}
    for one in asked:
        try:
            judged |= _judgement([one])
        except RulesUnavailableError:
            judged[one.invoice_id] = (Reason("unchecked", _("The rules of the European norm could not be tried on it.")),)
    if all(reasons and reasons[0].code == "unchecked" for reasons in judged.values()):
        raise RulesUnavailableError
    return judged


def _judged(one: Written, reasons: tuple[Reason, ...]) -> Written:
    return Written(one.invoice_id, one.account_id, one.digest, one.version, None, reasons) if reasons else one


def _reasons(findings: Sequence[Finding]) -> tuple[Reason, ...]:
    fatal = {one.rule: one.text for one in findings if one.is_fatal}
    said = _("A rule of the European norm is not kept: ${rule}")
    return tuple(Reason(rule, said % {"rule": text}) for rule, text in fatal.items())


def keep(db: Session, written: Sequence[Written]) -> int:
    """Notes what came of it, of those that are still what they were when they were written. How many that is."""
    version = db.scalar(sa.select(COMPANY.c.version).with_for_update(read=True))
    ids = [one.invoice_id for one in written]
    digests = dict(map(tuple, db.execute(sa.select(INVOICE.c.id, INVOICE.c.digest).where(INVOICE.c.id.in_(ids)))))
    current = [one for one in written if one.version == version and digests.get(one.invoice_id) == one.digest]
    if current:
        statement = insert(CHECK).values([_row(db, one) for one in current])
        changed = ("state", "reasons", "invoice_digest", "ubl", "cii", "checked_at")
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant_id", "invoice_id"], set_={name: statement.excluded[name] for name in changed}
            )
        )
    return len(current)


def _row(db: Session, one: Written) -> dict[str, Any]:
    return {
        "tenant_id": db.info["tenant_id"],
        "id": new_id(),
        "account_id": one.account_id,
        "invoice_id": one.invoice_id,
        "state": PASSED if one.files else REFUSED,
        "reasons": [{"code": reason.code, "message": messages.kept(reason.message)} for reason in one.reasons],
        "invoice_digest": one.digest,
        "ubl": one.files[0] if one.files else None,
        "cii": one.files[1] if one.files else None,
        "checked_at": now(),
    }


def told(reasons: Sequence[dict[str, Any]]) -> list[Any]:
    """The reasons of a row, as messages."""
    return [messages.told(one["message"]) for one in reasons]


def counts(db: Session, today: dt.date) -> dict[str, int]:
    """Of the recent invoices: passed, refused, waiting."""
    of_state: Any = sa.case((_FRESH, CHECK.c.state), else_="waiting")
    recent = sa.or_(INVOICE.c.issued_on > today - RECENT, CHECK.c.id.is_not(None))
    query = sa.select(of_state, sa.func.count()).select_from(INVOICE).outerjoin(CHECK, _SAME).where(recent)
    found: dict[str, int] = dict(map(tuple, db.execute(query.group_by(of_state))))
    return {name: found.get(name, 0) for name in (PASSED, REFUSED, "waiting")}


def refused(db: Session, most: int = 100) -> list[Any]:
    """The newest first: id, number, account, reasons."""
    whose = sa.and_(Account.tenant_id == INVOICE.c.tenant_id, Account.id == INVOICE.c.account_id)
    query = (
        sa.select(INVOICE.c.id, INVOICE.c.number, INVOICE.c.account_id, Account.name.label("account"), CHECK.c.reasons)
        .join(CHECK, _SAME)
        .join(Account, whose)
        .where(CHECK.c.state == REFUSED, _FRESH)
        .order_by(INVOICE.c.issued_on.desc(), INVOICE.c.id.desc())
    )
    return list(db.execute(query.limit(most)))


def _lines(db: Session, invoice_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[InvoiceLine]]:
    found: dict[uuid.UUID, list[InvoiceLine]] = {}
    query = sa.select(LINE).where(LINE.c.invoice_id.in_(invoice_ids)).order_by(LINE.c.invoice_id, LINE.c.position)
    for row in db.execute(query):
        made = InvoiceLine(row.item_ref, row.name, row.quantity, row.unit, row.unit_price, row.tax_rate, row.total)
        found.setdefault(row.invoice_id, []).append(made)
    return found


def _remote(row: Any, lines: list[InvoiceLine]) -> RemoteInvoice:
    return RemoteInvoice(
        row.erp_ref, row.number, InvoiceKind(row.kind), InvoiceStatus(row.status), str(row.account_id), row.currency, lines,
        Totals(row.net, row.tax, row.gross), row.open_amount, row.issued_on, row.due_on, row.erp_updated_at,
        credits_ref=row.credits_ref, po_number=row.po_number, note=row.note,
    )  # fmt: skip


def _preceding(db: Session, row: Any) -> Preceding | None:
    """Of the same customer: a company that names another's tells nobody of it."""
    if row.credits_ref is None:
        return None
    query = sa.select(INVOICE.c.number, INVOICE.c.issued_on)
    about = db.execute(query.where(INVOICE.c.erp_ref == row.credits_ref, INVOICE.c.account_id == row.account_id)).one_or_none()
    return Preceding(about.number, about.issued_on) if about else None
