"""Asks ClamAV's daemon about a file, by its INSTREAM command (clamd(8)); streams it, and believes nothing but "OK"."""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Iterable
from contextlib import closing
from typing import Literal, NamedTuple

CONNECT_S, ANSWER_S = 5.0, 120.0
_LONGEST_ANSWER = 4096
_PIECE = 1 << 16


class ScannerAwayError(RuntimeError):
    """Nobody answers, or nothing that can be understood: what was to be scanned stays closed."""


class Verdict(NamedTuple):
    """finding: what the scanner calls it, if it is "infected"."""

    outcome: Literal["clean", "infected", "too-large"]
    finding: str = ""


def scan(address: str, content: Iterable[bytes]) -> Verdict:
    """address: as PORTICO_CLAMD. Raises ScannerAwayError, and what `content` raises."""
    try:
        connection = _connect(address)
    except OSError as error:
        raise ScannerAwayError(f"clamd at {address}: {error}") from error
    with closing(connection):
        connection.settimeout(ANSWER_S)
        cut = not _send(connection, content)
        return _understood(_answer(connection), cut)


def _connect(address: str) -> socket.socket:
    if address.startswith("/"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CONNECT_S)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            raise
        return connection
    host, _colon, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), CONNECT_S)


def _send(connection: socket.socket, content: Iterable[bytes]) -> bool:
    """False if it hung up before the end, as it does above its limit."""
    pieces = iter(content)
    try:
        connection.sendall(b"zINSTREAM\0")
        for piece in pieces:
            for at in range(0, len(piece), _PIECE):
                part = piece[at : at + _PIECE]
                connection.sendall(struct.pack(">I", len(part)) + part)
        connection.sendall(struct.pack(">I", 0))
    except (BrokenPipeError, ConnectionResetError, TimeoutError):
        return False
    return True


def _answer(connection: socket.socket) -> str:
    data = b""
    try:
        while len(data) < _LONGEST_ANSWER and not data.endswith(b"\0") and (piece := connection.recv(_LONGEST_ANSWER)):
            data += piece
    except OSError as error:
        if not data:
            raise ScannerAwayError("clamd hung up") from error
    return data.rstrip(b"\0\n").decode("utf-8", "replace")


def _understood(answer: str, cut: bool) -> Verdict:
    if "size limit exceeded" in answer:
        return Verdict("too-large")
    if found := re.fullmatch(r"stream: (.{1,200}) FOUND", answer):
        return Verdict("infected", found[1])
    if answer == "stream: OK" and not cut:
        return Verdict("clean")
    raise ScannerAwayError(f"clamd answered {answer[:200]!r}")
