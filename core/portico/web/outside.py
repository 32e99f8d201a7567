"""Calls to the outside in the middle of a request, holding neither a page's thread nor a transaction.

A view asks `outside.call(request, …)`. The first time, that ends the attempt: the transaction is rolled back, the
thread goes back, and the server awaits the call in the connection's own bulkhead. Then the same request runs again,
and the same line gives the answer. What a view does before its first call must therefore be free of effects outside
the database; what it writes is rolled back and done again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pyramid.request import Request

from portico.tenancy.tenant import Tenant

ENVIRON = "portico.outside"
MOST_CALLS = 4


@dataclass(frozen=True)
class OutsideCall:
    """What to call: a capability's method of one connection, with its arguments and time limit in seconds."""

    tenant_id: UUID
    connection_id: UUID
    config_version: int
    capability: str
    method: str
    arguments: tuple[Any, ...]
    timeout_s: float


@dataclass
class Ledger:
    """The calls of one request and their outcomes, kept in the WSGI environ between its attempts."""

    outcomes: list[tuple[OutsideCall, Any, Exception | None]] = field(default_factory=list)
    wanted: OutsideCall | None = None


class TooManyCallsError(RuntimeError):
    """A request asked the outside more than MOST_CALLS times: that is a job's work. Or what it asks for changes with
    every attempt, since others change the same: then it has to go on with what it knows."""


class OutsideNeeded(Exception):
    """Ends an attempt. The server makes the call and runs the request again."""


def call(
    request: Request,
    connection_id: UUID,
    capability: str,
    method: str,
    *arguments: Any,
    timeout_s: float = 5.0,
    tenant: Tenant | None = None,
) -> Any:
    """The answer of the company's system. Raises the connector errors by way of the connection host:
    unavailable (also when the time limit passed or the circuit is open), unauthorised, rejected; TooManyCallsError.
    An answer belongs to exactly what was asked: an attempt that finds the world changed asks anew. `tenant`: the company,
    for operators, who are below none."""
    of = tenant or request.tenant
    wanted = OutsideCall(of.id, connection_id, of.config_version, capability, method, arguments, timeout_s)
    ledger: Ledger = request.environ.setdefault(ENVIRON, Ledger())
    for known, answer, error in ledger.outcomes:
        if known == wanted:
            if error is not None:
                raise error
            return answer
    if len(ledger.outcomes) >= MOST_CALLS:
        raise TooManyCallsError(f"more than {MOST_CALLS} outside calls in one request")
    ledger.wanted = wanted
    raise OutsideNeeded


def pending(environ: dict[str, Any]) -> OutsideCall | None:
    """After an attempt: the call that it ended for."""
    ledger = environ.get(ENVIRON)
    return ledger.wanted if ledger is not None else None


def settle(environ: dict[str, Any], answer: Any, error: Exception | None) -> None:
    """Note the outcome; the next attempt starts from the beginning."""
    ledger: Ledger = environ[ENVIRON]
    assert ledger.wanted is not None
    ledger.outcomes.append((ledger.wanted, answer, error))
    ledger.wanted = None


def direct(application: Callable[..., Any], make_call: Callable[[OutsideCall], Any]) -> Callable[..., Any]:
    """A WSGI wrapper that does the same without an event loop, for tests and for servers other than ours."""

    def wrapped(environ: dict[str, Any], start_response: Any) -> Any:
        kept = {key: value for key, value in environ.items() if not key.startswith("webob.")}
        body = (
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            if environ.get("CONTENT_LENGTH")
            else b""
        )
        while True:
            attempt = _attempt_environ(kept, environ.get(ENVIRON), body)
            answer: list[Any] = []

            def start(*head: Any, into: list[Any] = answer) -> None:
                into[:] = head

            chunks = _all(application(attempt, start))
            wanted = pending(attempt)
            if wanted is None:
                start_response(*answer)
                return chunks
            environ[ENVIRON] = attempt[ENVIRON]
            try:
                settle(attempt, make_call(wanted), None)
            except Exception as error:
                settle(attempt, None, error)

    return wrapped


def _all(answer: Any) -> list[bytes]:
    """PEP 3333: whoever reads an answer closes it, if it can be closed."""
    try:
        return list(answer)
    finally:
        getattr(answer, "close", list)()


def _attempt_environ(kept: dict[str, Any], ledger: Ledger | None, body: bytes) -> dict[str, Any]:
    import io

    attempt = dict(kept)
    attempt["wsgi.input"] = io.BytesIO(body)
    attempt["webob.is_body_seekable"] = True  # else a body over 10 kB is copied into a temporary file
    if ledger is not None:
        attempt[ENVIRON] = ledger
    return attempt
