"""The wire: the two dialects that Odoo speaks, and its refusals as the contract's three errors.

Up to version 18: `/jsonrpc`, database and user in every call, arguments by position. From 19 on: `/json/2/MODEL/METHOD`, the key
in the header, arguments by name. `Rpc` finds out which by the version that the server states.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from portico.connections.http import GuardedHttp, HttpAnswer
from portico_erp import deadline
from portico_erp.connector import Egress
from portico_erp.errors import ConnectorError, ConnectorRejectedError, ConnectorUnauthorisedError
from portico_erp.errors import ConnectorUnavailableError as Unavailable
from portico_odoo.i18n import _
from portico_odoo.settings import OdooSettings

MOST_BYTES = 16 << 20
NAMED_SINCE = 19
"""The first version that is called by JSON-2."""

Record = Mapping[str, Any]


class Rpc:
    """For one company; safe for threads. clock: the server's, by the Date of its latest answer."""

    def __init__(self, settings: OdooSettings, egress: Egress) -> None:
        plain = settings.url.lower().startswith("http://")
        if plain and not egress.opened(settings.host):
            raise ConnectorRejectedError("url", _("Begin with https://: keys must not travel in the open."), code="url")
        self._settings = settings
        self._http = GuardedHttp(egress, plain=plain)
        self._version: int | None = None
        self._uid: int | None = None
        self._lock = threading.Lock()
        self.clock = datetime.now(UTC)

    def close(self) -> None:
        self._http.close()

    def version(self) -> int:
        """The main version of the server. Raises ConnectorRejectedError (field "url") when no Odoo answers."""
        if self._version is None:
            answer = self._send("GET", "/web/version", {})
            if answer.status == 200:
                found = _main_version(answer, "version_info")
            else:
                found = _main_version(self._positional("common", "version", []), "server_version_info")
            self._version = found
        return self._version

    def user(self) -> int:
        """The id of the user; whether the key is right."""
        if self.version() >= NAMED_SINCE:
            context = self.call("res.users", "context_get")
            return int(context.get("uid") or 0) if isinstance(context, dict) else 0
        if self._uid is None:
            one = self._settings
            uid = _result(self._positional("common", "authenticate", [one.database, one.login, one.key, {}]))
            if not isinstance(uid, int) or isinstance(uid, bool):
                raise ConnectorUnauthorisedError(_("Odoo refused the login or the key."))
            self._uid = uid
        return self._uid

    def call(
        self, model: str, method: str, ids: Sequence[int] | None = None, first: Mapping[str, Any] | None = None, **named: Any
    ) -> Any:
        """What the method returns. first: its leading arguments in their order, which the older dialect takes by position."""
        if self.version() >= NAMED_SINCE:
            body = ({} if ids is None else {"ids": list(ids)}) | dict(first or {}) | named
            headers = {"Authorization": f"bearer {self._settings.key}", "X-Odoo-Database": self._settings.database}
            answer = self._send("POST", f"/json/2/{model}/{method}", headers, body)
            if answer.status >= 300:
                raise _named_refusal(answer)
            return answer.json()
        arguments = [*([] if ids is None else [list(ids)]), *(first or {}).values()]
        one = self._settings
        asked = [one.database, self.user(), one.key, model, method, arguments, named]
        return _result(self._positional("object", "execute_kw", asked))

    def search_read(self, model: str, domain: Sequence[Any], fields: Sequence[str], **options: Any) -> list[Record]:
        found = self.call(model, "search_read", domain=list(domain), fields=list(fields), **options)
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise ConnectorRejectedError(None, _("The answer is not what Odoo answers."), code="not-json")
        return found

    def page(self, path: str) -> bytes:
        """What lies at an address of Odoo's own that opens without a session. Raises ConnectorRejectedError when nothing does."""
        answer = self._send("GET", path, {"Accept": "*/*", "X-Odoo-Database": self._settings.database})
        if answer.status != 200:
            raise ConnectorRejectedError(
                None,
                _("Odoo does not open what it says the address of (status ${status}).", mapping={"status": str(answer.status)}),
                code="document",
            )
        return answer.body

    def _positional(self, service: str, method: str, arguments: Sequence[Any]) -> HttpAnswer:
        told = {"service": service, "method": method, "args": list(arguments)}
        answer = self._send("POST", "/jsonrpc", {}, {"jsonrpc": "2.0", "method": "call", "params": told, "id": 1})
        if answer.status == 404 or 300 <= answer.status < 400:
            raise ConnectorRejectedError("url", _("What answers at this address is no Odoo."), code="url")
        if error := answer.error():
            raise error
        return answer

    def _send(self, method: str, path: str, headers: Mapping[str, str], value: Any = None) -> HttpAnswer:
        if deadline.remaining_s() <= 0:
            raise Unavailable(_("The time for the call was over before it began."))
        address = f"{self._settings.base}{path}"
        answer = self._http.send(method, address, headers=headers, json_body=value, most_bytes=MOST_BYTES)
        if answer.status in (408, 425, 429) or (answer.status >= 500 and not answer.body.startswith(b"{")):
            raise answer.error() or Unavailable(_("Odoo does not answer."))
        try:
            self.clock = parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError, TypeError):
            self.clock = datetime.now(UTC)
        return answer


