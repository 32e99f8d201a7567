"""Two companies that have everything; see world.py."""

from __future__ import annotations

import pytest
from tests.walls.used import Used
from tests.walls.world import Side, build_side, prove_everybody

from portico.testing.portal import Portal


@pytest.fixture(scope="session")
def shared_left(portal: Portal) -> Side:
    return build_side(portal)


@pytest.fixture(autouse=True)
def just_proved(request: pytest.FixtureRequest) -> None:
    """What asks again who sits there does so ten minutes after they proved it: no test is to depend on when it runs."""
    for name in ("shared_left", "right"):
        if name in request.fixturenames:
            prove_everybody(request.getfixturevalue(name))


@pytest.fixture(scope="session")
def used(portal: Portal) -> Used:
    return Used(portal)


@pytest.fixture(scope="session")
def left(shared_left: Side) -> Side:
    return shared_left


@pytest.fixture(scope="session")
def right(portal: Portal) -> Side:
    return build_side(portal)
