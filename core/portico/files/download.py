"""Gives out files and their previews, below /files: to whoever holds a link of the last minute, and may still have them now.

Beside the pages, as it takes longer than they do, and so that its answers share nothing with them: no cookie is read or set, and
whatever is in a file, it is never a page of the portal (ASVS 3.2.1). The link says which session asked; that session's company,
membership, reach, the plugin's switch and its own permission are looked at again, by the same `enter` as a page's (ASVS 8.3.2).

Files are given out at the apex alone. Pictures of previews, which we drew ourselves, are parts of pages, so they are given out
at whichever host these have.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from starlette.requests import Request as AsgiRequest
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Send
from starlette.types import Scope as AsgiScope

from portico import audit
from portico.db.types import new_id
from portico.errors import BusyError, DomainError, NotFoundError
from portico.files import links, previews, service
from portico.files.errors import LinkExpiredError, StorageAwayError
from portico.files.models import File
from portico.files.names import disposition
from portico.files.sealing import SEALED_SEGMENT, SEGMENT, BrokenFileError, FileCipher, sealed_size
from portico.identity.permissions import MEMBER
from portico.identity.policy import permits
from portico.tenancy.scope import Scope
from portico.web.entry import enter_by
from portico.web.environ import build_environ
from portico.web.i18n import negotiate
from portico.web.limits import ANONYMOUS, READ
from portico.web.prefix import KEY, bare_host

log = logging.getLogger("portico.files")
AT_ONCE = 32
"""Downloads of one process."""
PATIENCE_S = 60.0
_CREDENTIAL = sa.text("SELECT * FROM file_session(:session)")
_COLUMNS = (*service.COLUMNS, File.object_name, File.digest, File.preview_object, File.preview_size)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
    "Accept-Ranges": "bytes",
}


class Given(StreamingResponse):
    """A file on its way. over: called when it has ended, however. A client that takes nothing for PATIENCE_S is left."""

    def __init__(self, content: AsyncIterator[bytes], status: int, headers: Mapping[str, str], over: Callable[[], None]) -> None:
        super().__init__(content, status_code=status, headers=headers)
        self._over = over

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        async def patiently(message: Message) -> None:
            async with asyncio.timeout(PATIENCE_S):
                await send(message)

        try:
            await super().__call__(scope, receive, patiently)
        except TimeoutError:
            log.info("a client took longer than %g s for a part of a file", PATIENCE_S)
        finally:
            self._over()


@dataclass(frozen=True)
class Opened:
    """What may be given out now: bytes `start` to before `end` of the object that the storage keeps as `object_name`, sealed by
    `cipher`. headers: what it is. tag: its ETag."""

    object_name: str
    cipher: FileCipher
    start: int
    end: int
    headers: Mapping[str, str]
    tag: str


class Download:
    """The endpoint."""

    def __init__(self, portico: Any) -> None:
        self._portico = portico
        self._apex = frozenset(map(bare_host, portico.settings.apex_hosts))
        self._now = 0
        # Few, as each takes connections to the database; threads are made at first use, after forking.
        self._pool = ThreadPoolExecutor(max(1, portico.settings.threads // 2), "download")

    async def answer(self, request: AsgiRequest) -> Response:
        link = links.read(self._portico.settings.master_key, request.path_params["token"])
        anywhere = link is not None and link.picture is not None
        if request.scope.get(KEY) is not None or not (anywhere or bare_host(request.headers.get("host", "")) in self._apex):
            return self._refused(request, NotFoundError(), None)
        if self._now >= AT_ONCE:
            return self._refused(request, BusyError(), link)
        self._now += 1
        given = False
        try:
            opened = await asyncio.get_running_loop().run_in_executor(self._pool, self.open, request.scope, link)
            answer = await self._give(request, opened)
            given = isinstance(answer, Given)  # which counts it off when it is over
            return answer
        except DomainError as error:
            return self._refused(request, error, link)
        except BrokenFileError:
            log.exception("file %s does not open", link.file_id if link else "")
            return self._refused(request, StorageAwayError(), link)
        finally:
            if not given:
                self._over()

    def _over(self) -> None:
        self._now -= 1

    # -- may they ------------------------------------------------------------------------------------------------

    def open(self, asgi: Any, link: links.Link | None) -> Opened:
        """Everything is asked again, now. Raises DomainError: a link that is not ours, and a file that is not theirs (any
        more), are told alike."""
        portico = self._portico
        address = (asgi.get("client") or ("",))[0]
        if link is None:
            portico.limits.check(Scope(address=address), ANONYMOUS)
            raise NotFoundError
        if link.expires_at < time.time():
            raise LinkExpiredError
        tenant = self._tenant(link)
        request = self._request(asgi)
        with portico.sessions.unscoped() as db:
            request.db = db
            scope = self._enter(request, link, tenant)
            portico.limits.check(scope, READ)
            file = db.execute(sa.select(*_COLUMNS).where(File.id == link.file_id)).one_or_none()
            if file is None or not service.may_read(db, file):
                raise NotFoundError
            service.check_clean(file)
            picture = None if link.picture is None else previews.part(file, link.picture)
            self._record(db, file, picture, link.picture)
        field = service.CONTENT if picture is None else previews.FIELD
        return _opened(file, picture, tenant, portico.files.key(tenant, file.id, field))

    def _record(self, db: Any, file: Any, picture: Mapping[str, Any] | None, place: int | None) -> None:
        """Each part of a file too: whoever skips the first byte has all that matters. Thumbnails come with every look at a list
        and show little."""
        told = {"file": file.name, "file_id": str(file.id)}
        if picture is None:
            audit.record(db, "files.downloaded", subject=("file", file.id), after=told)
        elif picture["kind"] == previews.PAGE:
            audit.record(db, "files.previewed", subject=("file", file.id), after=told | {"page": place})

    def _tenant(self, link: links.Link) -> Any:
        from portico.app import UnknownTenantError

        try:
            return self._portico.tenant(link.tenant_id)
        except UnknownTenantError:
            raise NotFoundError from None

    def _enter(self, request: Request, link: links.Link, tenant: Any) -> Scope:
        found = request.db.execute(_CREDENTIAL, {"session": link.session_id}).one_or_none()
        if found is None:  # signed out meanwhile
            raise LinkExpiredError
        api = found.kind == "api"
        shown = {"token": None if api else found.token_hash, "session": link.session_id if api else None, "kind": found.kind}
        try:
            scope = enter_by(request, tenant.slug, shown, found.host)
        except HTTPNotFound:
            raise NotFoundError from None
        if scope.session_id != link.session_id or scope.user_id != link.user_id or scope.gate:
            raise LinkExpiredError
        if scope.session_kind != "personal" and not permits(scope, MEMBER):
            raise NotFoundError
        return scope

    def _request(self, asgi: Any) -> Request:
        """For `enter`, without what the browser sent along of its own: the link alone counts."""
        left = [(name, value) for name, value in asgi["headers"] if name in (b"host", b"accept-language")]
        request = Request(build_environ({**asgi, "headers": left, "query_string": b""}))
        request.registry = SimpleNamespace(portico=self._portico)
        request.request_id = new_id().hex
        return request

    # -- giving --------------------------------------------------------------------------------------------------

    async def _give(self, request: AsgiRequest, opened: Opened) -> Response:
        headers = {**HEADERS, **opened.headers, "ETag": opened.tag}
        asked = request.headers.get("range", "")
        if asked and request.headers.get("if-range", opened.tag) != opened.tag:
            asked = ""
        size = opened.end - opened.start
        span = _span(asked, size)
        if span is None:
            return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
        start, end = span
        partial = (start, end) != (0, size)
        headers["Content-Length"] = str(end - start)
        if partial:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        status = 206 if partial else 200
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        content = self._content(opened, opened.start + start, opened.start + end)
        first = await anext(content, b"")  # what is broken is found before a word was said
        return Given(_joined(first, content), status, headers, self._over)

    async def _content(self, opened: Opened, start: int, end: int) -> AsyncIterator[bytes]:
        place = start // SEGMENT
        until = min(sealed_size(opened.cipher.size), -(-max(end, 1) // SEGMENT) * SEALED_SEGMENT)
        at = place * SEGMENT
        async for sealed in self._portico.files.storage.read_async(opened.object_name, place * SEALED_SEGMENT, until):
            plain = opened.cipher.open_one(sealed, place)
            yield plain[max(0, start - at) : max(0, end - at)]
            place, at = place + 1, at + SEGMENT

    # -- refusing ------------------------------------------------------------------------------------------------

    def _refused(self, request: AsgiRequest, error: DomainError, link: links.Link | None) -> Response:
        headers = {name: HEADERS[name] for name in ("Cache-Control", "Referrer-Policy", "X-Content-Type-Options")}
        retry = getattr(error, "retry_after_s", None)
        if retry is not None:
            headers["Retry-After"] = str(retry)
        return Response(self._page(request, error, link), error.status, headers, "text/html")

    def _page(self, request: AsgiRequest, error: DomainError, link: links.Link | None) -> str:
        themes = self._portico.themes
        offered = ["en", *(code for code in themes.catalogues.languages if code != "en")]
        locale = negotiate([link.locale if link else None], request.headers.get("accept-language"), offered)
        values = {"status": error.status, "message": error.message, "fields": {}, "request_id": new_id().hex}
        return str(themes.render(None, "portico/refused.jinja2", locale=locale, **values))


def _opened(file: Any, picture: Mapping[str, Any] | None, tenant: Any, key: bytes) -> Opened:
    if picture is None:
        told = {"Content-Type": file.media_type, "Content-Disposition": disposition(file.name)}
        cipher = FileCipher(key, tenant.id, file.id, file.size)
        return Opened(file.object_name, cipher, 0, file.size, told, f'"{file.digest[:32]}"')
    start = picture["start"]
    told = {"Content-Type": previews.MEDIA_TYPE, "Content-Disposition": "inline"}
    cipher = FileCipher(key, tenant.id, file.id, file.preview_size)
    return Opened(file.preview_object, cipher, start, start + picture["length"], told, f'"{file.digest[:32]}-{start}"')


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _span(asked: str, size: int) -> tuple[int, int] | None:
    """From byte to before byte, as a Range header asks (RFC 9110 §14.2): one part, or everything. None: no such part."""
    found = _RANGE.fullmatch(asked)
    if found is None or found[0] == "bytes=-":
        return 0, size
    if not found[1]:
        return (max(0, size - int(found[2])), size) if int(found[2]) else None
    start = int(found[1])
    end = min(size, int(found[2]) + 1) if found[2] else size
    if start >= size:
        return None
    return (start, end) if start < end else (0, size)


def add_routes(routes: Any, portico: Any) -> None:
    routes.add(links.PATH + "{token}", Download(portico).answer)
