"""How a quote's rows hang together: lines, sections (each the heading of the lines below it, up to the next one), and options:
lines that the customer may take or leave. A line that is left is in no sum, and the company is not sent it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portico.web.i18n import translate
from portico_erp.currencies import smallest_unit
from portico_quotes.errors import QuoteTooLargeError
from portico_quotes.i18n import _
from portico_quotes.repricing import asked, summed
from portico_quotes.totals import line_total, total

SECTION = "section"
"""`Line.kind` of a row that is a heading: `name` is its title, `note` the text below that; it has no item and no price."""
MOST_SECTIONS = 25
LONGEST_TITLE, LONGEST_TEXT = 100, 400
FURTHER = _("Further lines")
"""Title of a section without one: what the company added to a quote behind its sections."""


@dataclass(frozen=True)
class Heading:
    """A section to be written. before: how many lines stand before it."""

    title: str
    text: str
    before: int


@dataclass
class Group:
    """A section with its lines; heading None: the lines before the first one. subtotal: of those that count, before tax."""

    heading: Any
    lines: list[Any] = field(default_factory=list)
    subtotal: Decimal = Decimal(0)


def check_room(rows: Sequence[Any]) -> None:
    """Raises QuoteTooLargeError: no section more."""
    if len(rows) - len(lines(rows)) >= MOST_SECTIONS:
        said = _("At most ${most} sections in a quote.", mapping={"most": MOST_SECTIONS})
        raise QuoteTooLargeError(said, fields={"/title": said})


def lines(rows: Iterable[Any]) -> list[Any]:
    """Without the sections."""
    return [row for row in rows if row.kind != SECTION]


def counted(rows: Iterable[Any]) -> list[Any]:
    """The lines that are in the sums: all but the options that are left."""
    return [row for row in lines(rows) if row.chosen]


def left(rows: Iterable[Any]) -> list[Any]:
    """The options that are not taken."""
    return [row for row in lines(rows) if not row.chosen]


def binding(rows: Sequence[Any]) -> list[Any]:
    """What is agreed about: the lines that count, and the sections that hold one of them."""
    return [row for group in groups(rows) for row in _of(group)]


def _of(group: Group) -> list[Any]:
    kept = counted(group.lines)
    return [*([group.heading] if group.heading is not None else []), *kept] if kept else []


def groups(rows: Iterable[Any], currency: str | None = None) -> list[Group]:
    """In order; subtotals only with a currency. The first has no heading, and may have no lines."""
    found = [Group(None)]
    for row in rows:
        if row.kind == SECTION:
            found.append(Group(row))
        else:
            found[-1].lines.append(row)
    if currency is not None:
        for group in found:
            group.subtotal = _subtotal(group.lines, currency)
    return found


def _subtotal(rows: Sequence[Any], currency: str) -> Decimal:
    prices = ((line.quantity, asked(line)[0]) for line in counted(rows))
    sums = (line_total(quantity, price, currency) for quantity, price in prices if price is not None)
    return sum(sums, Decimal(0)).quantize(smallest_unit(currency))


def subtotals(rows: Iterable[Any], currency: str) -> dict[Any, Decimal]:
    """id of each section → the sum of its lines that count, before tax. All sections' and that of the lines before them are
    together what the quote costs before tax."""
    return {group.heading.id: group.subtotal for group in groups(rows, currency) if group.heading is not None}


@dataclass(frozen=True)
class _Taken:
    """An option as if it were taken."""

    line: Any
    chosen: bool = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.line, name)


def addition(rows: Sequence[Any], currency: str) -> Decimal | None:
    """What all options that are left would add to the total, tax included; None: there are none."""
    if not left(rows):
        return None
    everything = total(summed([_Taken(line) for line in lines(rows)]), currency)
    return everything.gross - total(summed(counted(rows)), currency).gross


def title(section: Any) -> Any:
    return section.name or FURTHER


def headings(rows: Iterable[Any]) -> list[Heading]:
    found, before = [], 0
    for row in rows:
        if row.kind == SECTION:
            found.append(Heading(row.name, row.note, before))
        else:
            before += 1
    return found


def in_words(rows: Sequence[Any], language: str) -> str:
    """The sections for who reads a note at the company, whose system may know none: which lines each holds, by number as the
    company gets them, and its text. "" without sections."""
    parts, number = [], 0
    for group in groups(binding(rows)):
        first, number = number + 1, number + len(group.lines)
        if group.heading is None:
            continue
        named = {"title": translate(language, title(group.heading)), "first": first, "last": number}
        of_one, of_many = _("${title} (line ${first})", mapping=named), _("${title} (lines ${first} to ${last})", mapping=named)
        line = translate(language, of_one if first == number else of_many)
        parts.append("\n".join(one for one in (line, group.heading.note) if one))
    return "\n".join([translate(language, _("Sections:")), *parts]) if parts else ""


def regrouped(rows: Sequence[Any], refs: Sequence[str]) -> dict[int, Any]:
    """Where the sections belong among the lines that the company made of them: place in `refs` (items) → section, None for a
    further one without a title. Empty where the company ordered the lines so that no section holds together any more.
    """
    found = groups(binding(rows))
    of = {line.item_ref: number for number, group in enumerate(found) for line in group.lines}
    known = [of.get(ref) for ref in refs]
    wanted = [number for number in known if number is not None]
    if wanted != sorted(wanted):
        return {}
    places: dict[int, Any] = {}
    here: int | None = 0  # the group that a line here stands in; None: in a further one
    for place, number in enumerate(known):
        if number is None:
            ahead = next((one for one in known[place:] if one is not None), None)
            number = here if here == 0 or ahead == here else None
        if number != here:
            places[place] = None if number is None else found[number].heading
            here = number
    return places


def with_left(offered: Sequence[Any], before: Sequence[Any]) -> list[Any]:
    """The company's rows, and the options that stay left: each behind the rows of its own section, whose heading stays with it.
    What the company put into its offer is left no more. Where it tore the sections apart, they stand behind everything.

    before: the quote's rows so far. What is binding in `offered` is so in the answer, in the same order.
    """
    refs = {one.item_ref for one in lines(offered)}
    behind = {id(one) for one in offered if one.kind == SECTION}
    here, found = groups(offered), []
    told = [(group, [one for one in left(group.lines) if one.item_ref not in refs]) for group in groups(before)]
    if any(_torn(group, refs, behind) for group, _left in told):
        return [*offered, *(one for _group, some in told for one in some)]
    place = 0
    for group, some in told:
        place = next((at for at, one in enumerate(here) if one.heading is group.heading), place)
        if not some:
            continue
        if here[place].heading is not group.heading:
            place += 1
            here.insert(place, Group(group.heading))
        here[place].lines.extend(some)
    for group in here:
        found += [*([] if group.heading is None else [group.heading]), *group.lines]
    return found


def _torn(group: Group, refs: Collection[str], headings: Collection[int]) -> bool:
    """Whether lines of the section are in the offer, and its heading is not."""
    if group.heading is None or id(group.heading) in headings:
        return False
    return any(one.item_ref in refs for one in counted(group.lines))
