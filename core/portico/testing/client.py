"""A browser for tests: WebTest with a company's prefix, forged-request tokens taken from the page, and query counts."""

from __future__ import annotations

import re
import secrets
from typing import Any

from webtest import TestApp, TestResponse

from portico.testing.person import Person
from portico.web import observe

HOST = "localhost:6543"
_TOKEN = re.compile(r'name="csrf[_-]token"\s+(?:content|value)="([0-9a-f]+)"')


def any_address() -> str:
    """One of the sixteen million loopback addresses: attempts are counted by address, and tests must not share them."""
    return ".".join(["127", *(str(1 + secrets.randbelow(254)) for _ in range(3))])


class Client:
    """Paths are below the company. Methods take `status=` like WebTest's; "*" accepts any."""

    def __init__(self, app: Any, prefix: str = "") -> None:
        self.address = any_address()
        self.web = TestApp(app, extra_environ={"HTTP_HOST": HOST, "REMOTE_ADDR": self.address})
        self.prefix = prefix
        self.person: Person | None = None
        self.headers: dict[str, str] = {}
        self.queries: list[str] = []
        self._token: tuple[tuple[str | None, str | None], str] | None = None

    def set_session(self, token: str) -> None:
        self.web.set_cookie("portico", token)

    def bearer(self, token: str) -> None:
        self.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, params: Any = None, **options: Any) -> TestResponse:
        return self._call(self.web.get, path, params=params, **options)

    def htmx(self, path: str, params: Any = None, **options: Any) -> TestResponse:
        """GET of a fragment, as htmx asks for it."""
        return self.get(path, params, headers={"HX-Request": "true"}, **options)

    def post(self, path: str, params: Any = None, *, csrf: bool = True, **options: Any) -> TestResponse:
        """A form's POST, with the token that a page of this browser would carry."""
        headers = dict(options.pop("headers", {}))
        if csrf:
            headers["X-CSRF-Token"] = self.token()
        return self._call(self.web.post, path, params=params or {}, headers=headers, **options)

    def json(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        send = getattr(self.web, f"{method.lower()}_json")
        return (
            self._call(send, path, body)
            if body is None and not options
            else self._call(send, path, params=body, **options)
        )

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self._call(self.web.delete, path, **options)

    def token(self) -> str:
        """The token for forms, from a page that everybody can see; another one for another session."""
        session = (self.web.cookies.get("portico"), self.web.cookies.get("portico_view"))
        if self._token is None or self._token[0] != session:
            at_portal = self.web.extra_environ["HTTP_HOST"] == HOST  # who is at a company's own host is not registered there
            page = self.web.get(f"{self.prefix}{'/register/done' if at_portal else '/sign-in/arrive/problem'}")
            found = _TOKEN.search(page.text) or _TOKEN.search(self.web.get(f"{self.prefix}/sign-in", status="*").text)
            assert found, "no token on the page"
            self._token = (session, found[1])
        return self._token[1]

    def _call(self, send: Any, path: str, *args: Any, **options: Any) -> TestResponse:
        options["headers"] = {**self.headers, **options.get("headers", {})}
        url = path if path.startswith("http") or (self.prefix and path.startswith(self.prefix)) else self.prefix + path
        with observe.recording() as self.queries:
            return send(url, *args, **options)
