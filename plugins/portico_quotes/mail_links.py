"""Links in mails of offers: when there are any, until when they are good, and the answer that is given by one."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.types import now
from portico.links import service as links
from portico.links.errors import CHANGED, OFF, LinkClosedError
from portico.links.opening import Opened
from portico.links.terms import LinkTerms, MailLink
from portico.tenancy.tenant import Tenant
from portico_quotes import decisions, reading
from portico_quotes.errors import LinkShowsOnlyError
from portico_quotes.locking import lock
from portico_quotes.models import Quote
from portico_quotes.states import OFFERED
from portico_quotes.validity import is_past

PURPOSE, TYPE = "quotes.answer", "quote"
PERMISSIONS = frozenset({"quotes:view", "quotes:decide"})
PLUGIN, NEVER, SHOW, ANSWER = "portico_quotes", "never", "show", "answer"
DAYS, MOST_DAYS = 14, 90
_COLUMNS = (Quote.account_id, Quote.site_id, Quote.author_id, Quote.version, Quote.state, Quote.valid_until)


def mode(tenant: Tenant) -> str:
    """NEVER, SHOW or ANSWER; a value that is not allowed is the default."""
    given = (tenant.plugin_settings.get(PLUGIN) or {}).get("mail_links")
    return given if given in (NEVER, SHOW, ANSWER) else SHOW


def days(tenant: Tenant) -> int:
    given = (tenant.plugin_settings.get(PLUGIN) or {}).get("mail_link_days")
    return given if type(given) is int and 1 <= given <= MOST_DAYS else DAYS


def terms(db: Session, quote_id: uuid.UUID) -> LinkTerms | None:
    """Of an offer that waits for its answer; None: its mail has no link."""
    tenant = db.info["scope"].tenant
    quote = db.execute(sa.select(*_COLUMNS).where(Quote.id == quote_id)).one_or_none()
    if mode(tenant) == NEVER or quote is None or quote.state not in OFFERED or is_past(db, quote.valid_until):
        return None
    expires_at = now() + dt.timedelta(days=days(tenant))
    if quote.valid_until is not None:
        ends = dt.datetime.combine(quote.valid_until + dt.timedelta(days=1), dt.time(), tenant.zone)
        expires_at = min(expires_at, ends.astimezone(dt.UTC))
    whose = (quote.account_id, quote.site_id, quote.author_id)
    return LinkTerms(TYPE, *whose, quote.version, expires_at, acts=mode(tenant) == ANSWER)


LINK = MailLink(PURPOSE, "quotes.by_link", terms)


def shown(db: Session, link: Opened) -> Any:
    """The quote of a link that was opened, in the version that it is about. Raises LinkClosedError."""
    if mode(db.info["scope"].tenant) == NEVER:
        raise LinkClosedError(OFF, link.subject_id)
    quote = reading.one(db, link.subject_id)
    if quote.version != link.version:
        raise LinkClosedError(CHANGED, link.subject_id)
    return quote


def may_answer(db: Session, link: Opened, quote: Any) -> bool:
    """Whether the link is good for an answer, too; else its holder signs in for that."""
    scope = db.info["scope"]
    return mode(scope.tenant) == ANSWER and not link.strict and scope.has("quotes:decide", quote.account_id)


def answer(db: Session, link: Opened, given: str, *, seen: int, reason: str = "", po_number: str | None = None) -> None:
    """given: "accept" or "decline". By the rules of an answer that is given behind the sign-in, and once.

    Raises LinkClosedError, LinkShowsOnlyError, and what `decisions.decide` raises.
    """
    links.use(db, link.id)
    lock(db, link.subject_id)
    quote = shown(db, link)
    if not may_answer(db, link, quote):
        raise LinkShowsOnlyError()
    decisions.decide(db, quote, given, seen=seen, reason=reason, po_number=po_number)
