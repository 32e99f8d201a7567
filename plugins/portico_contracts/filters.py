"""What a reader asked the list for, read from a query string; what cannot be meant is said, not guessed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portico.web.pagination import page_size
from portico_contracts.i18n import _
from portico_contracts.statuses import DRAFT, GROUPS, LOOKS

LONGEST = 100


@dataclass(frozen=True)
class Filters:
    """state: one of LOOKS or GROUPS, or "" for all."""

    search: str = ""
    state: str = ""
    account_id: uuid.UUID | None = None
    limit: int = 25
    after: str | None = None
    before: str | None = None
    errors: Mapping[str, Any] = field(default_factory=dict)

    @property
    def states(self) -> tuple[str, ...]:
        return GROUPS.get(self.state, (self.state,) if self.state else ())

    @property
    def narrowed(self) -> bool:
        """Whether an empty answer may be the filter's doing."""
        return bool(self.search or self.state or self.account_id)


STATES = (*GROUPS, *(state for state in LOOKS if state != DRAFT))


def read(params: Mapping[str, str]) -> Filters:
    """From a page's address. A value that cannot be read is left out and explained in `errors`, by field."""
    errors: dict[str, Any] = {}
    account, text = None, (params.get("account") or "").strip()
    try:
        account = uuid.UUID(text) if text else None
    except ValueError:
        errors["account"] = _("There is no such customer.")
    state = (params.get("state") or "").strip()
    return Filters(
        search=" ".join((params.get("q") or "").replace("\0", "").split())[:LONGEST],
        state=state if state in STATES else "",
        account_id=account,
        limit=page_size(params.get("limit")),
        after=params.get("after") or None,
        before=params.get("before") or None,
        errors=errors,
    )


def checked(values: Mapping[str, Any]) -> Filters:
    """From the API's query, whose schema has checked each value."""
    return Filters(
        search=" ".join((values.get("q") or "").replace("\0", "").split()),
        state=values.get("state") or "",
        account_id=values.get("account_id"),
        limit=values.get("limit") or 25,
        after=values.get("cursor"),
    )
