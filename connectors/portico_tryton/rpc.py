"""All input and output: calls of Tryton's JSON-RPC in a session, and Tryton's errors turned into the contract's three."""

from __future__ import annotations

import base64
import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from portico.connections.http import GuardedHttp, HttpAnswer
from portico_erp import deadline
from portico_erp.connector import Egress
from portico_erp.errors import (
    ConnectorError,
    ConnectorRejectedError,
    ConnectorUnauthorisedError,
    ConnectorUnavailableError,
)
from portico_tryton import wire
from portico_tryton.i18n import _
from portico_tryton.settings import HTTP, TrytonSettings

MOST_BYTES = 32 << 20
"""Of one answer: a page of orders with all their lines, or a document in base64."""

LONGEST_WORDS = 500
"""Of what Tryton says in an error."""

_WRITES = {"create": "create", "write": "write", "delete": "delete"}


@dataclass(frozen=True)
class Session:
    """A login. `context`: the user's preferences, without which Tryton computes no price and no company."""

    header: str = field(repr=False)
    user_id: int = 0
    context: Mapping[str, Any] = field(default_factory=dict)


class Rpc:
    """One user's calls; safe for threads. Logs in at the first call, and again when Tryton has ended the session."""

    def __init__(self, settings: TrytonSettings, egress: Egress) -> None:
        self.settings = settings
        self._http = GuardedHttp(egress, plain=settings.protocol == HTTP)
        self._numbers = itertools.count(1)
        self._login = threading.Lock()
        self._session: Session | None = None
        self._clock: datetime | None = None

    def close(self) -> None:
        self._http.close()

    def session(self) -> Session:
        found = self._session
        return found if found is not None else self._new_session(None)

    def now(self) -> datetime:
        """The server's clock as of its last answer, to the second."""
        self.session()
        return self._clock or datetime.now(UTC)

    def call(self, method: str, *params: Any, context: Mapping[str, Any] | None = None) -> Any:
        """The result of "model.sale.sale.read" and the like; the context is added as the last parameter.

        Raises the contract's three errors. A call is sent again only when Tryton refused to look at it (401).
        """
        session = self.session()
        for last in (False, True):
            answer = self._post(session.header, method, [*params, {**session.context, **(context or {})}])
            if answer.status != 401 or last:
                break
            session = self._new_session(session)
        try:
            return self._result(answer)
        except _UserError as error:
            raise self._refused(method, error) from error

    def _new_session(self, over: Session | None) -> Session:
        """Log in, unless another thread did since `over` was in use."""
        with self._login:
            if self._session is not None and self._session is not over:
                return self._session
            settings = self.settings
            answer = self._post(
                "", "common.db.login", [settings.user, {"password": settings.password}, settings.language]
            )
            if answer.status in (401, 403):
                raise ConnectorUnauthorisedError(_("Tryton refused the user or the password."))
            try:
                found = self._result(answer)
                user_id, key = int(found[0]), str(found[1])
            except (_UserError, TypeError, ValueError, IndexError) as error:
                raise _no_tryton() from error
            token = base64.b64encode(f"{settings.user}:{user_id}:{key}".encode()).decode("ascii")
            session = Session(f"Session {token}", user_id)
            preferences = self._result(self._post(session.header, "model.res.user.get_preferences", [True, {}]))
            if not isinstance(preferences, dict):
                raise _no_tryton()
            context = {**preferences, "language": settings.language}
            self._session = Session(session.header, user_id, context)
            return self._session

    def _post(self, header: str, method: str, params: list[Any]) -> HttpAnswer:
        if deadline.remaining_s() <= 0:
            raise ConnectorUnavailableError(_("The time for the call was over before it began."))
        # Just these three keys: with others Tryton says what went wrong by HTTP statuses alone.
        body = wire.encode({"id": next(self._numbers), "method": method, "params": params})
        headers = {"Content-Type": "application/json"} | ({"Authorization": header} if header else {})
        answer = self._http.send("POST", self.settings.url, headers=headers, content=body, most_bytes=MOST_BYTES)
        self._clock = _date(answer.headers.get("date", "")) or self._clock
        return answer

    def _result(self, answer: HttpAnswer) -> Any:
        if answer.status != 200:
            raise _by_status(answer, self.settings.database)
        try:
            found = wire.decode(answer.body, MOST_BYTES)
        except ValueError as error:
            raise _no_tryton() from error
        if not isinstance(found, dict) or not found.keys() & {"result", "error"}:
            raise _no_tryton()
        if "error" in found:
            raise _by_name(found["error"])
        return found.get("result")

    def _refused(self, method: str, error: _UserError) -> ConnectorError:
        """A refusal in Tryton's words; one for want of a right is the administrator's to mend, in whatever language it is."""
        kind, _dot, rest = method.partition(".")
        model, _dot, name = rest.rpartition(".")
        if kind == "model" and not name.startswith("get_access"):
            right = _WRITES.get(name, "read")
            access = self._access(model)
            if not access.get(right, True):
                return ConnectorUnauthorisedError(
                    _("Tryton's user may not do this: ${words}", mapping={"words": error.words})
                )
        return ConnectorRejectedError(None, _("Tryton says: ${words}", mapping={"words": error.words}), code=error.code)

    def _access(self, model: str) -> Mapping[str, Any]:
        try:
            return dict(self.access([model])[model])
        except (ConnectorError, KeyError, TypeError):
            return {}

    def access(self, models: list[str]) -> dict[str, Mapping[str, Any]]:
        """By model, what the user may do with its records: read, write, create, delete."""
        found: dict[str, Mapping[str, Any]] = self.call("model.ir.model.access.get_access", models)
        return found


