"""Several quotes at once: each by the same call as one alone, and each for itself. What cannot be done with some is said of
these, and the others go on."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from portico.errors import DomainError, ForbiddenError, InvalidError, NotFoundError
from portico_quotes import asking, building, catalogue, copying, drafts, grouping, reading, reordering, submission
from portico_quotes.errors import NotADraftError, PricesChangedError, QuoteVersionError, TooManyAtOnceError
from portico_quotes.i18n import _
from portico_quotes.permissions import EDIT, SUBMIT
from portico_quotes.pricing import Answer
from portico_quotes.states import State

MOST = 25
"""As many as a page of the list shows."""
LONGEST_WORD = 64


@dataclass(frozen=True)
class Chosen:
    """ids: without repetition. versions: of the quotes as the actor saw them, where that was said. confirmed: by which word they
    agree to changed prices, of those that they were shown."""

    ids: Sequence[uuid.UUID]
    versions: Mapping[uuid.UUID, int] = field(default_factory=dict)
    confirmed: Mapping[uuid.UUID, str] = field(default_factory=dict)

    @classmethod
    def read(cls, given: Collection[Any]) -> Chosen:
        """given: "id", "id.version" or "id.version.word" each. Raises NotFoundError: one of them is no id; InvalidError: none, or
        too many."""
        versions: dict[uuid.UUID, int] = {}
        confirmed: dict[uuid.UUID, str] = {}
        ids: dict[uuid.UUID, None] = {}
        for one in given:
            found, version, word, *_more = [*one.split(".", 2), "", ""] if isinstance(one, str) else ("", "", "")
            try:
                quote_id = uuid.UUID(found)
            except ValueError:
                raise NotFoundError from None
            ids[quote_id] = None
            if len(ids) > MOST:
                raise InvalidError(_("At most ${most} quotes at once. Choose fewer.", mapping={"most": MOST}))
            if version.isascii() and version.isdecimal() and len(version) < 10:
                versions[quote_id] = int(version)
                confirmed[quote_id] = word[:LONGEST_WORD]
        if not ids:
            raise InvalidError(_("Choose at least one quote."))
        return cls(tuple(ids), versions, confirmed)


@dataclass(frozen=True)
class Difference:
    """What became of a line's price. old None: none was named before."""

    name: str
    code: str
    quantity: Decimal
    unit: str
    old: Decimal | None
    new: Decimal | None
    difference: Decimal | None


@dataclass(frozen=True)
class Repriced:
    """A draft that would be submitted at these prices. choice: what agrees to them, as `Chosen.read` reads it."""

    quote: Any
    differences: tuple[Difference, ...]
    old_gross: Decimal
    gross: Decimal
    choice: str

    @classmethod
    def of(cls, quote: Any, comparison: submission.Comparison) -> Repriced:
        """As it is before anything is rolled back, which would have each line read again."""
        found = tuple(
            Difference(one.line.name, one.line.code, one.line.quantity, one.line.unit, one.old, one.new, one.difference)
            for one in comparison.changes
        )
        return cls(quote, found, comparison.old_gross, comparison.gross, comparison.confirmation)


@dataclass
class Result:
    """done: what it was done with (quotes as they were before, or drafts that were made). left: (quote, why not) of the others.
    repriced: those that wait for agreement to changed prices. gone: how many of those chosen are not there any more. absence: why
    what a company says was not to be had for one of them ("": it was, see `Answer.absence`)."""

    done: list[Any] = field(default_factory=list)
    left: list[tuple[Any, Any]] = field(default_factory=list)
    repriced: list[Repriced] = field(default_factory=list)
    gone: int = 0
    absence: str = ""

    def heard(self, answer: Answer) -> Answer:
        self.absence = self.absence or answer.absence
        return answer

    @contextmanager
    def trying(self, quote: Any) -> Iterator[None]:
        """What is refused is kept as the quote's own; everything else ends it all."""
        try:
            yield
        except QuoteVersionError:
            self.left.append((quote, _("This draft was changed since you saw it. Look at it first.")))
        except DomainError as error:
            self.left.append((quote, next(iter(error.fields.values()), error.message)))


def _found(request: Request, chosen: Chosen) -> tuple[list[Any], Result]:
    """Raises NotFoundError: none of them is there."""
    quotes = reading.several(request.db, chosen.ids)
    if not quotes:
        raise NotFoundError
    return quotes, Result(gone=len(chosen.ids) - len(quotes))


def _check_may(request: Request, permission: str, quote: Any) -> None:
    """A person may be more in one of their organisations than in another."""
    if not request.scope.has(permission, quote.account_id):
        raise ForbiddenError


