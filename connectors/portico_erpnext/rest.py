"""The wire: Frappe's REST interface, and its refusals as the contract's three errors.

Lists are asked for by POST (`frappe.client.get_list`): the names of the records whose parts are wanted would not fit an address.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portico.connections.http import GuardedHttp, HttpAnswer
from portico_erp import deadline
from portico_erp.connector import Egress
from portico_erp.errors import ConnectorError, ConnectorRejectedError, ConnectorUnauthorisedError
from portico_erp.errors import ConnectorUnavailableError as Unavailable
from portico_erp.records import Record, plain
from portico_erpnext.i18n import _
from portico_erpnext.settings import ErpNextSettings

MOST_BYTES = 16 << 20
MOST_NAMES = 100
"""Names in one question."""
MOST_PARTS = 1000
"""Records in one answer to a question by names."""
_TRY_AGAIN = frozenset(
    {"QueryDeadlockError", "QueryTimeoutError", "TimestampMismatchError", "DocumentLockedError", "SessionStopped"}
)
_DUPLICATE = frozenset({"DuplicateEntryError", "UniqueValidationError", "NameError"})


class Rest:
    """For one company; safe for threads. clock: the server's, by the Date of its latest answer."""

    def __init__(self, settings: ErpNextSettings, egress: Egress) -> None:
        plain_http = settings.url.lower().startswith("http://")
        if plain_http and not egress.opened(settings.host):
            raise ConnectorRejectedError("url", _("Begin with https://: keys must not travel in the open."), code="url")
        self._settings = settings
        self._http = GuardedHttp(egress, plain=plain_http)
        self._zone: ZoneInfo | None = None
        self.clock = datetime.now(UTC)

    def close(self) -> None:
        self._http.close()

    # -- questions

    def method(self, name: str, **arguments: Any) -> Any:
        """What a method says; None where it says nothing, as older versions do of an empty list."""
        said = _object(self._asked("POST", f"/api/method/{name}", arguments))
        return said.get("message")

    def some(
        self, doctype: str, fields: Sequence[str], filters: Sequence[Any] = (), *, parent: str = "", order: str = "name asc",
        limit: int = MOST_PARTS, start: int = 0,
    ) -> list[Record]:  # fmt: skip
        """At most `limit` records. parent: the kind of document that a table of parts belongs to."""
        found = self.method(
            "frappe.client.get_list", doctype=doctype, fields=list(fields), filters=list(filters), order_by=order,
            limit_start=start, limit_page_length=limit, **({"parent": parent} if parent else {}),
        )  # fmt: skip
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise _no_frappe()
        return found

    def named(
        self, doctype: str, fields: Sequence[str], names: Iterable[str], *, by: str = "name", parent: str = "",
        filters: Sequence[Any] = (), order: str = "name asc",
    ) -> list[Record]:  # fmt: skip
        """All records whose field `by` is one of the names."""
        wanted, found = sorted(set(names)), list[Record]()
        for begin in range(0, len(wanted), MOST_NAMES):
            chosen = [[by, "in", wanted[begin : begin + MOST_NAMES]], *filters]
            start = 0
            while True:
                part = self.some(doctype, fields, chosen, parent=parent, order=order, start=start)
                found += part
                if len(part) < MOST_PARTS:
                    break
                start += MOST_PARTS
        return found

    def get(self, doctype: str, name: str) -> Record | None:
        """One document whole; None = there is none of that name."""
        try:
            said = _object(self._asked("GET", _place(doctype, name)))
        except ConnectorRejectedError as error:
            if error.code == "unknown":
                return None
            raise
        data = said.get("data")
        if not isinstance(data, dict):
            raise _no_frappe()
        return data

    def create(self, doctype: str, values: Mapping[str, Any]) -> None:
        """ConnectorRejectedError with the code "duplicate" when a value that must be unique is there already."""
        self._asked("POST", _place(doctype), values)

    def update(self, doctype: str, name: str, values: Mapping[str, Any]) -> None:
        self._asked("PUT", _place(doctype, name), values)

    def run(self, doctype: str, name: str, method: str, **arguments: Any) -> None:
        """A method of the document itself."""
        self._asked("POST", _place(doctype, name), {"run_method": method, **arguments})

    def document(self, doctype: str, name: str) -> bytes:
        """The document as PDF, in the format that the company set as the usual one."""
        asked = urlencode({"doctype": doctype, "name": name})
        return self._asked("GET", f"/api/method/frappe.utils.print_format.download_pdf?{asked}").body

    # -- times

    def zone(self) -> ZoneInfo:
        """The site's: all its times are in it and do not say so."""
        if self._zone is None:
            said = self.method("frappe.client.get_time_zone")
            name = said.get("time_zone") if isinstance(said, dict) else None
            try:
                self._zone = ZoneInfo(str(name or "UTC"))
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise ConnectorRejectedError(
                    None, _("The site's time zone is not known: ${name}", mapping={"name": str(name)[:60]}), code="time-zone"
                ) from error
        return self._zone

    def local_since(self, moment: datetime) -> str:
        """From when on the site's own times may be of that moment or later: an hour earlier where its clocks went back since."""
        zone = self.zone()
        offsets = [found for at in (moment, self.clock) if (found := at.astimezone(zone).utcoffset()) is not None]
        return (moment.astimezone(UTC).replace(tzinfo=None) + min(offsets, default=timedelta())).isoformat(sep=" ")

    # -- the wire

    def _asked(self, method: str, path: str, value: Any = None) -> HttpAnswer:
        """The answer of a success. Raises the contract's errors."""
        if deadline.remaining_s() <= 0:
            raise Unavailable(_("The time for the call was over before it began."))
        one = self._settings
        headers = {"Authorization": f"token {one.api_key}:{one.api_secret}"}
        answer = self._http.send(method, f"{one.base}{path}", headers=headers, json_body=value, most_bytes=MOST_BYTES)
        try:
            self.clock = parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError, TypeError):
            self.clock = datetime.now(UTC)
        if not 200 <= answer.status < 300:
            raise refusal(answer)
        return answer


