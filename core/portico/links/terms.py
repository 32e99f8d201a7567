"""How a plugin says that the mail of a notice carries a link: plain values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class LinkTerms:
    """On what terms a link from a mail opens a record: the record's type and whose it is, the version that it is about, and until
    when it is good (UTC). acts: something can be done there besides looking."""

    subject_type: str
    account_id: UUID
    site_id: UUID | None
    author_id: UUID | None
    version: int
    expires_at: dt.datetime
    acts: bool = False


@dataclass(frozen=True)
class MailLink:
    """That a notice's mail leads to a page that opens without signing in, for its reader alone (see Mails).

    purpose: what the link is good for, "quotes.answer". route: a public page without parts in its path; it gets the secret as
    `token` and opens it with `portico.links.opening`. find(db, id of the event's subject) → LinkTerms, or None: no link.
    """

    purpose: str
    route: str
    find: Callable[[Any, UUID], LinkTerms | None]
