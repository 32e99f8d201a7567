"""The connector of the reference ERP, and the socket between them.

A call's arguments and answer stay in this process; over the socket go its number and back, so that the way can break as any
other does.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Mapping
from typing import Any

import colander
from tests.contract.reference import Erp

from portico_erp import deadline
from portico_erp.capabilities import CAPABILITIES
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError


def acknowledged(number: int) -> bytes:
    """Long enough that it takes its time when it drips."""
    return (b"done %d" % number).ljust(200)


class Line:
    """The ERP's end of the socket. `calls`: number → what is asked; `answers`: number → what became of it."""

    def __init__(self, erp: Erp) -> None:
        self.erp, self.numbers = erp, itertools.count(1)
        self.calls: dict[int, tuple[str, tuple[Any, ...], dict[str, Any]]] = {}
        self.answers: dict[int, Any] = {}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self.listener.getsockname()[:2]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _address = self.listener.accept()
                threading.Thread(target=self.answer, args=(peer,), daemon=True).start()

    def answer(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError, ValueError):
            number = int(peer.recv(100))
            method, arguments, named = self.calls[number]
            try:
                self.answers[number] = getattr(self.erp, method)(*arguments, **named)
            except ConnectorRejectedError as error:
                self.answers[number] = error
            peer.sendall(acknowledged(number))


class Client:
    def __init__(self, line: Line, address: tuple[str, int]) -> None:
        self.line, self.address = line, address

    def close(self) -> None:
        """Nothing stays open between calls."""

    def call(self, method: str, *arguments: Any, **named: Any) -> Any:
        number = next(self.line.numbers)
        self.line.calls[number] = method, arguments, named
        expected = acknowledged(number)
        try:
            if deadline.remaining_s() <= 0:
                raise TimeoutError
            with socket.create_connection(self.address, deadline.remaining_s()) as way:
                way.sendall(b"%d" % number)
                said = b""
                while len(said) < len(expected):
                    way.settimeout(max(0.001, deadline.remaining_s()))
                    more = way.recv(100)
                    said += more
                    if not more or deadline.remaining_s() <= 0:
                        raise TimeoutError
        except OSError:
            raise ConnectorUnavailableError("Nobody answers.") from None
        if said != expected:
            raise ConnectorUnavailableError("The answer is garbled.")
        answer = self.line.answers[number]
        if isinstance(answer, Exception):
            raise answer
        return answer


def _method(name: str) -> Any:
    return lambda self, *arguments, **named: self.call(name, *arguments, **named)


for _name in [name for name in vars(Erp) if not name.startswith("_")]:
    setattr(Client, _name, _method(_name))


class Schema(colander.Schema):
    host = colander.SchemaNode(colander.String())
    port = colander.SchemaNode(colander.Integer())
    key = colander.SchemaNode(colander.String())

    def __init__(self, **options: Any) -> None:
        super().__init__(colander.Mapping(unknown="raise"), **options)


class Reference:
    name, title, capabilities, secret_fields = "reference", "Reference", frozenset(CAPABILITIES), ("key",)

    def __init__(self, line: Line) -> None:
        self.line = line

    def settings_schema(self) -> Any:
        return Schema()

    def open(self, config: Mapping[str, Any], secrets: Mapping[str, str], *, egress: Any) -> Any:
        try:
            values = Schema().deserialize({**config, **secrets})
        except colander.Invalid as error:
            raise ConnectorRejectedError(next(iter(error.asdict())), "This makes no sense.") from error
        if values["key"] != "right":
            raise ConnectorUnauthorisedError("The key is wrong.")
        return Client(self.line, (values["host"], values["port"]))
