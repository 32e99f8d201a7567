"""What a copy has of lines that name the same item."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from portico_quotes import quote_templates
from portico_quotes.reordering import Wish, once


def wish(ref: str | None, **more: Any) -> Wish:
    return Wish(ref, ref or "", "piece", Decimal(1), Decimal(10), **more)


def test_an_option_that_is_left_is_not_had_where_its_item_is_a_line_that_counts() -> None:
    left, other = wish("A", optional=True, chosen=False), wish("B", optional=True, chosen=False)
    assert once([left, other, wish("A"), wish(None)]) == [other, wish("A"), wish(None)]
    assert once([wish("A"), wish("A")]) == [wish("A"), wish("A")]


def test_a_template_that_was_kept_with_both_has_one() -> None:
    stored = {"item_ref": "A", "name": "A", "unit": "piece", "quantity": "1", "unit_price": "10", "note": ""}
    template = SimpleNamespace(lines=[{**stored, "optional": True, "chosen": False}, stored])
    assert quote_templates.wishes(template) == [wish("A")]
