"""A customer at a draft of a quote, with files; what the browser and the server do with them."""

from __future__ import annotations

import asyncio
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from webtest import Upload

from portico.files import preview_jobs
from portico.testing.client import HOST, Client, any_address
from portico.testing.portal import Company, Portal
from portico.web.asgi import asgi_application

_LINK = re.compile(r'href="([^"]*/quotes/[0-9a-f-]+/files/[0-9a-f-]+)"')
Headers = dict[str, str]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    content: bytes

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key == name.lower())


@dataclass
class Desk:
    """client: of the customer whose draft `quote` is."""

    portal: Portal
    company: Company
    account_id: UUID
    client: Client
    quote: str

    @classmethod
    def of(cls, portal: Portal, company: Company | None = None) -> Desk:
        company = company or portal.company(plugins=["portico_quotes"])
        account_id = company.account()
        client = company.customer(account_id)
        return cls(portal, company, account_id, client, new_draft(client))

    def add(self, name: str, data: bytes, client: Client | None = None, **options: Any) -> Any:
        return (client or self.client).post(f"/quotes/{self.quote}/files/add", {"file": Upload(name, data)}, **options)

    def links(self, client: Client | None = None) -> list[str]:
        """Addresses of the files, as the quote's page has them."""
        return _LINK.findall((client or self.client).get(f"/quotes/{self.quote}").text)

    def token_path(self, client: Client | None = None) -> str:
        """Where a click on the only file leads."""
        [link] = self.links(client)
        location = (client or self.client).get(link, status=303).headers["Location"]
        return location.removeprefix(f"http://{HOST}")

    def fetch(self, path: str, method: str = "GET", **headers: str) -> Answer:
        return fetch(self.portal, path, method, headers)

    def previews_made(self) -> None:
        """What waits for a worker is done."""
        with self.portal.superuser() as connection:
            query = sa.text("DELETE FROM job WHERE actor = 'files.preview' AND tenant_id = :t RETURNING args")
            waiting = list(connection.scalars(query, {"t": self.company.id}))
        for arguments in waiting:
            preview_jobs.make(Job(self.portal.parts, self.company), **arguments)

    def rows(self) -> list[Any]:
        with self.company.system() as db:
            return list(db.execute(sa.text("SELECT * FROM file ORDER BY id")))


def new_draft(client: Client) -> str:
    return client.post("/quotes/new").headers["Location"].split("/")[-2]


def fetch(portal: Portal, path: str, method: str = "GET", headers: Headers | None = None) -> Answer:
    """As the server answers it, without a browser: only what is given here is sent along."""
    return asyncio.run(_fetch(portal, path, method, {"host": HOST} | (headers or {})))


async def _fetch(portal: Portal, path: str, method: str, headers: Headers) -> Answer:
    app = asgi_application(portal.wsgi, _Parts(portal.parts), threads=2)
    messages: list[Any] = []
    query: str
    path, _mark, query = path.partition("?")
    scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "scheme": "http", "method": method,
             "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "server": ("127.0.0.1", 6543),
             "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
             "client": (any_address(), 1)}
    begun = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if begun:
            return begun.pop()
        await asyncio.sleep(3600)

    async def send(message: Any) -> None:
        messages.append(message)

    try:
        await app(scope, receive, send)
    except Exception:
        if not messages or messages[0]["status"] != 500:  # which is what whoever asked has got by then
            raise
    finally:
        app.bridge.close()
    told = [(name.decode().lower(), value.decode("latin1")) for name, value in messages[0]["headers"]]
    return Answer(messages[0]["status"], told, b"".join(one.get("body", b"") for one in messages[1:]))


class _Parts:
    """What the server needs of the parts, but nobody listens for events."""

    live = None

    def __init__(self, parts: Any) -> None:
        self._parts = parts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parts, name)


@dataclass
class Job:
    """What an actor sees of its job."""

    portico: Any
    company: Company

    @property
    def tenant(self) -> Any:
        return self.company.tenant

    def session(self) -> AbstractContextManager[Any]:
        return self.company.system()

    def check(self) -> None:
        pass
