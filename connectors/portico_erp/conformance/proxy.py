"""A door between a connector and its ERP that can be shut, half opened, or lead to nonsense; for any protocol over TCP."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

CHUNK = 65536
DRIP_S = 0.05
HTTP_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000000000\r\n\r\n"


class Kind(StrEnum):
    """What goes wrong. The first three end every connection from then on; the others spoil all answers."""

    REFUSE = "refuse"
    CUT_REQUEST = "cut_request"
    LOSE_ANSWER = "lose_answer"
    CUT_ANSWER = "cut_answer"
    GARBLE = "garble"
    POUR = "pour"
    DRIP = "drip"
    SILENCE = "silence"
    LATE = "late"
    SAY = "say"


@dataclass
class Fault:
    """at: before (CUT_REQUEST) or after (LOSE_ANSWER) which piece from the client it goes wrong, counted from 1.
    says: what SAY answers instead of the ERP. late_s: seconds after a call at which its answer, right and whole, comes with LATE.
    http: POUR begins like an answer of HTTP. fired: whether it did go wrong.
    """

    kind: Kind
    at: int = 1
    says: bytes = b""
    late_s: float = 60.0
    http: bool = False
    fired: bool = False
    passed: int = 0


class FaultProxy:
    """Listens on this machine and passes everything on to `target`, unless told otherwise."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._fault: Fault | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._asked_at: dict[socket.socket, float] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[Fault]:
        """Inside, the fault holds, for connections that are open already too."""
        self._fault = fault
        if fault.kind is Kind.REFUSE:
            fault.fired = True
            self._cut_all()
        try:
            yield fault
        finally:
            self._fault = None
            self._cut_all()

    def close(self) -> None:
        self._listener.close()
        self._cut_all()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            if self._fault is not None and self._fault.fired and self._fault.kind in _ENDING:
                client.close()
                continue
            try:
                server = socket.create_connection(self._target, 5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for one in (client, server):  # else each piece waits up to 40 ms for another one
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open |= {client, server}
            lost = threading.Event()
            threading.Thread(target=self._up, args=(client, server, lost), daemon=True).start()
            threading.Thread(target=self._down, args=(client, server, lost), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(CHUNK):
                fault = self._fault
                if fault is not None and fault.kind is Kind.SAY:
                    fault.fired = True
                    client.sendall(fault.says)
                    break
                if fault is not None and fault.kind in (Kind.CUT_REQUEST, Kind.LOSE_ANSWER):
                    with self._lock:
                        fault.passed += 1
                        here = fault.passed == fault.at
                    if here and fault.kind is Kind.CUT_REQUEST:
                        fault.fired = True
                        break
                    if here:
                        lost.set()
                self._asked_at[client] = time.monotonic()
                server.sendall(data)
        if not lost.is_set():
            self._cut(client, server)

    def _down(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(CHUNK):
                fault = self._fault
                if fault is not None and lost.is_set():
                    fault.fired = True  # the ERP has answered, so it is done; nobody hears of it
                    break
                if fault is None or fault.kind not in _SPOILING:
                    client.sendall(data)
                    continue
                fault.fired = True
                if not self._spoil(fault, client, data):
                    break
        self._cut(client, server)

    def _spoil(self, fault: Fault, client: socket.socket, data: bytes) -> bool:
        """False: the connection ends."""
        if fault.kind is Kind.LATE:
            if not self._wait(fault, client):
                return False
            client.sendall(data)
        if fault.kind is Kind.CUT_ANSWER:
            client.sendall(data[: len(data) // 2])
            return False
        if fault.kind is Kind.GARBLE:
            client.sendall(bytes((byte * 31 + 101) % 256 for byte in data))
        if fault.kind is Kind.DRIP:
            for index in range(len(data)):
                if self._fault is not fault:
                    return False
                client.sendall(data[index : index + 1])
                time.sleep(DRIP_S)
        if fault.kind is Kind.POUR:
            client.sendall(HTTP_HEAD if fault.http else b"")
            while self._fault is fault:
                client.sendall(b"[" * CHUNK)
            return False
        return True

    def _wait(self, fault: Fault, client: socket.socket) -> bool:
        """Until the answer may go on; False: whoever asked has gone, or the fault is over, which ends all connections."""
        while (left := self._asked_at.get(client, 0.0) + fault.late_s - time.monotonic()) > 0:
            if self._fault is not fault or client not in self._open:
                return False
            time.sleep(min(left, DRIP_S))
        return True

    def _cut_all(self) -> None:
        with self._lock:
            sockets = list(self._open)
        self._cut(*sockets)

    def _cut(self, *sockets: socket.socket) -> None:
        with self._lock:
            self._open -= set(sockets)
            for one in sockets:
                self._asked_at.pop(one, None)
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


_ENDING = (Kind.REFUSE, Kind.CUT_REQUEST, Kind.LOSE_ANSWER)
_SPOILING = (Kind.CUT_ANSWER, Kind.GARBLE, Kind.POUR, Kind.DRIP, Kind.SILENCE, Kind.LATE)
