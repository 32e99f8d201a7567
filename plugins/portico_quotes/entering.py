"""Many lines at once: reads codes and quantities as people paste them from a spreadsheet, and says of each row what is wrong."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import colander
import sqlalchemy as sa
from pyramid.request import Request
from sqlalchemy.orm import Session

from portico.errors import InvalidError
from portico_quotes import building, drafts, fields, live
from portico_quotes.catalogue import COLUMNS
from portico_quotes.errors import QuoteTooLargeError
from portico_quotes.folding import fold
from portico_quotes.i18n import _
from portico_quotes.models import Item

LONGEST = 100_000
"""Characters of a pasted text or bytes of a file."""
MOST_ROWS = drafts.MOST_LINES
_SPACED = re.compile(r"(\S+)\s+(\S+)\Z")
_DELIMITERS = ("\t", ";", ",")


@dataclass
class Row:
    """number: that of the line in the text, from 1. quantity: None where it is not known. problem: translatable, None: none.
    cut: the note was longer than a line's may be, and its end is left out."""

    number: int
    text: str
    code: str
    typed: str = ""
    note: str = ""
    cut: bool = False
    quantity: Decimal | None = None
    item: Any = None
    problem: Any = None


@dataclass(frozen=True)
class Entered:
    """What became of the rows: good ones have an item and a quantity, the others a problem."""

    rows: Sequence[Row]
    added: int = 0
    away: bool = False

    @property
    def good(self) -> Sequence[Row]:
        return [row for row in self.rows if row.problem is None]

    @property
    def wrong(self) -> Sequence[Row]:
        return [row for row in self.rows if row.problem is not None]

    @property
    def cut(self) -> Sequence[Row]:
        return [row for row in self.good if row.cut]


def decoded(content: bytes) -> str:
    """A file of text as spreadsheets write it. Raises InvalidError for what is none, or too long."""
    if len(content) > LONGEST:
        raise InvalidError(fields={"/file": _("This file is too large. Take the columns for code and quantity alone.")})
    for encoding in ("utf-8-sig", "utf-16") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise InvalidError(fields={"/file": _("This file is no text. Save the spreadsheet as CSV first.")})


def read(text: str, request: Request) -> list[Row]:
    """Rows of code, quantity and perhaps a note: by tabs, semicolons, commas, or one space. A row without quantity means one.

    A first row whose second column holds no digit is a heading. Raises InvalidError: nothing is there, or too much.
    """
    given = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not given:
        raise InvalidError(fields={"/text": _("Paste or type at least one line: a code, and how many.")})
    if len(given) > MOST_ROWS + 1:
        raise InvalidError(fields={"/text": _("At most ${most} lines at once.", mapping={"most": MOST_ROWS})})
    delimiter = next((one for one in _DELIMITERS if any(one in line for _number, line in given)), "")
    rows = [_row(number, line, delimiter, request) for number, line in given]
    if len(rows) > 1 and rows[0].problem is not None and rows[0].typed and not any(one.isdigit() for one in rows[0].typed):
        rows = rows[1:]
    return rows


def _row(number: int, line: str, delimiter: str, request: Request) -> Row:
    if delimiter and delimiter in line:
        cells = [one.strip() for one in next(csv.reader([line], delimiter=delimiter))]
    else:
        spaced = _SPACED.match(line.strip())
        cells = list(spaced.groups()) if spaced else [line.strip()]
    code, typed, note = (*cells, "", "")[:3]
    longest = fields.LONGEST_LINE_NOTE
    row = Row(number, line.strip(), code, typed, note[:longest], len(note) > longest)
    if not code:
        row.problem = _("The code is missing.")
    elif delimiter == "," and len(cells) > 2 and note.isdigit():
        row.problem = _("This can be read in two ways. Part code and quantity by a semicolon.")
    elif not typed:
        row.quantity = Decimal(1)
    else:
        try:
            row.quantity = fields.quantity().bind(request=request).deserialize(typed)
        except colander.Invalid as error:
            row.problem = error.msg if not isinstance(error.msg, list) else error.msg[0]
    return row


