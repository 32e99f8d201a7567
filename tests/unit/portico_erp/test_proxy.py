"""The door between a connector and its ERP: a system that answers every call, rightly and late."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from portico_erp.conformance.proxy import Fault, FaultProxy, Kind

LATE_S = 0.4
WHOLE = b"x" * 300_000
"""Comes in several pieces, which are late together and not one after the other."""


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    """Before a system that answers each line with as many bytes as there are in WHOLE."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                asked, _address = listener.accept()
            except OSError:
                return
            with asked:
                while asked.recv(100):
                    asked.sendall(WHOLE)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    found = FaultProxy(listener.getsockname()[:2])
    yield found
    found.close()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def ask(caller: socket.socket) -> tuple[bytes, float]:
    """What came, and how long it took."""
    begun, found = time.monotonic(), b""
    caller.sendall(b"?\n")
    while len(found) < len(WHOLE) and (data := caller.recv(65536)):
        found += data
    return found, time.monotonic() - begun


def test_each_call_is_answered_whole_and_as_late_as_the_one_before(proxy: FaultProxy) -> None:
    fault = Fault(Kind.LATE, late_s=LATE_S)
    with socket.create_connection(proxy.address, 10) as caller, proxy.failing(fault):
        for _call in range(2):
            found, took = ask(caller)
            assert found == WHOLE
            assert LATE_S <= took < 4 * LATE_S
    assert fault.fired
    with socket.create_connection(proxy.address, 10) as caller:
        assert ask(caller)[0] == WHOLE


def test_whoever_waits_when_the_fault_ends_is_cut_off(proxy: FaultProxy) -> None:
    fault = Fault(Kind.LATE, late_s=60)
    with socket.create_connection(proxy.address, 10) as caller:
        with proxy.failing(fault):
            caller.sendall(b"?\n")
            while not fault.fired:
                time.sleep(0.01)
        with suppress(ConnectionError):
            assert caller.recv(1) == b""
