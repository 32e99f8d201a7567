"""A former version of a quote as a PDF: what stood in it then, and that it binds nobody by now."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.errors import NotFoundError
from portico.pluginhost.values import Document, DocumentKind
from portico.web.i18n import Localiser
from portico_quotes import destinations, documents, reading, versions
from portico_quotes.i18n import _
from portico_quotes.models import Version
from portico_quotes.versions import Position, Side

KIND = "quotes.version"


@dataclass(frozen=True)
class Former:
    """quote: as `reading.one` gives it. newest: the number of its last version."""

    quote: Any
    side: Side
    newest: int

    @property
    def id(self) -> UUID:
        """The quote's: the trail notes there who took the paper."""
        found: UUID = self.quote.id
        return found


def kinds() -> list[DocumentKind]:
    return [DocumentKind(KIND, "quote", _find, make)]


def of(db: Session, quote: Any, number: int) -> Former:
    """Raises NotFoundError: also for the last version, whose paper is the quote's own."""
    found = versions.of(db, quote.account_id, quote.id)
    side = next((one for one in found[:-1] if one.number == number), None)
    if side is None:
        raise NotFoundError
    return Former(quote, side, found[-1].number)


def read_number(text: str) -> int:
    """As an address names a version. Raises NotFoundError for what is no number of one."""
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise NotFoundError
    return int(text)


def _find(db: Session, version_id: UUID) -> Any:
    row = db.execute(sa.select(Version.quote_id, Version.number).where(Version.id == version_id)).one_or_none()
    try:
        return None if row is None else of(db, reading.one(db, row.quote_id), row.number)
    except NotFoundError:
        return None


def make(db: Session, former: Former, speaker: Localiser) -> Document:
    quote, side, say = former.quote, former.side, speaker.translate
    day = speaker.date(side.at)
    content = {
        "mark": say(_("Former version")),
        "warning": say(_("So the quote stood on ${day}. It was replaced since, and binds nobody.", mapping={"day": day})),
        "facts": _facts(former, speaker),
        "note": side.reason,
    }
    content |= documents.body(quote, side, [_row(place, one) for place, one in enumerate(side.lines)], speaker)
    mapping = {"number": quote.number or "", "version": side.number}
    title = _("Quote ${number}, version ${version}", mapping=mapping)
    if not quote.number:
        title = _("Quote, version ${version}", mapping=mapping)
    return Document(documents.TEMPLATE, title, side.at, content)


def _row(place: int, one: Position) -> Any:
    """As a row of a quote reads, which names the price by itself. id: its place."""
    return SimpleNamespace(**vars(one), id=place, unit_price=one.price, offered_price=None, offered_tax_rate=None)


def _facts(former: Former, speaker: Localiser) -> list[tuple[str, str]]:
    side, say = former.side, speaker.translate
    which = _("${number} of ${newest}", mapping={"number": side.number, "newest": former.newest})
    return [
        (say(_("Date")), speaker.date(side.at)),
        (say(_("Version")), say(which)),
        (say(_("Status")), say(_("offered by the company") if side.offered else _("asked"))),
        (say(_("Valid until")), speaker.date(side.valid_until) if side.valid_until else ""),
        (say(_("Order number")), former.quote.po_number),
        (say(_("Delivery address")), ", ".join(destinations.lines(side.delivery_address, speaker.locale))),
        (say(_("Wanted on")), speaker.date(side.wanted_on) if side.wanted_on else ""),
        (say(_("Written by")), side.actor),
    ]
