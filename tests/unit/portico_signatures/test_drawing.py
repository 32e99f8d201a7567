"""What a page sends as a drawing, and what is none."""

from __future__ import annotations

import json

import pytest

from portico.errors import InvalidError
from portico_signatures import drawing

GOOD = [[[0, 0], [600, 200]], [[5, 5]]]


def test_strokes_are_read_and_drawn_again() -> None:
    assert drawing.read(json.dumps(GOOD)) == GOOD
    assert drawing.lines(GOOD) == ["0,0 600,200", "5,5 5,5"]


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "null", "[]", "[[]]", "[[[0]]]", '[[["0", 1], [100, 100]]]', "[[[0.5, 1], [100, 100]]]", "[[[0, 0], [601, 1]]]",
        "[[[-1, 0], [100, 1]]]", "[[[true, 0], [100, 100]]]", "[[[0, 0], [1, 1]]]", "[" * 50_000,
        json.dumps([[[0, 0], [100, 0]]] * 201), json.dumps([[[0, 0]] * 5_001]), json.dumps(GOOD) + " " * 80_000,
    ],
)  # fmt: skip
def test_anything_else_is_refused_at_the_field(text: str) -> None:
    with pytest.raises(InvalidError) as refused:
        drawing.read(text)
    assert list(refused.value.fields) == ["/drawing"]