def resolve(db: Session, quote: Any, rows: Sequence[Row]) -> None:
    """Find each row's item by its code, of the connection that the draft is with. One query."""
    folded = {fold(row.code) for row in rows if row.problem is None}
    query = sa.select(*COLUMNS, Item.folded_code).where(Item.active, Item.folded_code.in_(folded))
    if quote.connection_id is not None and quote.line_count:
        query = query.where(Item.connection_id == quote.connection_id)
    found: dict[str, list[Any]] = {}
    for item in db.execute(query.limit(4 * MOST_ROWS)) if folded else ():
        found.setdefault(item.folded_code, []).append(item)
    for row in rows:
        if row.problem is not None:
            continue
        alike = found.get(fold(row.code), [])
        alike = [one for one in alike if one.code == row.code] or alike
        if not alike:
            row.problem = _("There is no item with this code.")
        elif len(alike) > 1:
            names = ", ".join(one.name for one in alike[:3])
            row.problem = _("Several items have this code: ${names}. Add it from the catalogue.", mapping={"names": names})
        else:
            row.item = alike[0]


def check(request: Request, quote: Any, text: str) -> Entered:
    """What would be added, and what is wrong with the rest. Nothing is written. Raises InvalidError."""
    rows = read(text, request)
    resolve(request.db, quote, rows)
    return Entered(rows)


def add(request: Request, quote: Any, text: str) -> Entered:
    """Add the rows that can be; an item that the draft has, or that is on several rows, is added up.

    Raises InvalidError, QuoteStateError, QuoteTooLargeError.
    """
    db = request.db
    draft = drafts.open_draft(db, quote.id)
    rows = read(text, request)
    resolve(db, draft, rows)
    present = {line.item_ref: line for line in drafts.lines(db, draft)}
    wanted: dict[Any, list[Row]] = {}
    for row in rows:
        if row.problem is None:
            wanted.setdefault(row.item.ref, []).append(row)
    if len(wanted.keys() | present.keys()) > drafts.MOST_LINES:
        raise QuoteTooLargeError
    held = {ref: present[ref].quantity if ref in present and present[ref].chosen else Decimal(0) for ref in wanted}
    whole = {ref: held[ref] + sum((row.quantity or 0 for row in found), Decimal(0)) for ref, found in wanted.items()}
    pairs = [pair for ref, found in wanted.items() for pair in building.with_held(found[0].item, held[ref], whole[ref])]
    answer = live.ask(request, draft.account_id, pairs, draft.currency)
    priced = []
    for ref, found in wanted.items():
        item = found[0].item
        try:
            if whole[ref] > fields.LARGEST:
                raise InvalidError(fields={"/quantity": fields.too_large()})
            price = drafts.check_usable(answer.prices.get((item.id, whole[ref])), item, answer)
        except InvalidError as error:
            for row in found:
                row.problem = next(iter(error.fields.values()), error.message)
            continue
        note = _joined(found)
        priced.append(drafts.Priced(item, whole[ref], price, answer.prices.get((item.id, held[ref])), note))
    if priced:
        drafts.put_lines(db, draft, priced)
    return Entered(rows, added=len(priced), away=bool(answer.away))


def _joined(rows: Sequence[Row]) -> str:
    """The one note of a line that several rows make, as long as it may be."""
    note = "\n".join(row.note for row in rows if row.note)
    if len(note) > fields.LONGEST_LINE_NOTE:
        rows[-1].cut = True
    return note[: fields.LONGEST_LINE_NOTE]


def item_of(db: Session, quote: Any, code: str) -> Any:
    """The one item of that code. Raises InvalidError at the field "item"."""
    row = Row(1, code, code.strip(), quantity=Decimal(1), problem=None if code.strip() else _("The code is missing."))
    resolve(db, quote, [row])
    if row.problem is not None:
        raise InvalidError(fields={"/item": row.problem})
    return row.item
