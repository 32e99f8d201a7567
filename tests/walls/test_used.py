"""What is tried again in a new company, and what is not."""

from __future__ import annotations

import pytest
from tests.walls.used import NotDoneError, Used
from tests.walls.world import Side


def test_who_may_and_does_not_succeed_is_given_a_new_company(used: Used) -> None:
    sides: list[Side] = []

    def succeeds_in_a_new_one(side: Side) -> None:
        sides.append(side)
        if len(sides) == 1:
            raise NotDoneError

    used.attempt(lambda side: None)
    used.attempt(succeeds_in_a_new_one)
    assert len({side.company.id for side in sides}) == 2


@pytest.mark.parametrize("found", [AssertionError("let in"), LookupError("the test itself")], ids=repr)
def test_a_leak_that_needs_what_others_left_is_not_tried_away(used: Used, found: Exception) -> None:
    sides: list[Side] = []

    def leaks_in_a_used_one(side: Side) -> None:
        sides.append(side)
        raise found

    used.attempt(lambda side: None)
    with pytest.raises(type(found)) as told:
        used.attempt(leaks_in_a_used_one)
    assert (told.value, len(sides)) == (found, 1)
