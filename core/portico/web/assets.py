"""Static files of core, plugins and themes: found at start, addressed by content hash, served from memory.

Only names found on disk at start exist, so no path of a request ever reaches the file system. In development
(`reload`) known files are read again when their time stamp changes, and new ones are looked for.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from starlette.types import Receive, Scope, Send

from portico.web import bundles
from portico.web.compression import MINIMUM, accepts_gzip, compress_well, is_text

PREFIX = "/static/"
_FOREVER = b"public, max-age=31536000, immutable"
_TYPES = {
    ".css": "text/css; charset=utf-8", ".ico": "image/x-icon", ".js": "text/javascript; charset=utf-8",
    ".json": "application/json", ".map": "application/json", ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".webmanifest": "application/manifest+json",
    ".woff": "font/woff", ".woff2": "font/woff2",
}
_NOT_SERVED = {".ttf"}
"""Fonts of documents (`portico.documents`)."""
_REFERENCE = re.compile(rb"""url\(\s*(["']?)([^"'()?#:\s]+)(#[^"'()\s]*)?\1\s*\)""")


class UnknownAssetError(LookupError):
    """A template or stylesheet names a static file that does not exist."""


@dataclass(frozen=True)
class Asset:
    path: Path
    stamp: tuple[int, int]  # mtime in ns, size
    content_type: str
    body: bytes
    packed: bytes | None  # gzip, where it is smaller
    digest: str


class Assets:
    """`folders`: import package → its folder `static`, which holds `<package>/…`, like its templates do.

    `base` goes in front of every URL, for example "https://cdn.example"; empty: the portal's own host.
    """

    def __init__(self, folders: Mapping[str, Path], *, base: str = "", reload: bool = False) -> None:
        self.folders = dict(folders)
        self.base = base.rstrip("/")
        self.reload = reload
        self._assets: dict[str, Asset] = {}
        self._bundles: dict[str, tuple[str, ...]] = {}
        for name, path in self._found():
            self._load(name, path)

    def url(self, name: str) -> str:
        """The address of "portico/css/portico.css", with the hash of what it holds now."""
        return f"{self.base}{PREFIX}{quote(name)}?v={self.get(name).digest}"

    def bundle(self, name: str, parts: Iterable[str]) -> None:
        """Offer files as one, as "portico/bundle/<name>". Before the processes fork: all must know it."""
        self._bundles[f"{bundles.FOLDER}/{name}"] = tuple(parts)
        self.get(f"{bundles.FOLDER}/{name}")

    def get(self, name: str) -> Asset:
        asset = self._assets.get(name)
        if name in self._bundles:
            return asset if asset and not self.reload else self._join(name)
        if self.reload and (asset is None or _stamp(asset.path) != asset.stamp):
            asset = self._refresh(name)
        if asset is None:
            raise UnknownAssetError(name)
        return asset

    def names(self) -> list[str]:
        return sorted(self._assets)

    # -- finding -------------------------------------------------------------------------------------------

    def _found(self) -> Iterator[tuple[str, Path]]:
        for package, folder in self.folders.items():
            for path in sorted((folder / package).rglob("*")):
                name = path.relative_to(folder).as_posix()
                hidden = path.suffix in _NOT_SERVED or any(part.startswith(".") for part in name.split("/"))
                if path.is_file() and not hidden:
                    yield name, path

    def _refresh(self, name: str) -> Asset | None:
        self._assets.pop(name, None)
        path = dict(self._found()).get(name)
        return self._load(name, path) if path else None

    def _join(self, name: str) -> Asset:
        parts = [(one, self.get(one)) for one in self._bundles[name]]
        body = bundles.join(name, [(one, asset.body) for one, asset in parts])
        known = self._assets.get(name)
        if known is None or known.body != body:
            known = self._made(parts[0][1].path, parts[0][1].content_type, body)
            self._assets[name] = known
        return known

    def _load(self, name: str, path: Path) -> Asset:
        if name in self._assets:
            return self._assets[name]
        body = path.read_bytes()
        guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if path.suffix == ".css":
            body = self._with_hashes(body, path)
        self._assets[name] = self._made(path, guessed, body)
        return self._assets[name]

    def _made(self, path: Path, content_type: str, body: bytes) -> Asset:
        packed = compress_well(body) if is_text(content_type) and len(body) >= MINIMUM else None
        if packed is not None and len(packed) >= len(body):
            packed = None
        digest = hashlib.sha256(body).hexdigest()[:10]
        return Asset(path, _stamp(path), content_type, body, packed, digest)

    def _with_hashes(self, css: bytes, path: Path) -> bytes:
        """What a stylesheet names (fonts, pictures) gets its hash too, or it is asked for again and again."""

        def versioned(found: re.Match[bytes]) -> bytes:
            target = path.parent / unquote(found[2].decode())
            if found[2].startswith(b"/") or not target.is_file():
                return found[0]
            digest = hashlib.sha256(target.read_bytes()).hexdigest()[:10].encode()
            quotes, fragment = found[1], found[3] or b""
            return b"url(" + quotes + found[2] + b"?v=" + digest + fragment + quotes + b")"

        return _REFERENCE.sub(versioned, css)

    # -- serving -------------------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI, at /static/. Takes GET and HEAD only."""
        status, headers, body = self.answer(scope)
        headers.append((b"content-length", b"%d" % len(body)))
        if status == 304:
            headers.pop()
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def answer(self, scope: Scope) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        if scope["method"] not in ("GET", "HEAD"):
            return 405, [(b"allow", b"GET, HEAD")], b""
        name = scope["path"].removeprefix(scope.get("root_path", "")).removeprefix(PREFIX)
        try:
            asset = self.get(name)
        except UnknownAssetError:
            return 404, [(b"cache-control", b"no-store"), (b"content-type", b"text/plain")], b"Not Found"
        asked = {key: value.decode("latin1") for key, value in scope["headers"]}
        packed = asset.packed if accepts_gzip(asked.get(b"accept-encoding", "")) else None
        tag = f'"{asset.digest}-gzip"' if packed is not None else f'"{asset.digest}"'
        current = scope["query_string"] == b"v=" + asset.digest.encode()
        headers = [(b"content-type", asset.content_type.encode()), (b"etag", tag.encode()),
                   (b"vary", b"Accept-Encoding"), (b"x-content-type-options", b"nosniff"),
                   (b"cache-control", _FOREVER if current else b"no-cache")]
        if self.base:  # module scripts and fonts from another origin need it
            headers.append((b"access-control-allow-origin", b"*"))
        known = {part.strip().removeprefix("W/") for part in asked.get(b"if-none-match", "").split(",")}
        if tag in known:
            return 304, headers, b""
        if packed is None:
            return 200, headers, asset.body
        return 200, [*headers, (b"content-encoding", b"gzip")], packed


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