def _place(doctype: str, name: str | None = None) -> str:
    path = f"/api/resource/{quote(doctype, safe='')}"
    return path if name is None else f"{path}/{quote(name, safe='')}"


def _object(answer: HttpAnswer) -> Mapping[str, Any]:
    said = answer.json()
    if not isinstance(said, dict):
        raise _no_frappe()
    return said


def _no_frappe() -> ConnectorRejectedError:
    return ConnectorRejectedError("url", _("What answers at this address is no ERPNext."), code="url")


def refusal(answer: HttpAnswer) -> ConnectorError:
    """What an answer that is no success means to the portal. Only words that Frappe writes for people are passed on."""
    try:
        said = answer.json()
    except ConnectorRejectedError:
        said = None
    said = said if isinstance(said, dict) else {}
    kind, words = str(said.get("exc_type") or ""), _words(said)
    if answer.status == 401:
        return ConnectorUnauthorisedError(_("ERPNext refused the key."))
    if answer.status == 403:
        return ConnectorUnauthorisedError(_("The portal's user lacks a right in ERPNext: ${words}", mapping={"words": words}))
    if answer.status in (408, 425, 429, 503) or kind in _TRY_AGAIN:
        said_so = answer.error()
        return said_so if isinstance(said_so, Unavailable) else Unavailable(_("ERPNext is busy."))
    if answer.status == 404:
        if kind == "DoesNotExistError":
            return ConnectorRejectedError(None, _("ERPNext has no such record (any more)."), code="unknown")
        return _no_frappe()
    if kind in _DUPLICATE:
        known = _("ERPNext has such a record already: ${words}", mapping={"words": words})
        return ConnectorRejectedError(None, known, code="duplicate")
    if "Unknown column" in str(said.get("exception")) or "not permitted in query" in words:
        return ConnectorRejectedError(
            None, _("ERPNext lacks a field that the portal needs: set the connection up first."), code="schema"
        )
    if answer.status >= 500 or not kind:
        return answer.error() or Unavailable(_("ERPNext does not answer."))
    return ConnectorRejectedError(None, _("ERPNext refused it: ${words}", mapping={"words": words}), code="refused")


def _words(said: Mapping[str, Any]) -> str:
    """Of the messages that a person would see: JSON in JSON, with markup."""
    try:
        messages = json.loads(str(said.get("_server_messages") or "[]"))
        found = [json.loads(one) if isinstance(one, str) else one for one in messages]
    except (ValueError, TypeError, RecursionError):
        found = []
    texts = [plain(str(one.get("message") or "")) for one in found if isinstance(one, dict)]
    return " ".join(" ".join(texts).split())[:300] or str(said.get("exc_type") or "")[:80]
