"""Where sealed files lie: a folder of this machine, or whatever object storage the operator names. Knows no key and no table."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from portico.files.errors import StorageAwayError
from portico.files.sealing import SEALED_SEGMENT, BrokenFileError

PART = 5 << 20
"""Bytes that are sent to the storage at a time: the smallest part that S3 takes."""
AT_A_TIME = 16 * SEALED_SEGMENT
"""Bytes that are read from the storage at a time."""
PATIENCE: dict[str, Any] = {"connect_timeout": "5s", "timeout": "30s"}
RETRIES: dict[str, Any] = {"max_retries": 2}


class Storage:
    """Objects by random names. Every method but `new_name` raises StorageAwayError."""

    def __init__(self, url: str, folder: Path) -> None:
        """url: `s3://bucket/prefix?region=…`, `gs://…`, `az://…`, `file:///…`; what stands after `?` are options of that
        kind of storage, and what is not there comes from its usual environment variables. Empty: `folder`."""
        self._url, self._folder = url, folder
        self._store: Any = None

    def new_name(self) -> str:
        """Spread over folders, of which no file system likes one with a million entries."""
        name = secrets.token_hex(20)
        return f"{name[:2]}/{name[2:]}"

    def put(self, name: str, sealed: Iterator[bytes]) -> None:
        """Whole or not at all."""
        try:
            obstore.put(self.store, name, sealed, chunk_size=PART, max_concurrency=2, use_multipart=True)
        except (BaseError, OSError) as error:
            raise StorageAwayError from error

    def read(self, name: str, start: int, end: int) -> Iterator[bytes]:
        """Whole sealed segments of an object, between two multiples of their size (or its end). Raises BrokenFileError."""
        for part in range(start, end, AT_A_TIME):
            length = min(AT_A_TIME, end - part)
            try:
                data = bytes(obstore.get_range(self.store, name, start=part, length=length))
            except FileNotFoundError as error:
                raise BrokenFileError(f"{name} is gone") from error
            except (BaseError, OSError) as error:
                raise StorageAwayError from error
            yield from _segments(data, length)

    async def read_async(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The same for an event loop."""
        for part in range(start, end, AT_A_TIME):
            length = min(AT_A_TIME, end - part)
            try:
                data = bytes(await obstore.get_range_async(self.store, name, start=part, length=length))
            except FileNotFoundError as error:
                raise BrokenFileError(f"{name} is gone") from error
            except (BaseError, OSError) as error:
                raise StorageAwayError from error
            for one in _segments(data, length):
                yield one

    def all(self) -> Iterator[tuple[str, int]]:
        """Name and bytes of every object."""
        try:
            for found in obstore.list(self.store):
                yield from ((str(one["path"]), int(one["size"])) for one in found)
        except (BaseError, OSError) as error:
            raise StorageAwayError from error

    def whole(self, name: str) -> Any:
        """An object as a file that is read once, whatever its size. Raises FileNotFoundError."""
        try:
            return obstore.open_reader(self.store, name)
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as error:
            raise StorageAwayError from error

    def delete(self, name: str) -> None:
        """What is not there is deleted."""
        try:
            obstore.delete(self.store, name)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise StorageAwayError from error

    @property
    def store(self) -> Any:
        """Opened at first use, after forking: it has threads."""
        if self._store is None:
            self._store = self._open()
        return self._store

    def _open(self) -> Any:
        if not self._url:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return LocalStore(self._folder)
        parts = urlsplit(self._url)
        if parts.scheme == "file":
            Path(parts.path).mkdir(mode=0o700, parents=True, exist_ok=True)
            return LocalStore(parts.path)
        options: dict[str, Any] = dict(parse_qsl(parts.query))
        client: dict[str, Any] = {name: options.pop(name) for name in ("allow_http", "proxy_url") if name in options}
        make: Any = from_url  # its signatures want each option by name
        return make(
            urlunsplit(parts._replace(query="")), config=options or None, client_options=PATIENCE | client, retry_config=RETRIES
        )


def _segments(data: bytes, length: int) -> Iterator[bytes]:
    if len(data) != length:
        raise BrokenFileError("the storage holds less than was sealed")
    for at in range(0, length, SEALED_SEGMENT):
        yield data[at : at + SEALED_SEGMENT]
