"""What a sync reads: pages of records with a cursor, and the records that could not be taken over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """One record of the ERP that could not be taken over. `payload` is what was read, for the people who mend
    it.
    """

    ref: str
    code: str
    message: str
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of an entity's records, oldest change first.

    `cursor`: opaque; pass it to the next call, in this run or a later one. `more`: False when nothing is left
    for now. A record may come again (readers overlap on purpose): whoever applies it goes by `ref`.
    """

    items: Sequence[T]
    cursor: str
    more: bool = False
    problems: Sequence[Problem] = ()
