"""Where options that are left stand in what the company offers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portico_quotes.grouping import SECTION, binding, with_left


def line(ref: str, chosen: bool = True) -> Any:
    return SimpleNamespace(kind="", item_ref=ref, chosen=chosen)


def section(name: str) -> Any:
    return SimpleNamespace(kind=SECTION, item_ref="", name=name, chosen=True)


def named(rows: list[Any]) -> str:
    return " ".join(one.item_ref or one.name for one in rows)


def test_they_stand_behind_their_own_section_and_keep_one_that_is_theirs_alone() -> None:
    metal, roof, work, further = (section(one) for one in ("Metal", "Roof", "Work", "Further"))
    before = [line("x", False), metal, line("a"), line("y", False), roof, line("z", False), work, line("b")]
    offered = [metal, line("a"), work, line("b"), further, line("c")]
    assert named(with_left(offered, before)) == "x Metal a y Roof z Work b Further c"
    assert named(with_left([line("b")], [metal, line("z", False), section("Empty")])) == "b Metal z"


def test_what_the_company_put_in_is_left_no_more() -> None:
    assert named(with_left([line("a"), line("y")], [line("a"), line("y", False)])) == "a y"


def test_sections_that_are_torn_apart_hold_none_any_more() -> None:
    before = [section("Metal"), line("a"), line("y", False), section("Roof"), line("z", False), section("Work"), line("b")]
    assert named(with_left([line("b"), line("a")], before)) == "b a y z"


rows = st.lists(st.one_of(st.builds(line, st.sampled_from("abc")), st.builds(line, st.sampled_from("xyz"), st.just(False)),
                          st.builds(section, st.sampled_from("ST"))), max_size=10)


@given(rows, st.lists(st.builds(line, st.sampled_from("abcx")), max_size=5), st.booleans())
def test_what_is_binding_stays_so_in_its_order(before: list[Any], more: list[Any], keeps: bool) -> None:
    offered = [*(binding(before) if keeps else []), *more]
    found = with_left(offered, before)
    assert binding(found) == binding(offered)
    refs = {one.item_ref for one in offered if one.kind != SECTION}
    assert [one for one in before if not one.chosen and one.item_ref not in refs] == [one for one in found if not one.chosen]
