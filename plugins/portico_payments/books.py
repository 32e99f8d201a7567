"""A statement in the formats of bookkeeping programs: OFX 2.1.1, and the plain text journal of hledger. Pure.

Both look from the customer's side: what they owe the company is a debt, which a bill takes further below 0 and a payment back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from xml.sax.saxutils import escape

from portico.web.formats import decimals
from portico_payments.statement import CLOSING, OPENING, Line, Statement

_TYPES = {"invoice": "DEBIT", "credit_note": "CREDIT", "payment": "PAYMENT", "refund": "DEBIT"}
_AGAINST = {
    "invoice": "expenses:invoiced", "credit_note": "expenses:credited", "payment": "assets:paid", "refund": "assets:paid",
}  # fmt: skip
_LONGEST_NAME = 32
Say = Callable[[object], str]


def exact(amount: Decimal, currency: str) -> str:
    """With the decimals of its currency, and more where it has more."""
    exponent = amount.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "an amount is finite"
    return f"{amount.quantize(Decimal(1).scaleb(min(exponent, -decimals(currency)))):f}"


def ofx(statement: Statement, lines: Iterable[Line], company: str, account: str, say: Say) -> Iterator[str]:
    """account: a number by which a program tells this account from others. Days are at noon UTC, the same day everywhere near."""
    currency, end = escape(statement.currency), _moment(statement.until)
    yield '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
    yield '<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n'
    yield (
        "<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>"
        f"<DTSERVER>{end}</DTSERVER><LANGUAGE>ENG</LANGUAGE><FI><ORG>{_clean(company)}</ORG></FI></SONRS></SIGNONMSGSRSV1>"
        "<BANKMSGSRSV1><STMTTRNRS><TRNUID>0</TRNUID><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>"
        f"<STMTRS><CURDEF>{currency}</CURDEF><BANKACCTFROM><BANKID>PORTICO</BANKID><ACCTID>{_clean(account, 22)}</ACCTID>"
        "<ACCTTYPE>CREDITLINE</ACCTTYPE></BANKACCTFROM>"
        f"<BANKTRANLIST><DTSTART>{_moment(statement.since)}</DTSTART><DTEND>{end}</DTEND>\n"
    )
    for line in lines:
        kind = _TYPES[line.kind] if line.cause == "booked" else "CREDIT" if line.amount < 0 else "DEBIT"
        yield (
            f"<STMTTRN><TRNTYPE>{kind}</TRNTYPE><DTPOSTED>{_moment(line.booked_on)}</DTPOSTED>"
            f"<TRNAMT>{exact(-line.amount, statement.currency)}</TRNAMT><FITID>{line.journal_id}</FITID>"
            f"<NAME>{_clean(line.number)}</NAME><MEMO>{_clean(say(line.words), 255)}</MEMO></STMTTRN>\n"
        )
    closing = exact(-statement.closing, statement.currency)
    yield f"</BANKTRANLIST><LEDGERBAL><BALAMT>{closing}</BALAMT><DTASOF>{end}</DTASOF></LEDGERBAL></STMTRS>"
    yield "</STMTTRNRS></BANKMSGSRSV1></OFX>\n"


def hledger(statement: Statement, lines: Iterable[Line], company: str, account: str, say: Say) -> Iterator[str]:
    """A journal whose last line asserts the closing balance: hledger refuses the file if it comes to another."""
    owed, currency = f"liabilities:{_plain(company)}", statement.currency
    yield f"; {_plain(company)}, {_plain(account)}: {statement.since.isoformat()} - {statement.until.isoformat()}\n"
    yield f"commodity 1000.{'0' * decimals(currency)} {currency}\n\n"
    if statement.opening:
        yield f"{statement.since.isoformat()} * {_plain(say(OPENING))}\n"
        yield f"    {owed}    {exact(-statement.opening, currency)} {currency}\n    equity:opening\n\n"
    for line in lines:
        amount = exact(-line.amount, currency)
        yield f"{line.booked_on.isoformat()} * ({_plain(line.number)}) {_plain(say(line.words))}\n"
        yield f"    {owed}    {amount} {currency}\n    {_AGAINST[line.kind]}\n\n"
    yield f"{statement.until.isoformat()} * {_plain(say(CLOSING))}\n"
    yield f"    {owed}    0 {currency} = {exact(-statement.closing, currency)} {currency}\n"


def _moment(day: dt.date) -> str:
    return f"{day:%Y%m%d}120000"


def _clean(words: str, longest: int = _LONGEST_NAME) -> str:
    """What XML 1.0 may hold."""
    kept = "".join(letter for letter in words if letter.isprintable())
    return escape(kept[:longest])


def _plain(words: str) -> str:
    """Without what means something to hledger: comments, brackets, colons, and more than one blank."""
    kept = "".join(" " if letter in ";:()[]{}|*!=@" or not letter.isprintable() else letter for letter in words)
    return " ".join(kept.split()) or "-"
