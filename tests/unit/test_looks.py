"""Few looks stand for all of them."""

from __future__ import annotations

import itertools

import pytest
from tests.browser.looks import LOOKS, pairs

KINDS = ("theme", "direction", "mode", "width")


@pytest.mark.parametrize("first", range(4))
def test_three_pages_in_a_row_are_seen_in_all_pairs(first: int) -> None:
    seen = [look for index in range(first, first + 3) for look in pairs(index)]
    for one, other in itertools.combinations(KINDS, 2):
        met = {(getattr(look, one), getattr(look, other)) for look in seen}
        assert met == {(getattr(look, one), getattr(look, other)) for look in LOOKS}


@pytest.mark.parametrize("index", range(4))
def test_each_page_is_seen_in_both_colours_of_each_theme_and_direction(index: int) -> None:
    assert len({(look.theme, look.direction) for look in pairs(index)}) == 4
    assert len({(look.theme, look.mode) for look in pairs(index)}) == 4
    assert len({(look.direction, look.mode) for look in pairs(index)}) == 4