def _each(request: Request, chosen: Chosen, permission: str, change: Callable[[Any], None]) -> Result:
    """`change` each of the drafts, under its lock."""
    quotes, result = _found(request, chosen)
    for quote in quotes:
        with result.trying(quote), request.db.begin_nested():
            _check_may(request, permission, quote)
            if quote.state != State.DRAFT:
                raise NotADraftError
            change(drafts.open_draft(request.db, quote.id))
            result.done.append(quote)
    return result


def discard(request: Request, chosen: Chosen) -> Result:
    """Drafts alone. They are among the hidden ones then, and `restore` brings them back."""
    return _each(request, chosen, EDIT, lambda draft: drafts.hide(request.db, draft))


def restore(request: Request, chosen: Chosen) -> Result:
    return _each(request, chosen, EDIT, lambda draft: drafts.unhide(request.db, draft))


def duplicate(request: Request, chosen: Chosen) -> Result:
    """Each as a new draft at today's prices; `done` holds (draft, `reordering.Started`)."""
    db = request.db
    quotes, result = _found(request, chosen)
    questions, plans = asking.Questions(request), {}
    for quote in quotes:
        with result.trying(quote):
            _check_may(request, EDIT, quote)
            plan = reordering.plan(db, copying.basis(db, quote))
            if not questions.add(quote.id, quote.account_id, request.tenant.currency, plan.wanted):
                raise TooManyAtOnceError
            plans[quote.id] = (quote, plan)
    questions.ask()
    for quote, plan in plans.values():
        with result.trying(quote), db.begin_nested():
            answer = result.heard(questions.answer(quote.id))
            result.done.append((quote, copying.write(db, quote, plan, answer)))
    return result


def submit(request: Request, chosen: Chosen) -> Result:
    """Each exactly as `building.submit` hands over one: prices are read again, and drafts whose prices changed stay until the
    actor agrees, to all of them at once if they like. What is submitted already counts as done."""
    db = request.db
    quotes, result = _found(request, chosen)
    questions, ready = asking.Questions(request, strict=True), []
    for quote in quotes:
        with result.trying(quote):
            _check_may(request, SUBMIT, quote)
            if quote.state == State.SUBMITTED:
                result.done.append(quote)
                continue
            ids, wanted = _to_ask(db, quote, chosen.versions.get(quote.id))
            if not questions.add(quote.id, quote.account_id, quote.currency, wanted):
                raise TooManyAtOnceError
            ready.append((quote, ids))
    questions.ask()
    for quote, ids in ready:
        with result.trying(quote):
            answer = result.heard(questions.answer(quote.id))
            repriced = _submit(request, quote, answer, ids, chosen)
            (result.done if repriced is None else result.repriced).append(repriced or quote)
    result.repriced = _as_kept(db, result.repriced)
    return result


def _as_kept(db: Any, repriced: list[Repriced]) -> list[Repriced]:
    """With the versions of the drafts by now: what the company said was kept in them."""
    now_ = {one.id: one for one in reading.several(db, [one.quote.id for one in repriced])}
    return [
        replace(one, quote=now_[one.quote.id], choice=f"{one.quote.id}.{now_[one.quote.id].version}.{one.choice}")
        for one in repriced
        if one.quote.id in now_
    ]


def _to_ask(db: Any, quote: Any, version: int | None) -> tuple[dict[str, uuid.UUID], list[tuple[Any, Any]]]:
    """Item ref → our item, and what to ask. Raises what `building.submit` raises before it asks."""
    if quote.state != State.DRAFT:
        raise NotADraftError
    building.check_open(quote, version)
    present = grouping.counted(reading.rows(db, quote))
    submission.check_ready(db, quote, present)
    items = catalogue.items_by_ref(db, quote.connection_id, [line.item_ref for line in present])
    ids = {ref: item.id for ref, item in items.items()}
    return ids, [(items[line.item_ref], line.quantity) for line in present if line.item_ref in items]


def _submit(request: Request, quote: Any, answer: Answer, ids: dict[str, uuid.UUID], chosen: Chosen) -> Repriced | None:
    """None: it is submitted. Raises PricesChangedError: something of it is not sold any more, which nobody can agree to."""
    named, version, word = None if answer.away else answer, chosen.versions.get(quote.id), chosen.confirmed.get(quote.id, "")
    found = None
    try:
        with request.db.begin_nested():
            try:
                submission.submit(request.db, quote, named, ids, version=version, confirmed=word)
            except PricesChangedError as error:
                found = Repriced.of(quote, error.comparison)
                raise
    except PricesChangedError as error:
        building.remember(request, quote, answer, ids)
        if error.comparison.blocked:
            raise
    return found
