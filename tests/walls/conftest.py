"""Two companies that have everything; see world.py."""

from __future__ import annotations

import pytest
from tests.walls.used import Used
from tests.walls.world import Side, build_side

from portico.testing.portal import Portal


@pytest.fixture(scope="session")
def shared_left(portal: Portal) -> Side:
    return build_side(portal)


@pytest.fixture(scope="session")
def used(portal: Portal) -> Used:
    return Used(portal)


@pytest.fixture(scope="session")
def left(shared_left: Side) -> Side:
    return shared_left


@pytest.fixture(scope="session")
def right(portal: Portal) -> Side:
    return build_side(portal)
