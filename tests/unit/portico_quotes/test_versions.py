"""What belongs together on two sides of a comparison, and how a version survives being stored."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.errors import NotFoundError
from portico_quotes.versions import Pair, Position, chosen, in_sections, pairs, placed, renamed


def position(ref: str, quantity: str = "1", price: str | None = "10", **more: Any) -> Position:
    exact = None if price is None else Decimal(price)
    return Position(**{"ref": ref, "code": ref, "name": ref, "unit": "piece", "quantity": Decimal(quantity), "price": exact,
                       "tax_rate": Decimal(20), "note": "", **more})


A, B, C, D = (position(one) for one in "ABCD")


def test_each_line_finds_its_own_and_what_went_stays_where_it_was() -> None:
    dearer = replace(C, price=Decimal(12))
    found = pairs([A, B, C], [C, dearer, D])
    assert [(one.kind, one.before, one.after) for one in found] == [
        ("removed", A, None), ("removed", B, None), ("same", C, C), ("added", None, dearer), ("added", None, D)]
    (changed,) = pairs([C], [dearer])
    assert (changed.kind, changed.differs("price"), changed.differs("quantity")) == ("changed", True, False)


def test_a_line_in_another_section_is_not_the_same_also_in_versions_kept_before_any_was_compared() -> None:
    metal, work = (position(f"section:{one}", name=one, kind="section", price=None) for one in ("Metal", "Work"))
    kept = [Position.read(one.stored()) for one in (A, metal, B, work, C)]
    assert [(one.ref, title) for one, title in placed(kept)] == [("A", None), ("B", "Metal"), ("C", "Work")]
    assert all("section" not in one.stored() for one in in_sections(kept))
    found = pairs(in_sections(kept), in_sections([A, metal, work, B, C]))
    assert [(one.after.ref, one.kind) for one in found if one.after and not one.after.kind] == [
        ("A", "same"), ("B", "changed"), ("C", "same")]


def section(title: str) -> Position:
    return position(f"section:{title}", name=title, kind="section", price=None)


def kinds_of(before: list[Position], after: list[Position]) -> list[tuple[str, str]]:
    found = pairs(in_sections(before), in_sections(after))
    return [((one.after or one.before).name, one.kind) for one in found if one.after or one.before]  # type: ignore[union-attr]


def test_a_section_with_another_title_is_renamed_and_its_lines_are_the_same() -> None:
    found = kinds_of([A, section("Metal"), B, C], [A, section("Steel"), B, C])
    assert found == [("A", "same"), ("Steel", "renamed"), ("B", "same"), ("C", "same")]
    assert kinds_of([section("Metal"), B, C], [section("Steel"), B, replace(C, price=Decimal(12)), D]) == [
        ("Steel", "renamed"), ("B", "same"), ("C", "changed"), ("D", "added")]
    assert kinds_of([section(""), B], [section("Steel"), B]) == [("Steel", "renamed"), ("B", "same")]


def test_a_line_that_leaves_a_renamed_section_is_changed() -> None:
    assert kinds_of([section("Metal"), A, B, C], [section("Steel"), A, B, section("Work"), C]) == [
        ("Steel", "renamed"), ("A", "same"), ("B", "same"), ("Work", "added"), ("C", "changed")]
    assert kinds_of([section("Metal"), A, B, C], [C, section("Steel"), A, B]) == [
        ("C", "changed"), ("Steel", "renamed"), ("A", "same"), ("B", "same")]


def test_a_section_whose_lines_went_elsewhere_is_no_other_one() -> None:
    two = [section("Metal"), A, B], [section("Steel"), A, section("Work"), B]
    assert renamed(*two) == {}, "half of it is not most of it"
    assert ("Metal", "removed") in kinds_of(*two)
    swapped = [section("Metal"), A, section("Work"), B], [section("Work"), A, section("Metal"), B]
    assert renamed(*swapped) == {}, "both titles are there"
    assert renamed([section("Metal"), A, section("Iron"), B, C], [section("Steel"), A, B, C]) == {"Iron": "Steel"}


def test_what_was_left_out_stands_behind_the_line_it_followed() -> None:
    assert [(one.before or one.after).ref for one in pairs([A, B, C], [A, D, C]) if (one.before or one.after)] == ["A", "B", "D", "C"]


def test_a_line_that_is_on_one_side_differs_in_nothing() -> None:
    assert not Pair(A, None).differs("price")
    assert not Pair(None, A).differs("price")


lines = st.lists(
    st.builds(position, st.sampled_from("ABC"), st.sampled_from(["1", "2.5"]), st.sampled_from(["10", "0.01", None]))
    | st.builds(section, st.sampled_from(["", "Metal", "Work"])),
    max_size=8,
)


@given(lines, lines)
def test_every_line_of_both_sides_is_there_once(before: list[Position], after: list[Position]) -> None:
    found = pairs(in_sections(before), in_sections(after))
    assert [replace(one.after, section=None) for one in found if one.after is not None] == after
    there = (replace(one.before, section=None) for one in found if one.before is not None)
    assert sorted(map(repr, there)) == sorted(map(repr, before))
    both = [(one.before, one.after) for one in found if one.before is not None and one.after is not None]
    assert all(one.ref == other.ref or (one.kind, other.kind) == ("section", "section") for one, other in both)


@given(lines)
def test_a_stored_line_is_read_as_it_was(some: list[Position]) -> None:
    assert [Position.read(one.stored()) for one in some] == some


def test_two_are_chosen_the_older_first() -> None:
    found: Any = [SimpleNamespace(number=one) for one in (1, 2, 3)]
    assert [one.number for one in chosen(found, None, None)] == [2, 3]
    assert [one.number for one in chosen(found, 3, 1)] == [1, 3]
    with pytest.raises(NotFoundError):
        chosen(found, 1, 9)
