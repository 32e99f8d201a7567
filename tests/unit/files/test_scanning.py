"""What a scanner says is believed if it is "OK", and everything else is no answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portico.files.scanning import ScannerAwayError, Verdict, scan


@contextmanager
def daemon(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """One that takes everything, answers this and hangs up. What it took comes with its address."""
    taken: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _address = listening.accept()
            with connection:
                data = b""
                while not data.endswith(b"\0\0\0\0"):
                    data += connection.recv(65_536)
                taken.append(data)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", taken
        thread.join(10)


def test_the_content_goes_in_parts_with_their_lengths() -> None:
    with daemon(b"stream: OK\0") as (address, taken):
        assert scan(address, iter([b"abc", b"", b"d" * 70_000])) == Verdict("clean")
    whole = b"zINSTREAM\0\0\0\0\x03abc" + b"\0\x01\0\0" + b"d" * 65_536 + (70_000 - 65_536).to_bytes(4, "big") + b"d" * (70_000 - 65_536)
    assert taken == [whole + b"\0\0\0\0"]


@pytest.mark.parametrize(
    "answer",
    [b"", b"\0", b"OK\0", b"stream: OK but\0", b"stream: ok\0", b"x stream: OK\0", b"stream: ERROR\0", b"UNKNOWN COMMAND\0",
     b"Can't allocate memory ERROR\0", b"\xff\xfe\0", b"stream:  FOUND\0"],
)
def test_whatever_else_it_says_is_no_answer(answer: bytes) -> None:
    with daemon(answer) as (address, _taken), pytest.raises(ScannerAwayError):
        scan(address, iter([b"abc"]))


@pytest.mark.parametrize("answer", [b"stream: Win.Test.EICAR_HDB-1 FOUND\0", b"stream: Win.Test.EICAR_HDB-1 FOUND\n"])
def test_a_finding_has_a_name(answer: bytes) -> None:
    with daemon(answer) as (address, _taken):
        assert scan(address, iter([b"abc"])) == Verdict("infected", "Win.Test.EICAR_HDB-1")


@pytest.mark.parametrize("address", ["127.0.0.1:9", "[::1]:9", "/nonexistent/clamd.sock"])
def test_nobody_there_is_no_answer(address: str) -> None:
    with pytest.raises(ScannerAwayError):
        scan(address, iter([b"abc"]))


def test_a_file_that_does_not_open_is_not_clean() -> None:
    def broken() -> Iterator[bytes]:
        yield b"abc"
        raise ValueError("segment 1 does not open")

    with socket.create_server(("127.0.0.1", 0)) as listening, pytest.raises(ValueError, match="segment 1"):
        scan(f"127.0.0.1:{listening.getsockname()[1]}", broken())
