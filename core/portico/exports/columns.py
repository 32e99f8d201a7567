"""What a column of an export holds, and a table of them with its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

Kind = Literal["text", "number", "money", "day", "moment"]
"""What cells hold. text: str. number: int or Decimal. money: Decimal with the decimals of its currency, as
`portico.api.schema.money` gives it; the currency is a column of its own. day: date. moment: aware datetime, written as the
company's clock showed it. None is an empty cell in all of them."""


@dataclass(frozen=True)
class Column:
    """title: translatable. width: of its cells in a spreadsheet, in characters."""

    title: Any
    kind: Kind = "text"
    width: int = 16


@dataclass(frozen=True)
class Table:
    """titles: of the columns, in the reader's language. rows: one value a column, read once, as they come. zone: the company's.
    right_to_left: how a spreadsheet shows it."""

    title: str
    columns: Sequence[Column]
    titles: Sequence[str]
    rows: Iterable[Sequence[Any]]
    zone: ZoneInfo
    right_to_left: bool = False
