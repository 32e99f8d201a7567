"""Rows of a query of any length, a few at a time: PostgreSQL keeps the rest (a cursor of the server's own)."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.errors import InvalidError
from portico.web.i18n import _

MOST_ROWS = 100_000
AT_ONCE = 500


class ExportTooLargeError(InvalidError):
    """Half a list would pass for a whole one."""

    code = "export-too-large"
    message = _("This would be more than 100,000 rows. Choose fewer days, or search for less.")
    remedy = _("An export holds at most 100,000 rows. Narrow the list by its filters, and export it in parts.")


def rows(db: Session, query: sa.Select[Any], values: Mapping[str, Any]) -> Generator[Any, None, None]:
    """All rows of the query, as it would give them to the session's reader; its cursor is closed with the generator.

    Raises ExportTooLargeError past MOST_ROWS.
    """
    found = db.execute(query.limit(MOST_ROWS + 1), dict(values), execution_options={"yield_per": AT_ONCE})
    with closing(found):
        for number, row in enumerate(found, 1):
            if number > MOST_ROWS:
                raise ExportTooLargeError()
            yield row
