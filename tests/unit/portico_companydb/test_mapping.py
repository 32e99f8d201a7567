"""Rows become values, or problems in words: never a crash."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico_companydb import mapping
from portico_erp.values import Item, Price, Problem, RemoteOrder, RemoteQuote

MOMENT = datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2)))
ITEM = {
    "kind": "material",
    "code": "S1",
    "name": "Steel",
    "description": "",
    "price": Decimal("1000.00"),
    "category": "Sheets",
    "unit": "piece",
    "tax_rate": Decimal("20.00"),
    "is_active": True,
    "updated_at": MOMENT,
}
QUOTE = {
    "id": 7,
    "number": "Q-7",
    "portal_reference": None,
    "customer": "C1",
    "status": "priced",
    "currency": "EUR",
    "note": "",
    "po_number": None,
    "reason": "",
    "net_total": Decimal(1),
    "tax_total": Decimal(0),
    "gross_total": Decimal(1),
    "valid_until": date(2026, 4, 1),
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
ORDER = {
    "id": 9,
    "number": "O-9",
    "quote_id": 7,
    "quote_number": "Q-7",
    "customer": "C1",
    "status": "shipped",
    "currency": "EUR",
    "po_number": None,
    "note": "",
    "net_total": Decimal(1),
    "tax_total": Decimal(0),
    "gross_total": Decimal(1),
    "expected_on": None,
    "ordered_at": MOMENT,
    "updated_at": MOMENT,
}
LINE = {
    "item_kind": "material",
    "item_code": "S1",
    "name": "Steel",
    "unit": "piece",
    "quantity": Decimal("2.500"),
    "unit_price": Decimal("3.3333"),
    "tax_rate": Decimal(20),
    "note": "",
    "line_total": Decimal("8.33"),
}
DELIVERY = {
    "id": 3,
    "number": "D-3",
    "shipped_at": MOMENT,
    "delivered_at": None,
    "carrier": "",
    "tracking_number": "",
    "tracking_url": None,
    "note": "",
}


def test_item_keeps_money_exact_and_time_in_utc() -> None:
    item = mapping.item(ITEM, "EUR")
    assert isinstance(item, Item)
    assert (item.ref, item.price, item.currency) == ("material:S1", Decimal("1000.00"), "EUR")
    assert item.updated_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert item.updated_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("price", None, "missing"),
        ("price", Decimal("NaN"), "not_a_number"),
        ("price", Decimal("Infinity"), "not_a_number"),
        ("price", Decimal("-0.01"), "negative"),
        ("price", Decimal(10) ** 30, "too_large"),
        ("price", "12", "not_a_number"),
        ("price", True, "not_a_number"),
        ("price", float("nan"), "not_a_number"),
        ("tax_rate", Decimal(101), "too_large"),
        ("tax_rate", Decimal("100.5"), "out_of_range"),
        ("name", "", "missing"),
        ("name", None, "missing"),
        ("name", "x" * 501, "too_long"),
        ("kind", "vehicle", "not_a_choice"),
        ("updated_at", "infinity", "out_of_range"),
        ("updated_at", datetime(2026, 1, 1), "no_time_zone"),
        ("code", "", "missing"),
        ("unit", "u" * 51, "too_long"),
    ],
)
def test_absurd_cell_is_a_problem_in_words(field: str, value: Any, code: str) -> None:
    assert isinstance(mapping.item(ITEM, "EUR"), Item)
    problem = mapping.item(ITEM | {field: value}, "EUR")
    assert isinstance(problem, Problem)
    assert problem.code == code
    said = problem.message.interpolate()
    assert said.startswith(str(mapping.FIELDS[field])), said
    assert field in mapping.FIELDS
    json.dumps(problem.payload)


def test_claim_code_stays_out_of_a_problem() -> None:
    row = {
        "code": "C1",
        "name": None,
        "email": "",
        "claim_code": "SECRET",
        "currency": "EUR",
        "price_list": None,
        "is_active": True,
        "updated_at": MOMENT,
    }
    problem = mapping.customer(row)
    assert isinstance(problem, Problem)
    assert "SECRET" not in repr(problem)


def test_link_that_is_no_web_address_is_a_problem() -> None:
    good = DELIVERY | {"tracking_url": "https://track.example/1"}
    assert isinstance(mapping.order(ORDER, [LINE], [good], {}), RemoteOrder)
    for address in ("javascript:alert(1)", "data:text/html,x", "//x", 'https://x"onclick=', "ftp://x"):
        assert isinstance(mapping.order(ORDER, [LINE], [DELIVERY | {"tracking_url": address}], {}), Problem)


def test_price_takes_the_break_and_among_equals_the_lowest() -> None:
    def entry(break_at: int, price: str) -> dict[str, Any]:
        return {
            "min_quantity": Decimal(break_at),
            "price": Decimal(price),
            "list_name": "Gold",
            "list_currency": "USD",
        }

    now = datetime.now(UTC)
    entries = [entry(0, "9"), entry(10, "8"), entry(10, "7"), entry(100, "1")]
    best = mapping.price(ITEM, Decimal(10), entries, "EUR", now)
    assert isinstance(best, Price)
    assert (best.unit_price, best.currency, best.price_list) == (Decimal(7), "USD", "Gold")
    listed = mapping.price(ITEM, Decimal(10), [entry(11, "1")], "EUR", now)
    assert isinstance(listed, Price)
    assert (listed.unit_price, listed.currency, listed.price_list) == (Decimal("1000.00"), "EUR", None)


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.decimals(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
    st.binary(),
)


@given(st.sampled_from(sorted(ITEM)), ANYTHING)
def test_no_item_cell_crashes(field: str, value: Any) -> None:
    mapping.item(ITEM | {field: value}, "EUR")


@given(st.sampled_from(sorted(QUOTE)), ANYTHING, st.sampled_from(sorted(LINE)), ANYTHING)
def test_no_quote_cell_crashes(field: str, value: Any, line_field: str, line_value: Any) -> None:
    assert isinstance(mapping.quote(QUOTE, [LINE]), RemoteQuote)
    mapping.quote(QUOTE | {field: value}, [LINE])
    mapping.quote(QUOTE, [LINE | {line_field: line_value}])


@given(st.sampled_from(sorted(ORDER)), ANYTHING, st.sampled_from(sorted(DELIVERY)), ANYTHING)
def test_no_order_cell_crashes(field: str, value: Any, sent_field: str, sent_value: Any) -> None:
    mapping.order(ORDER | {field: value}, [LINE], [DELIVERY], {})
    mapping.order(ORDER, [LINE], [DELIVERY | {sent_field: sent_value}], {3: [LINE]})


@given(st.text())
def test_no_item_reference_crashes(ref: str) -> None:
    parsed = mapping.parse_item_ref(ref)
    assert parsed is None or mapping.item_ref(*parsed) == ref
