"""The wire: requests to PostgREST through the guarded way out, and its refusals as the contract's three errors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

from portico.connections.http import GuardedHttp, HttpAnswer
from portico_erp import deadline
from portico_erp.connector import Egress
from portico_erp.errors import ConnectorError, ConnectorRejectedError, ConnectorUnauthorisedError
from portico_erp.errors import ConnectorUnavailableError as Unavailable
from portico_supabase import keys
from portico_supabase.i18n import _
from portico_supabase.settings import RestSettings

MOST_BYTES = 16 << 20
LONGEST_LIST = 1200
"""Characters, percent-encoded, of the values in one address: the guarded client takes addresses of 2000."""
MOST_PARTS = 20_000

Row = Mapping[str, Any]
Filters = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Rows:
    """One answer. more: the server says that it has more rows than these. clock: the server's, at the answer. total: how many
    rows pass the filters; None: it does not say.
    """

    rows: Sequence[Row]
    more: bool
    clock: datetime
    total: int | None


class Rest:
    """For one company; safe for threads."""

    def __init__(self, settings: RestSettings, egress: Egress) -> None:
        plain = settings.url.lower().startswith("http://")
        if plain and not egress.opened(settings.host):
            raise ConnectorRejectedError("url", _("Begin with https://: keys must not travel in the open."), code="url")
        self._settings = settings
        self._http = GuardedHttp(egress, plain=plain)

    def close(self) -> None:
        self._http.close()

    def rows(
        self, table: str, columns: Sequence[str], filters: Filters = (), *, order: Sequence[str] = (), limit: int | None = None
    ) -> Rows:
        """Rows that pass all filters. The count is asked for with them: a server gives fewer than were asked for when it has
        a limit of its own, and without the count that would look like the end.
        """
        query = [("select", ",".join(columns)), *filters]
        if order:
            query.append(("order", ",".join(order)))
        if limit is not None:
            query.append(("limit", str(limit)))
        answer = self._call("GET", f"{table}?{_encoded(query)}", {"Prefer": "count=exact"})
        found = _list(answer)
        said = re.fullmatch(r"(?:\d+-\d+|\*)/(\d+)", answer.headers.get("content-range", ""))
        total = int(said[1]) if said else None
        # Where the count was lost on the way, only an answer without rows is the end.
        more = bool(found) if total is None else total > len(found)
        return Rows(found, more, clock(answer), total)

    def parts(self, table: str, columns: Sequence[str], column: str, values: Sequence[Any], key: str) -> list[Row]:
        """All rows whose `column` is one of the values, in the order of `key`, which is unique."""
        found: list[Row] = []
        for chosen in listed(values):
            after: list[tuple[str, str]] = []
            wanted = columns if key in columns else [*columns, key]
            while True:
                some = self.rows(table, wanted, [(column, chosen), *after], order=[key])
                found += some.rows
                if len(found) > MOST_PARTS:
                    raise ConnectorRejectedError(None, _("More lines belong to these than can be read."), code="too-large")
                if not some.more or not some.rows:
                    break
                after = [(key, f"gt.{some.rows[-1][key]}")]
        return found

    def insert(self, table: str, rows: Sequence[Row], *, conflict: str, columns: Sequence[str] = ("id",)) -> list[Row]:
        """The rows that were made; those whose `conflict` columns are there already stay as they are."""
        address = f"{table}?{_encoded([('on_conflict', conflict), ('select', ','.join(columns))])}"
        prefer = {"Prefer": "resolution=ignore-duplicates,return=representation"}
        return _list(self._call("POST", address, prefer, list(rows)))

    def update(self, table: str, values: Row, filters: Filters, columns: Sequence[str] = ("id",)) -> list[Row]:
        """The rows that were changed. None: no row passed, or the role may not see it."""
        query = _encoded([*filters, ("select", ",".join(columns))])
        return _list(self._call("PATCH", f"{table}?{query}", {"Prefer": "return=representation"}, dict(values)))

    def function(self, name: str, arguments: Row) -> Any:
        """Raises ConnectorRejectedError with the code "function" when there is none of that name."""
        return self._call("POST", f"rpc/{name}", {}, dict(arguments)).json()

    def _call(self, method: str, path: str, headers: Mapping[str, str], value: Any = None) -> HttpAnswer:
        if deadline.remaining_s() <= 0:
            raise Unavailable(_("The time for the call was over before it began."))
        answer = self._http.send(
            method,
            f"{self._settings.base}/{path}",
            headers={**self._headers(method), **headers},
            json_body=value,
            most_bytes=MOST_BYTES,
        )
        if answer.status not in (200, 201, 204, 206):
            raise refusal(answer, self._settings)
        return answer

    def _headers(self, method: str) -> dict[str, str]:
        found = {"apikey": self._settings.apikey} if self._settings.apikey else {}
        if self._settings.bearer:
            found["Authorization"] = f"Bearer {self._settings.bearer}"
        if self._settings.schema:
            found["Accept-Profile" if method == "GET" else "Content-Profile"] = self._settings.schema
        return found


def quoted(value: Any) -> str:
    """A value inside a list or a logic expression, where commas and brackets mean something."""
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def listed(values: Sequence[Any]) -> Iterator[str]:
    """The values as `in` filters, as many as addresses can hold."""
    some: list[str] = []
    size = 0
    for value in dict.fromkeys(values):
        one = quoted(value)
        length = len(quote(one, safe="")) + 3
        if some and size + length > LONGEST_LIST:
            yield f"in.({','.join(some)})"
            some, size = [], 0
        some.append(one)
        size += length
    if some:
        yield f"in.({','.join(some)})"


def clock(answer: HttpAnswer) -> datetime:
    """By the answer's Date, whole seconds: positions must not depend on our clock."""
    try:
        return parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return datetime.now(UTC)