def _main_version(answer: HttpAnswer, field: str) -> int:
    said = answer.json()
    said = said.get("result", said) if isinstance(said, dict) else None
    info = said.get(field) if isinstance(said, dict) else None
    # "saas~17" where a series is between two versions.
    first = str(info[0]).rpartition("~")[2] if isinstance(info, list) and info else ""
    if not first.isdigit():
        raise ConnectorRejectedError("url", _("What answers at this address is no Odoo."), code="url")
    return int(first)


def _result(answer: HttpAnswer) -> Any:
    said = answer.json()
    if not isinstance(said, dict) or ("result" not in said and "error" not in said):
        raise ConnectorRejectedError(None, _("The answer is not what Odoo answers."), code="not-json")
    if "error" in said:
        error = said["error"] if isinstance(said["error"], dict) else {}
        data = error.get("data")
        data = data if isinstance(data, dict) else {}
        raise refusal(str(data.get("name") or ""), str(data.get("message") or error.get("message") or ""))
    return said["result"]


def _named_refusal(answer: HttpAnswer) -> ConnectorError:
    try:
        said = answer.json()
    except ConnectorRejectedError:
        said = {}
    name = str(said.get("name") or "") if isinstance(said, dict) else ""
    message = str(said.get("message") or "") if isinstance(said, dict) else ""
    if answer.status == 401:
        return ConnectorUnauthorisedError(_("Odoo refused the login or the key."))
    if answer.status == 404 and not name.startswith("odoo."):
        return _lacking(message)
    if name:
        return refusal(name, message)
    return answer.error() or Unavailable(_("Odoo does not answer."))


def refusal(name: str, message: str) -> ConnectorError:
    """What a Python exception of the server means to the portal. Only words that Odoo writes for people are passed on."""
    kind, words = name.rpartition(".")[2], (message.strip().splitlines() or [""])[0][:300]
    if kind in ("AccessDenied", "Unauthorized"):
        return ConnectorUnauthorisedError(_("Odoo refused the login or the key."))
    if kind in ("AccessError", "Forbidden"):
        return ConnectorUnauthorisedError(_("The portal's user lacks a right in Odoo: ${words}", mapping={"words": words}))
    if "does not exist" in message and kind == "OperationalError":
        return ConnectorRejectedError("database", _("Odoo has no database of that name."), code="database")
    if (kind == "UserError" and words.startswith("Object ")) or (kind == "ValueError" and "nvalid field" in words):
        return _lacking(words)
    if kind == "AttributeError" or (kind == "KeyError" and "." in words):
        return _lacking(words)
    if kind == "MissingError":
        return ConnectorRejectedError(None, _("Odoo has no such record (any more)."), code="unknown")
    if kind in ("UserError", "ValidationError", "RedirectWarning", "Warning"):
        return ConnectorRejectedError(None, _("Odoo refused it: ${words}", mapping={"words": words}), code="refused")
    if name.startswith("psycopg2") or kind in ("TransactionRollbackError", "SerializationFailure", "OperationalError"):
        return Unavailable(_("Odoo's database does not answer."))
    return ConnectorRejectedError(None, _("Odoo failed at the call (${name}).", mapping={"name": kind[:80]}), code="refused")


def _lacking(words: str) -> ConnectorRejectedError:
    said = _("Odoo lacks something that the portal needs, such as the Sales or Inventory app: ${words}", mapping={"words": words})
    return ConnectorRejectedError(None, said, code="schema")
