"""The invented companies hold what the demo promises, and the same every time."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from types import ModuleType

import pytest

from portico_demo import nile, turinova

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("company", [turinova, nile])
def test_same_moment_same_company(company: ModuleType) -> None:
    assert company.build(NOW) == company.build(NOW)


@pytest.mark.parametrize(("company", "items"), [(turinova, 300), (nile, 119)])
def test_catalogue_has_all_kinds_and_no_code_twice(company: ModuleType, items: int) -> None:
    built = company.build(NOW)
    assert len(built.items) == items
    assert len({item.code for item in built.items}) == items
    assert {item.kind for item in built.items} == {"material", "accessory", "service", "fee"}
    assert all(item.price > 0 and item.price == item.price.quantize(Decimal("0.01")) for item in built.items)


@pytest.mark.parametrize(
    ("name", "price"), [("Tôle d'acier", "1000.00"), ("Tôle d'aluminium", "800.00"), ("Panneau de bois", "200.00")]
)
def test_turinova_sells_the_three_known_materials(name: str, price: str) -> None:
    (item,) = [item for item in turinova.items() if item.name == name]
    assert (item.kind, item.price) == ("material", Decimal(price))


def test_nile_names_are_arabic_and_described_in_english() -> None:
    for item in nile.items():
        assert any("\u0600" <= character <= "\u06ff" for character in item.name)
        assert item.description.isascii() or "×" in item.description


def test_customer_of_the_demo_has_two_addresses() -> None:
    (customer,) = [one for one in turinova.build(NOW).customers if one.code == turinova.DEMO_CUSTOMER]
    assert [one.city for one in customer.addresses] == ["Lyon", "Nantes"]
    assert customer.contact[0]


@pytest.mark.parametrize("company", [turinova, nile])
def test_history_is_in_the_past_and_in_every_state(company: ModuleType) -> None:
    built = company.build(NOW)
    assert all(order.ordered_at <= NOW for order in built.orders)
    assert max(order.ordered_at for order in built.orders).date() == NOW.date()
    assert {order.status for order in built.orders} >= {"pending", "processing", "shipped", "delivered"}
    assert sum(order.customer == company.DEMO_CUSTOMER for order in built.orders) > 30