def _encoded(query: Filters) -> str:
    return urlencode(query, quote_via=quote, safe="(),.*:-_")


def _list(answer: HttpAnswer) -> list[Row]:
    found = answer.json()
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ConnectorRejectedError(None, _("What answers at this address is no PostgREST."), code="not-json")
    return found


def refusal(answer: HttpAnswer, settings: RestSettings) -> ConnectorError:
    """What a status and PostgREST's code mean to the portal. Its words may hold data, so little of them is passed on."""
    try:
        said = answer.json()
    except ConnectorRejectedError:
        said = None
    said = said if isinstance(said, dict) else {}
    code, message = str(said.get("code") or ""), str(said.get("message") or "")
    if answer.status in (408, 425, 429) or answer.status >= 500:
        return answer.error() or Unavailable(_("The database behind the interface does not answer."))
    if code == "42501":
        return ConnectorUnauthorisedError(_("The key's role lacks a right to “${name}”.", mapping={"name": _named(message)}))
    if answer.status in (401, 403) or code.startswith("PGRST30"):
        if keys.expired_at(settings.bearer):
            return ConnectorUnauthorisedError(_("The key has expired."))
        return ConnectorUnauthorisedError(_("The key is refused."))
    if code in ("42P01", "PGRST205"):
        return _no_table(_named(message))
    if code in ("42703", "PGRST204", "PGRST200"):
        return MissingColumnError(_named(message))
    if code in ("42883", "PGRST202"):
        return ConnectorRejectedError(None, _("There is no such function."), code="function")
    if code[:2] in ("22", "23", "42", "P0"):
        return ConnectorRejectedError(None, _("The database refused the data (${code}).", mapping={"code": code}), code="refused")
    if answer.status == 404 or 300 <= answer.status < 400 or not code:
        return ConnectorRejectedError("url", _("What answers at this address is no PostgREST."), code="url")
    return ConnectorRejectedError(None, _("The interface refused the request (${code}).", mapping={"code": code}), code="refused")


class MissingColumnError(ConnectorRejectedError):
    def __init__(self, name: str) -> None:
        self.column = name.rpartition(".")[2]
        words = _("The database is not in a schema that the portal knows: there is no column “${name}”.", mapping={"name": name})
        super().__init__(None, words, code="schema")


def _no_table(name: str) -> ConnectorRejectedError:
    name = name.rpartition(".")[2]
    words = _("The database is not in a schema that the portal knows: there is no table “${name}”.", mapping={"name": name})
    return ConnectorRejectedError(None, words, code="schema")


def _named(message: str) -> str:
    """The table or column that the first line names; its words are in whatever language the server speaks."""
    first = (message.splitlines() or [""])[0]
    found = re.search(r"""["«„“'](.+?)["»“”']""", first) or re.search(r"(?:table|relation|schema|column) (\S+)", first)
    return found[1].strip()[:100] if found else "?"
