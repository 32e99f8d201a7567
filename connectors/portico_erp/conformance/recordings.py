"""Shapes of a system's answers, recorded from the real one, so that a simulator cannot drift away from it unseen.

A shape is what JSON holds without its values: an object's keys (one with "?" at its end may be missing), a list's one kind of
element, and for the rest "string", "number", "boolean" or "null", several with "|" between them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portico.connections.http import GuardedHttp, HttpAnswer
from portico_erp.conformance.faults import READS
from portico_erp.conformance.reading import READERS
from portico_erp.conformance.stage import drain, needs, new_order, new_request
from portico_erp.values import QuoteDecision

Namer = Callable[[str, str, bytes | None], str]
"""The name of a call, of its method, address and body."""

Decoder = Callable[[bytes], Any]


def shape_of(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): shape_of(one) for key, one in value.items()}
    if isinstance(value, list):
        merged: Any = None
        for one in value:
            merged = shape_of(one) if merged is None else merge(merged, shape_of(one))
        return [] if merged is None else [merged]
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    return "number" if isinstance(value, int | float | Decimal) else "string"


def merge(one: Any, other: Any) -> Any:
    """The shape that both have. What is a list here and an object there is "mixed"."""
    if isinstance(one, dict) and isinstance(other, dict):
        mine, theirs = _keys(one), _keys(other)
        merged: dict[str, Any] = {}
        for key in [*mine, *(key for key in theirs if key not in mine)]:
            both = key in mine and key in theirs
            optional = not both or mine[key][1] or theirs[key][1]
            value = merge(mine[key][0], theirs[key][0]) if both else (mine.get(key) or theirs[key])[0]
            merged[key + "?" * optional] = value
        return merged
    if isinstance(one, list) and isinstance(other, list):
        return [merge(one[0], other[0])] if one and other else one or other
    if isinstance(one, str) and isinstance(other, str):
        return "|".join(sorted({*one.split("|"), *other.split("|")}))
    if "null" in (one, other):  # a record that is missing: the other says what it would be
        return one if other == "null" else other
    return "mixed"


def _keys(shape: Mapping[str, Any]) -> dict[str, tuple[Any, bool]]:
    return {key.removesuffix("?"): (value, key.endswith("?")) for key, value in shape.items()}


def differences(found: Any, recorded: Any, at: str = "answer") -> list[str]:
    """Where a simulator's shape is none that the real system's answers have."""
    if recorded == "mixed" or found == "null" and not isinstance(recorded, str):
        return []
    if isinstance(found, dict) and isinstance(recorded, dict):
        mine, theirs = _keys(found), _keys(recorded)
        said = [f"{at}.{key} is not in the recording" for key in mine if key not in theirs]
        said += [f"{at}.{key} is missing" for key, (_v, optional) in theirs.items() if key not in mine and not optional]
        for key in mine.keys() & theirs.keys():
            said += differences(mine[key][0], theirs[key][0], f"{at}.{key}")
        return sorted(said)
    if isinstance(found, list) and isinstance(recorded, list):
        return differences(found[0], recorded[0], f"{at}[]") if found and recorded else []
    if isinstance(found, str) and isinstance(recorded, str):
        strange = set(found.split("|")) - set(recorded.split("|"))
        return [f"{at} is {', '.join(sorted(strange))}, and {recorded} in the recording"] if strange else []
    return [f"{at} is of another kind than in the recording"]


def by_path(method: str, url: str, content: bytes | None) -> str:
    """The method and the path, with numbers and long identifiers as {}."""
    path = re.sub(r"^[a-z]+://[^/]+", "", url).partition("?")[0]
    return f"{method} " + re.sub(r"(?<=/)(\d+|[0-9a-f-]{32,36})(?=/|$)", "{}", path)


class Recorder:
    """Notes the shape of every JSON answer that connectors get through the portal's HTTP while it listens.

    file: where the recordings lie, in the connector's package. system: name and version of what is behind the stage.
    decode: the JSON of an answer's body, where that is packed in a way of the system's own; raises ValueError for what is none.
    """

    def __init__(self, file: Path, system: str, name: Namer = by_path, decode: Decoder = json.loads) -> None:
        self.file, self.system, self.name, self.decode = file, system, name, decode
        self.shapes: dict[str, Any] = {}

    def note(self, name: str, value: Any) -> None:
        found = shape_of(value)
        self.shapes[name] = merge(self.shapes[name], found) if name in self.shapes else found

    @contextmanager
    def listening(self) -> Iterator[None]:
        send = GuardedHttp._send

        def noted(http: GuardedHttp, method: str, url: str, headers: Any, content: Any, *rest: Any) -> HttpAnswer:
            answer = send(http, method, url, headers, content, *rest)
            if 200 <= answer.status < 300 and answer.body:
                try:
                    self.note(self.name(method, url, content), self.decode(answer.body))
                except (ValueError, RecursionError):
                    self.note(self.name(method, url, content), "")
            return answer

        patch = pytest.MonkeyPatch()
        patch.setattr(GuardedHttp, "_send", noted)
        try:
            yield
        finally:
            patch.undo()

    def write(self) -> None:
        """What was noted, beside what is recorded already of other calls."""
        answers = {**self.read(), **self.shapes}
        today = datetime.now(UTC).date().isoformat()
        held = {"system": self.system, "recorded_on": today, "answers": answers}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(held, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")

    def read(self) -> dict[str, Any]:
        """Call → shape; {} = nothing is recorded."""
        found: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))["answers"] if self.file.is_file() else {}
        return found


def _play(stage: Any, client: Any) -> tuple[str, str]:
    """Something of everything that the connector reads and the stage can play, so that its shape is seen.

    Returns the refs of an offer and of an invoice, "" = none.
    """

    def plays(capability: str, *names: str) -> bool:
        return capability in stage.connector.capabilities and all(hasattr(stage, name) for name in names)

    offer = invoice = ""
    if plays("catalogue", "set_price"):
        item = next(one for one in client.items(None, 1000).items if one.active)
        stage.set_price(item.ref, item.price)
    if plays("addresses", "add_address"):
        stage.add_address("Lyon")
    if plays("stock", "set_stock"):
        stage.set_stock(stage.own_price[0], Decimal(3), datetime.now(UTC).date() + timedelta(days=9))
    if not plays("quote_submission", "price_quote") or not plays("catalogue"):
        return offer, invoice
    if plays("orders", "order_from", "ship"):
        order = new_order(stage, client)
        if plays("invoices", "invoice_of", "pay", "credit"):
            invoice = stage.invoice_of(order)
            stage.pay(invoice, Decimal("0.01"))
            stage.credit(stage.invoice_of(new_order(stage, client)))
        stage.ship(order)
    if plays("quote_decisions"):
        request = new_request(stage, client)
        offer = client.submit(request).erp_ref
        stage.price_quote(request.reference)
    return offer, invoice


def _call(stage: Any, client: Any, offer: str, invoice: str) -> None:
    """All that the connector reads, and a quote and an answer that it writes."""
    client.test()
    for capability in sorted(stage.connector.capabilities & READS.keys()):
        READS[capability](stage, client)
    if {"quote_submission", "catalogue"} <= stage.connector.capabilities:
        client.submit(new_request(stage, client))
    if offer:
        client.decide(QuoteDecision(offer, True, "Carla"))
    for capability in sorted(stage.connector.capabilities & READERS.keys()):
        drain(getattr(client, READERS[capability]), limit=100)
    if invoice and "invoice_documents" in stage.connector.capabilities:
        client.invoice_document(invoice)


class RecordingsContract:
    @pytest.mark.rule("recorded")
    def test_answers_have_the_recorded_shapes(self, stage: Any, request: pytest.FixtureRequest) -> None:
        """With `--portico-live`, the recording is made anew of the real system's answers instead."""
        recorder: Recorder = needs(stage, "recorder").recorder
        client = stage.connector.open(stage.config, stage.secrets, egress=stage.egress)
        try:
            offer, invoice = _play(stage, client)
            with recorder.listening():
                _call(stage, client, offer, invoice)
        finally:
            client.close()
        assert recorder.shapes, "no JSON came through the portal's HTTP"
        if request.config.getoption("--portico-live", False):
            recorder.write()
        recorded = recorder.read()
        wrong = [
            f"{name}: {line}"
            for name, shape in recorder.shapes.items()
            for line in (differences(shape, recorded[name]) if name in recorded else ["was never recorded"])
        ]
        assert wrong == []
