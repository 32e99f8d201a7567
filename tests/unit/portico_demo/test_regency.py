"""The shipped extract is cleaned by the stated rules, and every row is accounted for."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest

from portico_demo import regency, regency_company
from portico_demo.company import Company

DROPPED = {
    "entries of the books (discount, manual, samples, bad debt)": 45,
    "remarks of the warehouse (damaged, lost, test, none)": 2081,
    "rows of cancellations": 1231,
    "rows with a price of zero or less": 8,
    "rows without a customer": 394,
}
NOTED = {
    "codes in lower case, upper-cased": 3,
    "orders that a cancellation returns in full": 17,
    "products with several descriptions, the commonest taken": 144,
}
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def cleaned() -> regency.Cleaned:
    return regency.clean(regency.read_rows())


@pytest.fixture(scope="module")
def company() -> Company:
    return regency_company.build(NOW)[0]


def test_extract_is_small_enough_to_ship() -> None:
    assert len(files("portico_demo").joinpath("data/regency.csv.gz").read_bytes()) <= 1_000_000


def test_every_row_is_loaded_or_counted_as_dropped(cleaned: regency.Cleaned) -> None:
    lines = sum(len(invoice.lines) for invoice in cleaned.invoices.values())
    assert cleaned.rows == 65_281
    assert lines == 61_522
    assert dict(cleaned.dropped) == DROPPED
    assert lines + sum(cleaned.dropped.values()) == cleaned.rows


def test_counts_are_exact(cleaned: regency.Cleaned) -> None:
    assert Counter(product.kind for product in cleaned.products.values()) == {
        "material": 2646,
        "accessory": 516,
        "fee": 4,
    }
    assert len(cleaned.invoices) == 1659
    assert len({invoice.customer for invoice in cleaned.invoices.values()}) == 60
    assert dict(cleaned.noted) == NOTED


def test_no_remark_of_the_warehouse_became_a_name(cleaned: regency.Cleaned) -> None:
    names = {product.name.lower() for product in cleaned.products.values()}
    assert not names & {"damaged", "check", "test", "found", "thrown away", "adjustment"}
    assert not [name for name in names if "?" in name]


def test_no_line_has_a_quantity_or_price_of_zero_or_less(cleaned: regency.Cleaned) -> None:
    for invoice in cleaned.invoices.values():
        assert all(line.quantity > 0 and line.price > 0 for line in invoice.lines)


@pytest.mark.parametrize("hour", [0, 6, 12, 23])
def test_newest_order_is_of_today_and_none_of_the_future(hour: int) -> None:
    now = datetime(2027, 2, 28, hour, 5, tzinfo=UTC)
    newest = max(order.ordered_at for order in regency_company.build(now)[0].orders)
    assert newest <= now
    assert newest.date() == now.date()


def test_orders_move_by_whole_days(cleaned: regency.Cleaned, company: Company) -> None:
    moved = {order.number: order.ordered_at for order in company.orders}
    shift = regency.shift(cleaned.invoices.values(), NOW)
    assert shift % timedelta(days=1) == timedelta(0)
    kept = [number for number, invoice in cleaned.invoices.items() if moved[number] == invoice.at + shift]
    assert len(kept) >= len(moved) - 5


def test_all_four_kinds_and_states_are_there(company: Company) -> None:
    assert {item.kind for item in company.items} == {"material", "accessory", "service", "fee"}
    assert {order.status for order in company.orders} == {
        "pending",
        "processing",
        "shipped",
        "delivered",
        "cancelled",
    }


def test_demo_customer_is_busy_and_has_prices_of_its_own(company: Company) -> None:
    customer = next(one for one in company.customers if one.code == regency_company.DEMO_CUSTOMER)
    assert customer.claim_code == "REG-14606"
    assert customer.price_list == "TRADE"
    assert sum(order.customer == customer.code for order in company.orders) > 50
