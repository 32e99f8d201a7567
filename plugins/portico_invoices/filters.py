"""What a reader asked the list for, read from a query string; what cannot be meant is said, not guessed."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portico.errors import InvalidError
from portico.web.pagination import page_size
from portico_erp.values import InvoiceKind
from portico_invoices.i18n import _
from portico_invoices.states import LOOKS

LONGEST = 100
KINDS = tuple(one.value for one in InvoiceKind)
STATES = ("unpaid", *LOOKS)
"""What the list can be narrowed to: all of which something is open, or one state."""
_NO_CUSTOMER = _("There is no such customer.")
_NO_DATE = _("Write the date like 2026-01-31.")
_THOUSANDS = re.compile(r"[0-9]{1,3}([.,' \u00a0\u202f])[0-9]{3}(?:\1[0-9]{3})*(?:[.,][0-9]{1,2})?")
_PLAIN = re.compile(r"[0-9]+[.,][0-9]{1,2}")


@dataclass(frozen=True)
class Filters:
    """state: one of STATES, or "" for all. kind: one of KINDS, or "". since, until: days of issue."""

    search: str = ""
    state: str = ""
    kind: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    account_id: uuid.UUID | None = None
    limit: int = 25
    after: str | None = None
    before: str | None = None
    errors: Mapping[str, Any] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        """Whether an empty answer may be the filter's doing."""
        return bool(self.search or self.state or self.kind or self.since or self.until or self.account_id)


def read(params: Mapping[str, str]) -> Filters:
    """From a page's address. A value that cannot be read is left out and explained in `errors`, by field."""
    errors: dict[str, Any] = {}

    def value(name: str, kind: Any, message: Any) -> Any:
        text = (params.get(name) or "").strip()
        try:
            return kind(text) if text else None
        except ValueError:
            errors[name] = message
            return None

    def choice(name: str, known: tuple[str, ...]) -> str:
        text = (params.get(name) or "").strip()
        return text if text in known else ""

    since = value("from", dt.date.fromisoformat, _NO_DATE)
    until = value("to", dt.date.fromisoformat, _NO_DATE)
    if since and until and since > until:
        errors["to"] = _("This day is before the first one.")
    return Filters(
        search=" ".join((params.get("q") or "").replace("\0", "").split())[:LONGEST],
        state=choice("state", STATES),
        kind=choice("kind", KINDS),
        since=since,
        until=until,
        account_id=value("account", uuid.UUID, _NO_CUSTOMER),
        limit=page_size(params.get("limit")),
        after=params.get("after") or None,
        before=params.get("before") or None,
        errors=errors,
    )


def checked(values: Mapping[str, Any]) -> Filters:
    """From the API's query, whose schema has checked each value. Raises InvalidError."""
    since, until = values.get("from"), values.get("to")
    if since and until and since > until:
        raise InvalidError(fields={"/to": _("This day is before the first one.")})
    return Filters(
        search=" ".join((values.get("q") or "").replace("\0", "").split()),
        state=values.get("state") or "",
        kind=values.get("kind") or "",
        since=since,
        until=until,
        account_id=values.get("account_id"),
        limit=values.get("limit") or 25,
        after=values.get("cursor"),
    )


def typed(search: str) -> str:
    """As `rows.search_text` writes it: lower case, and an amount with a point and nothing between thousands, however it was
    typed ("1,234.5", "1.234,50" and "1 234,50" find 1234.50). Anything else stays a number of a document.
    """
    text = search.lower()
    if not (_THOUSANDS.fullmatch(text) or _PLAIN.fullmatch(text)):
        return text
    decimals = re.search(r"[.,]([0-9]{1,2})$", text)
    whole = re.sub(r"[^0-9]", "", text[: decimals.start()] if decimals else text)
    return f"{whole}.{decimals[1]}" if decimals else whole
