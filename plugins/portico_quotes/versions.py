"""Keeps what a quote said each time it went over, and puts two of these, or two quotes, side by side."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.types import new_id, now
from portico.errors import NotFoundError
from portico_quotes.grouping import SECTION
from portico_quotes.models import Quote, Version
from portico_quotes.repricing import asked
from portico_quotes.totals import line_total

MOST = 200
"""Versions of one quote that a page shows, the newest."""

_SAID = ("currency", "net", "tax", "gross", "valid_until", "reason", "delivery_address", "wanted_on")

Kind = Literal["same", "changed", "renamed", "added", "removed"]
_OF_LINE = ("code", "name", "unit", "quantity", "price", "tax_rate", "note", "optional", "chosen")


@dataclass(frozen=True)
class Position:
    """A line as it was, or a section. price: of one, before tax; None: not named. kind: `grouping.SECTION`, or "" of a line;
    a section's note is its text. optional, chosen: as `models.Line` says. section: title of its own, None before the first;
    known where the whole was read (`in_sections`), as the rows around it say it."""

    ref: str
    code: str
    name: str
    unit: str
    quantity: Decimal
    price: Decimal | None
    tax_rate: Decimal
    note: str
    kind: str = ""
    optional: bool = False
    chosen: bool = True
    section: str | None = None

    @classmethod
    def of(cls, line: Any) -> Position:
        price, rate = asked(line)
        if line.kind == SECTION:  # it has nothing else that names it
            return cls(section_ref(line.name), "", line.name, "", line.quantity, None, rate, line.note, SECTION)
        values = (line.item_ref, line.code, line.name, line.unit, line.quantity, price, rate, line.note)
        return cls(*values, optional=line.optional, chosen=line.chosen)

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Position:
        price = stored["price"]
        exact = {name: Decimal(stored[name]) for name in ("quantity", "tax_rate")}
        return cls(**{**stored, **exact, "price": None if price is None else Decimal(price)})

    def stored(self) -> dict[str, Any]:
        said = {name: value for name, value in vars(self).items() if name != "section"}
        return {name: str(value) if isinstance(value, Decimal) else value for name, value in said.items()}

    def total(self, currency: str) -> Decimal | None:
        return None if self.price is None else line_total(self.quantity, self.price, currency)


@dataclass(frozen=True)
class Pair:
    """The same line on both sides; None: it is not there. moved: both have it, in sections that are not the same one."""

    before: Position | None
    after: Position | None
    moved: bool = False

    @property
    def kind(self) -> Kind:
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        if self.after.kind == SECTION and self.before.name != self.after.name:
            return "renamed"
        return "changed" if self.moved or any(map(self.differs, _OF_LINE)) else "same"

    def differs(self, name: str) -> bool:
        """Whether both sides have the line and this of it is another."""
        return None not in (self.before, self.after) and getattr(self.before, name) != getattr(self.after, name)


def pairs(before: Sequence[Position], after: Sequence[Position]) -> list[Pair]:
    """Lines of the same item belong together, the first with the first; in the order of `after`, where those that are
    not there any more stand behind the line that they followed. A section that has another title is the same one.
    """
    titles = renamed(before, after)
    waiting: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(before):
        waiting[_known_by(one, titles)].append(place)
    found: list[tuple[int, int, Pair]] = []
    ranks: dict[int, int] = {}
    for rank, one in enumerate(after):
        own = waiting[one.ref].pop(0) if waiting[one.ref] else None
        if own is not None:
            ranks[own] = rank
        found.append((rank, 0, _pair(None if own is None else before[own], one, titles)))
    behind = -1
    for place, one in enumerate(before):
        behind = ranks.get(place, behind)
        if place not in ranks:
            found.append((behind, place + 1, Pair(one, None)))
    return [pair for _rank, _place, pair in sorted(found, key=lambda entry: entry[:2])]


def renamed(before: Sequence[Position], after: Sequence[Position]) -> dict[str, str]:
    """Title of a section that is not there any more → that of the new one in which most of its lines are."""
    former, later = _by_title(before), _by_title(after)
    gone = {title: refs for title, refs in former.items() if title not in later}
    new = {title: refs for title, refs in later.items() if title not in former}
    found: dict[str, str] = {}
    shared = {(was, now_is): (gone[was] & new[now_is]).total() for was in gone for now_is in new}
    for (was, now_is), count in sorted(shared.items(), key=lambda entry: -entry[1]):
        if 2 * count > gone[was].total() and was not in found and now_is not in found.values():
            found[was] = now_is
    return found


def _by_title(rows: Iterable[Position]) -> dict[str, Counter[str]]:
    """Title of each section → its lines."""
    found: dict[str, Counter[str]] = {}
    here: Counter[str] = Counter()
    for one in rows:
        if one.kind == SECTION:
            here = found.setdefault(one.name, Counter())
        else:
            here[one.ref] += 1
    return found


def _known_by(one: Position, titles: Mapping[str, str]) -> str:
    return section_ref(titles.get(one.name, one.name)) if one.kind == SECTION else one.ref


def _pair(before: Position | None, after: Position, titles: Mapping[str, str]) -> Pair:
    if before is None or before.section is None:
        return Pair(before, after, before is not None and after.section is not None)
    return Pair(before, after, titles.get(before.section, before.section) != after.section)


def section_ref(title: str) -> str:
    return f"{SECTION}:{title}"


def in_sections(rows: Iterable[Position]) -> tuple[Position, ...]:
    """Each line with the title of its section: what moved to another one is not the same."""
    found, title = [], None
    for one in rows:
        if one.kind == SECTION:
            title = one.name
            found.append(one)
        else:
            found.append(replace(one, section=title))
    return tuple(found)


def placed(lines: Iterable[Position]) -> list[tuple[Position, str | None]]:
    """The lines without the sections, each with the title of its own; None: it stands before the first."""
    return [(one, one.section) for one in in_sections(lines) if one.kind != SECTION]


def keep(db: Session, quote: Quote, lines: Iterable[Any], *, offered: bool, **values: Any) -> None:
    """The quote as it is now, whose row this transaction has locked. values: what of it is another by now (gross, …)."""
    highest = sa.select(sa.func.coalesce(sa.func.max(Version.number), 0) + 1).where(
        Version.account_id == quote.account_id, Version.quote_id == quote.id
    )
    scope = db.info["scope"]
    said = {name: getattr(quote, name) for name in _SAID}
    db.execute(
        sa.insert(Version).values(
            tenant_id=scope.tenant.id,
            id=new_id(),
            account_id=quote.account_id,
            quote_id=quote.id,
            number=highest.scalar_subquery(),
            offered=offered,
            actor="" if offered else scope.user_name,
            made_at=now(),
            lines=[Position.of(line).stored() for line in lines],
            **{**said, **values},
        )
    )


def has_any(db: Session, quote: Quote) -> bool:
    wanted = sa.exists().where(Version.account_id == quote.account_id, Version.quote_id == quote.id)
    return bool(db.scalar(sa.select(wanted)))


@dataclass(frozen=True)
class Side:
    """One of two that are compared. title: of a quote its number; of a version nothing. number: of a version."""

    lines: tuple[Position, ...]
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    valid_until: dt.date | None
    reason: str
    at: dt.datetime
    number: int = 0
    offered: bool = False
    actor: str = ""
    delivery_address: dict[str, Any] | None = None
    wanted_on: dt.date | None = None
    title: str = ""


def of(db: Session, account_id: uuid.UUID, quote_id: uuid.UUID) -> list[Side]:
    """The quote's versions, oldest first, at most MOST. One query."""
    columns = [getattr(Version, name) for name in (
        "lines", "currency", "net", "tax", "gross", "valid_until", "reason", "made_at", "number", "offered", "actor",
        "delivery_address", "wanted_on")]
    newest = db.execute(
        sa.select(*columns)
        .where(Version.account_id == account_id, Version.quote_id == quote_id)
        .order_by(Version.number.desc())
        .limit(MOST)
    )
    return [Side(in_sections(Position.read(line) for line in row.lines), *row[1:]) for row in reversed(newest.all())]


def as_it_is(quote: Any, lines: Iterable[Any]) -> Side:
    """A quote itself as a side."""
    return Side(
        in_sections(Position.of(line) for line in lines),
        quote.currency,
        quote.net,
        quote.tax,
        quote.gross,
        quote.valid_until,
        quote.reason,
        quote.moved_at,
        delivery_address=quote.delivery_address,
        wanted_on=quote.wanted_on,
        title=quote.number or "",
    )


def chosen(found: Sequence[Side], first: int | None, second: int | None) -> tuple[Side, Side]:
    """Two versions by number, the older first; without numbers the last two. Raises NotFoundError."""
    by_number = {one.number: one for one in found}
    if first is None or second is None:
        first, second = found[-2].number, found[-1].number
    try:
        return by_number[min(first, second)], by_number[max(first, second)]
    except KeyError:
        raise NotFoundError from None
