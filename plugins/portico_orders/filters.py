"""What a reader asked the list for, read from a query string; what cannot be meant is said, not guessed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portico.errors import InvalidError
from portico.web.pagination import page_size
from portico_orders.i18n import _
from portico_orders.statuses import LOOKS, OPEN

LONGEST = 100
_NO_CUSTOMER = _("There is no such customer.")
_NO_DATE = _("Write the date like 2026-01-31.")


@dataclass(frozen=True)
class Filters:
    """status: one status, "open" for all that is under way, or "" for all. since, until: days in the
    company's zone.
    """

    search: str = ""
    status: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    account_id: uuid.UUID | None = None
    limit: int = 25
    after: str | None = None
    before: str | None = None
    errors: Mapping[str, Any] = field(default_factory=dict)

    @property
    def statuses(self) -> tuple[str, ...]:
        return OPEN if self.status == "open" else (self.status,) if self.status else ()

    @property
    def narrowed(self) -> bool:
        """Whether an empty answer may be the filter's doing."""
        return bool(self.search or self.status or self.since or self.until or self.account_id)


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

    since = value("from", dt.date.fromisoformat, _NO_DATE)
    until = value("to", dt.date.fromisoformat, _NO_DATE)
    if since and until and since > until:
        errors["to"] = _("This day is before the first one.")
    status = (params.get("status") or "").strip()
    return Filters(
        search=" ".join((params.get("q") or "").replace("\0", "").split())[:LONGEST],
        status=status if status == "open" or status in LOOKS else "",
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
        status=values.get("status") or "",
        since=since,
        until=until,
        account_id=values.get("account_id"),
        limit=values.get("limit") or 25,
        after=values.get("cursor"),
    )
