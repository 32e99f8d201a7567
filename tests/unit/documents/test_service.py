"""Who waits for whom, and what becomes of a company's broken logo."""

from __future__ import annotations

import base64
import threading
import uuid
from typing import Any

import pytest
from tests.unit.documents.setting import MOMENT, TEMPLATE, company, content, documents, pages, pdf

from portico.documents import rendering, service
from portico.documents.service import Documents
from portico.errors import BusyError
from portico.pluginhost.values import Document

ONE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
LETTER = Document(TEMPLATE, "Quote 7", MOMENT, content(["Tube"]))


class Held:
    """A typesetter that is busy until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go = threading.Semaphore(0), threading.Event()
        monkeypatch.setattr(rendering, "typeset", self.typeset)
        monkeypatch.setattr(service, "_WAIT_S", 0.05)

    def typeset(self, *_arguments: Any) -> bytes:
        self.begun.release()
        self.go.wait()
        return b"%PDF-"


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    return Held(monkeypatch)


def begin(made: Documents, person: uuid.UUID, held: Held) -> threading.Thread:
    thread = threading.Thread(target=made.make, args=(company(), "en", LETTER, person))
    thread.start()
    held.begun.acquire()
    return thread


def ended(held: Held, *threads: threading.Thread) -> None:
    held.go.set()
    for thread in threads:
        thread.join()


def test_nobody_has_two_made_at_a_time(held: Held) -> None:
    made = Documents(documents()._themes, 4)
    first = begin(made, ONE, held)
    try:
        with pytest.raises(BusyError):
            made.make(company(), "en", LETTER, ONE)
        other = begin(made, OTHER, held)
    finally:
        ended(held, first)
    ended(held, other)
    assert made.make(company(), "en", LETTER, ONE).content == b"%PDF-"


def test_half_of_the_threads_stay_for_pages(held: Held) -> None:
    made = Documents(documents()._themes, 2)
    first = begin(made, ONE, held)
    try:
        with pytest.raises(BusyError):
            made.make(company(), "en", LETTER, OTHER)
    finally:
        ended(held, first)


@pytest.mark.parametrize("data", [b"no picture", b"", b"RIFF1234"])
def test_a_logo_that_is_no_picture_costs_no_document(data: bytes) -> None:
    logo = {"data": base64.b64encode(data).decode(), "type": "image/png"}
    made = pdf(["Tube"], tenant=company(brand={"logo": logo}))
    assert pages(made)[0].startswith("Mill Lane Steel")
