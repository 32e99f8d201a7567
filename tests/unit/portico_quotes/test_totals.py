"""Totals are exact, whatever the numbers: what is printed adds up, and agrees with the company's own rule."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico_erp.currencies import smallest_unit
from portico_erp.totals import totals as of_the_contract
from portico_quotes.totals import line_total, plausible, total

quantities = st.decimals("0.0001", "999999", places=4)
prices = st.decimals("0", "100000", places=4)
rates = st.sampled_from([Decimal(0), Decimal("5.5"), Decimal(10), Decimal(20), Decimal("19.99")])
lines = st.lists(st.tuples(quantities, prices, rates), max_size=30)
currencies = st.sampled_from(["EUR", "JPY", "KWD", "EGP"])


@given(lines, currencies)
def test_what_is_shown_adds_up(given_lines: list, currency: str) -> None:
    sums = total(given_lines, currency)
    shown = [line_total(quantity, price, currency) for quantity, price, _rate in given_lines]
    assert sum(shown, Decimal(0)) == sums.net == sum((tax.base for tax in sums.taxes), Decimal(0))
    assert sum((tax.amount for tax in sums.taxes), Decimal(0)) == sums.tax
    assert sums.net + sums.tax == sums.gross
    for amount in (*shown, sums.net, sums.tax, sums.gross):
        assert isinstance(amount, Decimal)
        assert amount == amount.quantize(smallest_unit(currency))


@given(quantities, prices, currencies)
def test_line_is_rounded_half_up_once_from_the_exact_product(quantity: Decimal, price: Decimal, currency: str) -> None:
    unit = smallest_unit(currency)
    exact = Fraction(quantity) * Fraction(price)
    shown = line_total(quantity, price, currency)
    off = Fraction(shown) - exact
    assert -Fraction(unit) / 2 < off <= Fraction(unit) / 2


@given(lines, currencies)
def test_portal_and_company_agree(given_lines: list, currency: str) -> None:
    ours, theirs = total(given_lines, currency), of_the_contract(given_lines, currency)
    assert (ours.net, ours.tax, ours.gross) == (theirs.net, theirs.tax, theirs.gross)


@given(lines)
def test_order_of_lines_does_not_matter(given_lines: list) -> None:
    assert total(given_lines, "EUR") == total(reversed(given_lines), "EUR")


def test_tax_is_computed_on_the_sum_of_a_rate_not_per_line() -> None:
    sums = total([(Decimal(1), Decimal("0.02"), Decimal(20))] * 3, "EUR")
    assert (sums.net, sums.tax) == (Decimal("0.06"), Decimal("0.01"))  # per line it would be nothing


def test_half_goes_up_and_not_to_the_even_digit() -> None:
    assert line_total(Decimal(1), Decimal("0.125"), "EUR") == Decimal("0.125").quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal("0.13")


def test_line_without_price_counts_nothing() -> None:
    assert total([(Decimal(3), None, Decimal(20))], "EUR").gross == 0


@pytest.mark.parametrize(("quantity", "price", "fits"), [("999999", "1000000", True), ("999999", "1000002", False)])
def test_absurd_amounts_are_seen(quantity: str, price: str, fits: bool) -> None:
    assert plausible(Decimal(quantity), Decimal(price)) is fits
