"""Shapes of answers: what is recorded of the real system, and where a simulator drifts away from it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from portico_erp.conformance.recordings import Recorder, by_path, differences, merge, shape_of

REAL = shape_of([{"id": 1, "name": "A", "price": Decimal("1.5"), "tax": None, "tags": ["x"]}, {"id": 2, "name": "B", "price": 1,
                                                                                            "tax": "T", "tags": [], "old": True}])  # fmt: skip


def test_shape_merges_what_differs_from_record_to_record() -> None:
    assert REAL == [
        {"id": "number", "name": "string", "price": "number", "tax": "null|string", "tags": ["string"], "old?": "boolean"}
    ]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"id": 7, "name": "C", "price": 2, "tax": None, "tags": []}, []),
        ({"id": 7, "name": "C", "price": 2, "tax": None, "tags": [], "old": False}, []),
        ({"id": "7", "name": "C", "price": 2, "tax": None, "tags": []}, ["answer[].id is string, and number in the recording"]),
        ({"id": 7, "name": "C", "price": 2, "tax": None, "tags": {}}, ["answer[].tags is of another kind than in the recording"]),
        ({"id": 7, "price": 2, "tax": None, "tags": [], "new": 1}, ["answer[].name is missing", "answer[].new is not in the recording"]),
    ],
)
def test_simulator_that_drifts_away_is_told_where(record: dict[str, object], said: list[str]) -> None:
    assert differences(shape_of([record]), REAL) == said


def test_record_that_is_sometimes_missing_fits() -> None:
    shape = merge(shape_of({"customer": None}), shape_of({"customer": {"id": 1}}))
    assert differences(shape_of({"customer": {"id": 2}}), shape) == []
    assert differences(shape_of({"customer": None}), shape) == []


def test_calls_are_named_without_their_records() -> None:
    assert by_path("GET", "https://erp.example/api/orders/17/lines?limit=3", None) == "GET /api/orders/{}/lines"


def test_recording_is_written_and_read(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "recordings" / "answers.json", "Small ERP 1.0")
    assert recorder.read() == {}
    recorder.note("GET /items", [{"id": 1}])
    recorder.note("GET /items", [{"id": 2, "name": "B"}])
    recorder.write()
    assert recorder.read() == {"GET /items": [{"id": "number", "name?": "string"}]}
