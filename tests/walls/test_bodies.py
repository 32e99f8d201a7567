"""What is said of routes beside the generated tests is still so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.walls.bodies import BEFORE, BODIES, SHOWN_ELSEWHERE
from tests.walls.test_routes import _route_table

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("named", sorted(set(SHOWN_ELSEWHERE.values())))
def test_an_exemption_names_a_test_that_exists(named: str) -> None:
    file, _, test = named.partition("::")
    assert re.search(rf"^def {re.escape(test)}\(", (ROOT / file).read_text(), re.M)


def test_what_is_declared_is_for_routes_that_exist() -> None:
    routes = {spec.name for spec in _route_table()}
    assert (BODIES.keys() | BEFORE.keys()) - routes == set()
    assert SHOWN_ELSEWHERE.keys() - {(spec.name, spec.method) for spec in _route_table()} == set()
