"""A browser without a screen: keep-alive connections on the loopback, a bounded number of requests, honest times."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


class AnswerError(RuntimeError):
    """The server answered something else than what is measured."""


@dataclass(frozen=True)
class Answer:
    """`wire`: bytes of head and body as they came."""

    status: int
    headers: dict[str, str]
    body: bytes
    wire: int

    @property
    def text(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


@dataclass
class Samples:
    """Latencies in seconds, bytes of all answers, and how long the whole took."""

    latencies: list[float] = field(default_factory=list)
    wire: int = 0
    took_s: float = 0.0
    errors: dict[str, int] = field(default_factory=dict)

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else float("nan")

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.took_s if self.took_s else 0.0

    def note(self, what: str) -> None:
        self.errors[what] = self.errors.get(what, 0) + 1


@dataclass(frozen=True)
class Address:
    """Where the server listens and as whom it is asked: `host` is the Host header."""

    port: int
    host: str

    def request(self, path: str, headers: Sequence[tuple[str, str]] = (), method: str = "GET") -> bytes:
        given = [("Host", self.host), ("Accept-Encoding", "gzip"), ("Accept-Language", "en"),
                 ("X-Forwarded-Proto", "https"), ("User-Agent", "bench"), *headers]
        return "".join([f"{method} {path} HTTP/1.1\r\n", *(f"{k}: {v}\r\n" for k, v in given), "\r\n"]).encode()


class Connection:
    """One keep-alive connection."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._reader is None or self.writer is None or self._reader.at_eof():
            self._reader, self.writer = await asyncio.open_connection("127.0.0.1", self.address.port, limit=1 << 20)
        return self._reader, self.writer

    async def ask(self, request: bytes) -> Answer:
        reader, writer = await self.open()
        writer.write(request)
        return await self.answer(reader)

    async def answer(self, reader: asyncio.StreamReader) -> Answer:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin1").split("\r\n")[:-2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection") == "close":
            self.close()
        return Answer(int(first.split()[1]), headers, body, len(head) + len(body))

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self._reader = self.writer = None


async def run(address: Address, requests: Sequence[bytes], *, connections: int, count: int) -> Samples:
    """`count` requests in turn over `connections`, each waiting for its answer. Raises AnswerError for any but 200."""
    samples, turns = Samples(), iter(range(count))
    started = time.perf_counter()

    async def work(turns: Iterator[int]) -> None:
        connection = Connection(address)
        try:
            for turn in turns:
                begun = time.perf_counter()
                answer = await connection.ask(requests[turn % len(requests)])
                samples.latencies.append(time.perf_counter() - begun)
                samples.wire += answer.wire
                if answer.status != 200:
                    raise AnswerError(f"{answer.status} for {requests[turn % len(requests)][:120]!r}")
        finally:
            connection.close()

    await asyncio.gather(*(work(turns) for _ in range(connections)))
    samples.took_s = time.perf_counter() - started
    return samples
