"""HTTP through the guarded way out: every new connection asks the guard, and goes to the address that it pinned.

No redirect is followed, no cookie kept, no proxy of the environment asked; size and time are limited. TLS is verified
against the name that was asked for, whatever address it led to.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

import httpcore

from portico.connections import deadline, pace
from portico.connections.connector import Egress
from portico.connections.errors import (
    ConnectorError,
    ConnectorRejectedError,
    ConnectorUnauthorisedError,
    ConnectorUnavailableError,
)
from portico.web.i18n import _

MOST_BYTES = 1 << 20
LONGEST_WAIT_S = 3600.0
CONNECT_S, SILENCE_S, TOTAL_S = 5.0, 10.0, 20.0
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class HttpAnswer:
    """headers: names in lower case. body: at most MOST_BYTES."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Raises ConnectorRejectedError (code "not-json"). Numbers with a fraction are Decimal: money passes no float."""
        try:
            return json.loads(self.body, parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise ConnectorRejectedError(None, _("The answer is no JSON."), code="not-json") from error

    def error(self) -> ConnectorError | None:
        """What the status means to the portal, None = success. Whoever knows more (a 404 that says "none") asks before.

        401, 403: unauthorised. 408, 425, 429 and 5xx: unavailable, with the seconds of `Retry-After`. All others: rejected, with
        the status as code.
        """
        if 200 <= self.status < 300:
            return None
        words = {"status": str(self.status)}
        if self.status in (401, 403):
            return ConnectorUnauthorisedError(_("The server refused its credentials."))
        if self.status in (408, 425, 429):
            return ConnectorUnavailableError(
                _("The server asks to be called less often."), retry_after_s=_retry_after_s(self.headers.get("retry-after", ""))
            )
        if self.status >= 500:
            return ConnectorUnavailableError(
                _("The server has a fault (status ${status}).", mapping=words),
                retry_after_s=_retry_after_s(self.headers.get("retry-after", "")),
            )
        if self.status < 400:
            return ConnectorRejectedError(
                "url", _("The server leads to another address, which is not followed."), code="redirect"
            )
        return ConnectorRejectedError(
            None, _("The server refused the call (status ${status}).", mapping=words), code=str(self.status)
        )


class GuardedHttp:
    """For one company's system; safe for threads. plain: http:// may be spoken too, which only the demo and development do."""

    def __init__(self, egress: Egress, *, plain: bool = False) -> None:
        self.plain = plain
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(), max_connections=4, keepalive_expiry=15, retries=0, network_backend=_Guarded(egress)
        )

    def get(self, url: str, *, accept: str = "application/json", bearer: str = "") -> HttpAnswer:
        """Raises ConnectorRejectedError for what must not be called, ConnectorUnavailableError when nothing came."""
        headers = {"Accept": accept} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        return self._send("GET", url, headers, None)

    def post_form(self, url: str, values: Mapping[str, str], headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Raises as `get` does."""
        wanted = {"Accept": "application/json", "Content-Type": _FORM, **(headers or {})}
        return self._send("POST", url, wanted, urlencode(values).encode())

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json_body: Any = None,
        content: bytes | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> HttpAnswer:
        """Any method. json_body: written as JSON, with Decimals as numbers of the same digits; None = `content` as it is.

        Raises as `get` does. A call is never sent twice: whoever tries again knows whether that doubles anything.
        """
        wanted = {"Accept": "application/json", **(headers or {})}
        if json_body is not None:
            wanted, content = {"Content-Type": "application/json", **wanted}, written(json_body).encode()
        return self._send(method, url, wanted, content, most_bytes)

    def close(self) -> None:
        self._pool.close()

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, most_bytes: int = MOST_BYTES
    ) -> HttpAnswer:
        target = checked(url, plain=self.plain)
        pace.next_turn()
        ends_at = time.monotonic() + min(TOTAL_S, deadline.remaining_s(TOTAL_S))
        times = {"connect": CONNECT_S, "read": SILENCE_S, "write": SILENCE_S, "pool": CONNECT_S}
        left = max(0.01, ends_at - time.monotonic())
        limits = {name: min(seconds, left) for name, seconds in times.items()}
        sent = [("Host", target.netloc), ("User-Agent", "Portico"), ("Accept-Encoding", "identity"), *headers.items()]
        try:
            with self._pool.stream(
                method, target.geturl(), headers=sent, content=content, extensions={"timeout": limits}
            ) as answer:
                found = {name.decode("latin1").lower(): value.decode("latin1") for name, value in answer.headers}
                if answer.status == 429:
                    pace.asked_to_pause(_retry_after_s(found.get("retry-after", "")))
                return HttpAnswer(answer.status, found, _read(answer.iter_stream(), ends_at, most_bytes))
        except httpcore.ConnectError as error:
            raise _unreachable(error) from error
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise ConnectorUnavailableError(_("The server does not answer.")) from error


def checked(url: str, *, plain: bool = False) -> SplitResult:
    """The parts of an address that may be called at all: https, one host, no name or password in it.

    Where it leads is the guard's matter. Raises ConnectorRejectedError (code "url").
    """
    wrong = ConnectorRejectedError("url", _("This is no address that begins with https://."), code="url")
    if len(url) > 2000 or not url.isascii() or any(one <= " " or one == "\x7f" or one in '\\<>"' for one in url):
        raise wrong
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in (("https", "http") if plain else ("https",)) or not parts.hostname or port == 0:
        raise wrong
    if "@" in parts.netloc or parts.fragment:
        raise wrong
    return parts


class _Guarded(httpcore.SyncBackend):
    """What opens sockets for httpcore: to the pinned address or not at all."""

    def __init__(self, egress: Egress) -> None:
        super().__init__()
        self._egress = egress

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        pinned = self._egress.pin(host, port)
        return _Timed(super().connect_tcp(pinned.address, pinned.port, timeout, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise ConnectorRejectedError("host", _("This is not a host name."), code="host")


class _Timed(httpcore.NetworkStream):
    """Waits no longer than the present call has left: head lines that come byte by byte are never silent for long."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None, over: type[httpcore.TimeoutException]) -> float:
    """Seconds until the wait must end."""
    left = deadline.remaining_s(TOTAL_S)
    if left <= 0:
        raise over("the time for the call is over")
    return left if timeout is None else min(timeout, left)


def _tls() -> ssl.SSLContext:
    """The system's authorities (`SSL_CERT_FILE` names others), TLS 1.2 or later."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def written(value: Any) -> str:
    """JSON in which a Decimal is a number of the same digits, which the standard library cannot write; dates and times are ISO
    8601. Raises TypeError or ValueError for what is nothing of JSON's.
    """
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is no number of JSON")
        return f"{value:f}"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(key), ensure_ascii=False)}:{written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value.isoformat() if isinstance(value, date) else value, ensure_ascii=False, allow_nan=False)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _retry_after_s(text: str) -> float | None:
    """Seconds out of a `Retry-After`, a number or a date (RFC 9110 §10.2.3); None = not said, or not readable."""
    if text.strip().isdigit():
        return min(float(text), LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    left = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(0.0, left), LONGEST_WAIT_S)


def _read(chunks: Iterable[bytes], ends_at: float, most_bytes: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > most_bytes:
            raise ConnectorRejectedError(None, _("The answer is too large."), code="too-large")
        if time.monotonic() > ends_at:
            raise ConnectorUnavailableError(_("The server takes too long."))
    return bytes(body)


def _unreachable(error: Exception) -> ConnectorUnavailableError | ConnectorRejectedError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ConnectorRejectedError("url", _("The server's certificate is not valid for this name."), code="tls")
        cause = cause.__cause__ or cause.__context__
    return ConnectorUnavailableError(_("Nothing answers at this address."))
