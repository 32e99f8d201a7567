"""Prices for several drafts within one request: what goes to the same company for the same customer is one question."""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyramid.request import Request

from portico.errors import DomainError
from portico_quotes import drafts, live
from portico_quotes.pricing import Answer

MOST_QUESTIONS = 3
"""In one request. It may make one more (`portico.web.outside.MOST_CALLS`), for a draft that somebody changes meanwhile."""


@dataclass
class _Question:
    account_id: uuid.UUID
    currency: str
    wanted: list[tuple[Any, Any]] = field(default_factory=list)
    pairs: set[tuple[uuid.UUID, Any]] = field(default_factory=set)


class Questions:
    """Add what each draft wants to know, always in the same order: the request runs again after each answer. Then read the
    answers, before anything is written."""

    def __init__(self, request: Request, *, strict: bool = False) -> None:
        """strict: as in `live.ask`."""
        self._request, self._strict = request, strict
        self._asked: list[_Question] = []
        self._of: dict[Hashable, _Question | None] = {}
        self._answers: dict[int, Answer | DomainError] = {}

    def add(self, key: Hashable, account_id: uuid.UUID, currency: str, wanted: Sequence[tuple[Any, Any]]) -> bool:
        """wanted: (item row, quantity) pairs of one connection. False: that would be more questions than one request asks."""
        pairs = {(item.id, quantity) for item, quantity in wanted}
        found = self._place(account_id, currency, wanted, pairs)
        self._of[key] = found
        if found is None:
            return not pairs
        new = [(item, quantity) for item, quantity in wanted if (item.id, quantity) not in found.pairs]
        found.wanted += new
        found.pairs |= pairs
        return True

    def _place(
        self, account_id: uuid.UUID, currency: str, wanted: Sequence[tuple[Any, Any]], pairs: set[tuple[uuid.UUID, Any]]
    ) -> _Question | None:
        if not wanted:
            return None
        connection_id = wanted[0][0].connection_id
        for one in self._asked:
            same = one.account_id == account_id and one.currency == currency and one.wanted[0][0].connection_id == connection_id
            if same and len(one.pairs | pairs) <= drafts.MOST_LINES:
                return one
        if len(self._asked) >= MOST_QUESTIONS:
            return None
        self._asked.append(_Question(account_id, currency))
        return self._asked[-1]

    def ask(self) -> None:
        """Ask them all. A company that does not know the customer is an answer too."""
        for one in self._asked:
            try:
                answer: Answer | DomainError = live.ask(
                    self._request, one.account_id, one.wanted, one.currency, strict=self._strict
                )
            except DomainError as error:
                answer = error
            self._answers[id(one)] = answer

    def answer(self, key: Hashable) -> Answer:
        """Raises what `live.ask` raised."""
        question = self._of[key]
        if question is None:
            return Answer({})
        found = self._answers[id(question)]
        if isinstance(found, DomainError):
            raise found
        return found
