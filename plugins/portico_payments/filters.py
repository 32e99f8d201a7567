"""What a reader asked the list for, read from a query string; what cannot be meant is said, not guessed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portico.errors import InvalidError
from portico.web.pagination import page_size
from portico_payments.i18n import _
from portico_payments.states import SHOWN

LONGEST = 100
NO_DATE = _("Write the date like 2026-01-31.")
NO_CUSTOMER = _("There is no such customer.")
TURNED = _("This day is before the first one.")


@dataclass(frozen=True)
class Filters:
    """state: one of `states.SHOWN`, or "" for all. since, until: days of payment, as the company has them."""

    search: str = ""
    state: str = ""
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
        return bool(self.search or self.state or self.since or self.until or self.account_id)


class Values:
    """Reads single values of a page's address, and keeps by field what cannot be read."""

    def __init__(self, params: Mapping[str, str]) -> None:
        self._params = params
        self.errors: dict[str, Any] = {}

    def value(self, name: str, kind: Any, message: Any) -> Any:
        text = (self._params.get(name) or "").strip()
        try:
            return kind(text) if text else None
        except ValueError:
            self.errors[name] = message
            return None

    def days(self) -> tuple[dt.date | None, dt.date | None]:
        """`from` and `to`."""
        since = self.value("from", dt.date.fromisoformat, NO_DATE)
        until = self.value("to", dt.date.fromisoformat, NO_DATE)
        if since and until and since > until:
            self.errors["to"] = TURNED
        return since, until


def read(params: Mapping[str, str]) -> Filters:
    """From a page's address. A value that cannot be read is left out and explained in `errors`, by field."""
    values = Values(params)
    since, until = values.days()
    state = (params.get("state") or "").strip()
    return Filters(
        search=" ".join((params.get("q") or "").replace("\0", "").split())[:LONGEST],
        state=state if state in SHOWN else "",
        since=since,
        until=until,
        account_id=values.value("account", uuid.UUID, NO_CUSTOMER),
        limit=page_size(params.get("limit")),
        after=params.get("after") or None,
        before=params.get("before") or None,
        errors=values.errors,
    )


def checked(values: Mapping[str, Any]) -> Filters:
    """From the API's query, whose schema has checked each value. Raises InvalidError."""
    since, until = values.get("from"), values.get("to")
    if since and until and since > until:
        raise InvalidError(fields={"/to": TURNED})
    return Filters(
        search=" ".join((values.get("q") or "").replace("\0", "").split()),
        state=values.get("state") or "",
        since=since,
        until=until,
        account_id=values.get("account_id"),
        limit=values.get("limit") or 25,
        after=values.get("cursor"),
    )
