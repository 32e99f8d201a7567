"""The outermost layer: every answer carries the security headers, and none that tells of an error is bare.

Servers, routers and endpoints answer errors with an empty or plain body; here such a one becomes the page or problem
document that the asker understands. What has a form already (a page of the application, JSON) passes as it is.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portico.web.headers import OF_DOCUMENTS
from portico.web.refusals import Asked, Header, Refusals

_OF_DOCUMENTS = frozenset(name.lower().encode() for name in OF_DOCUMENTS)
_FORMED = (b"text/html", b"application/json", b"application/problem+json")
_REPLACED = frozenset({b"content-type", b"content-length", b"content-encoding", b"cache-control"})


class Answers:
    def __init__(self, app: ASGIApp, refusals: Refusals) -> None:
        self.app = app
        self.refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        replaced = False

        async def dressed(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                if is_bare(message["status"], headers):
                    replaced = True
                    await self._say(scope, message["status"], headers, send)
                    return
                present = {name for name, _value in headers}
                kind = next((value for name, value in headers if name == b"content-type"), b"")
                left_out = () if kind.startswith(b"text/html") else _OF_DOCUMENTS
                missing = [pair for pair in self.refusals.headers if pair[0] not in present and pair[0] not in left_out]
                message = {**message, "headers": [*headers, *missing]}
            elif replaced:
                return
            await send(message)

        await self.app(scope, receive, dressed)

    async def _say(self, scope: Scope, status: int, headers: list[Header], send: Send) -> None:
        """Keeps what the refusal says besides its body: Allow, Retry-After, Connection."""
        path = scope.get("raw_path") or scope["path"].encode()
        new, body = self.refusals.answer(status, Asked(path, scope.get("query_string", b""), scope["headers"]))
        kept = [pair for pair in headers if pair[0] not in _REPLACED]
        length = (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": status, "headers": [*kept, *new, length]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def is_bare(status: int, headers: list[Header]) -> bool:
    if status < 400:
        return False
    kind = next((value for name, value in headers if name == b"content-type"), b"")
    return not kind.startswith(_FORMED)