class _UserError(Exception):
    """Tryton refused, and says why to people. `code`: user_error or warning."""

    def __init__(self, words: str, code: str) -> None:
        super().__init__(words)
        self.words, self.code = words, code


def _words(*parts: Any) -> str:
    return " ".join(str(part).strip() for part in parts if part)[:LONGEST_WORDS]


def _no_tryton() -> ConnectorRejectedError:
    return ConnectorRejectedError(None, _("What answers at this address is no Tryton server."), code="not-json")


def _by_name(error: Any) -> Exception:
    """What Tryton's own name of an error means. A traceback is never passed on: it shows the server's inside."""
    name, *details = error if isinstance(error, list) and error else ["", ""]
    if name == "UserError" and details and isinstance(details[0], list):
        return _UserError(_words(*details[0][:2]), "user_error")
    if name == "UserWarning" and details and isinstance(details[0], list):
        return _UserError(_words(*details[0][1:3]), "warning")
    if name == "ConcurrencyException":
        return ConnectorUnavailableError(_("Somebody else changed this in Tryton at the same moment."))
    if name == "RateLimitException":
        return ConnectorUnavailableError(_("Tryton takes no further logins at the moment."), retry_after_s=60)
    if name == "LoginException":
        return ConnectorUnauthorisedError(_("Tryton asks this user for more than a password."))
    return ConnectorRejectedError(
        None, _("Tryton failed: ${words}. A module may be missing.", mapping={"words": _words(name)[:200]}), code="schema"
    )


def _by_status(answer: HttpAnswer, database: str) -> ConnectorError:
    status = {"status": str(answer.status)}
    if answer.status == 404:
        return ConnectorRejectedError(
            "database", _("There is no Tryton database “${name}” at this address.", mapping={"name": database}), code="unknown"
        )
    if answer.status == 401:
        return ConnectorUnauthorisedError(_("Tryton ended the session and takes no new one."))
    if answer.status == 403:
        return ConnectorUnauthorisedError(_("Tryton refuses this call. A module may be missing, or be of another series."))
    found = answer.error()
    if isinstance(found, ConnectorUnavailableError):
        return found
    return ConnectorRejectedError(
        None, _("What answers at this address is no Tryton server (status ${status}).", mapping=status), code="not-json"
    )


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        return None
