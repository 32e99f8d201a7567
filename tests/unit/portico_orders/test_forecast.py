"""Predicting a day from how long former orders took, and testing that without looking ahead."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from portico_orders.forecast import ALL, FEWEST, WINDOW, Interval, Outcome, Past, backtest, interval, known_on

START = dt.date(2025, 1, 1)


def placed(day: int, took: int, kind: str = ALL) -> Past:
    ordered = START + dt.timedelta(days=day)
    return Past(ordered, ordered + dt.timedelta(days=took), kind)


def test_interval_leaves_a_tenth_on_each_side() -> None:
    assert interval(dict.fromkeys(range(1, 101), 1)) == Interval(10, 50, 90, 100)
    assert interval({6: 40}) == Interval(6, 6, 6, 40)


def test_nothing_is_predicted_from_fewer_than_thirty() -> None:
    assert interval({5: FEWEST - 1}) is None
    assert interval({5: FEWEST}) is not None
    assert interval({}) is None


def test_an_order_that_waits_is_compared_with_those_that_took_as_long() -> None:
    days = {3: 100, 8: 20, 12: 20}
    assert interval(days) == Interval(3, 3, 12, 140)
    late = interval(days, waited=4)
    assert late is not None
    assert (late.low, late.high, late.deliveries) == (8, 12, 40)
    assert interval(days, waited=9) is None  # twenty say too little
    assert interval(days, waited=13) is None


def test_a_kind_with_too_few_of_its_own_is_predicted_by_all() -> None:
    known = known_on(START + dt.timedelta(days=100), [*(placed(n, 4, "material") for n in range(40)), *(placed(n, 20, "fee") for n in range(5))])
    assert known.predict("material") == Interval(4, 4, 4, 40)
    assert known.predict("fee") == known.predict("service") == interval({4: 40, 20: 5})


def test_what_is_older_than_a_year_is_forgotten() -> None:
    past = [placed(0, 30)] * 50 + [placed(700, 5)] * 50
    assert known_on(START + dt.timedelta(days=720), past).predict(ALL) == Interval(5, 5, 5, 50)


def test_backtest_does_not_look_ahead() -> None:
    """Forty orders took two days; then all take twenty. None of the later ones was delivered when the next was placed."""
    orders = [placed(n, 2) for n in range(40)] + [placed(100 + n, 20) for n in range(10)]
    result = backtest(orders)[ALL]
    first = 40 - FEWEST - 2  # thirty are known once the thirtieth has arrived, the day after
    assert result.tested == pytest.approx(first - 1 + 10, abs=1)
    assert result.errors[-10:] == [18] * 10
    assert result.inside == result.tested - 10


def test_the_order_in_which_orders_are_given_makes_no_difference() -> None:
    dice = random.Random(7)
    orders = [placed(dice.randrange(700), dice.randrange(1, 15), dice.choice(["material", "fee"])) for _ in range(400)]
    shuffled = dice.sample(orders, len(orders))
    assert backtest(orders) == backtest(shuffled)


def test_backtest_says_the_same_as_predicting_each_day_anew() -> None:
    """The slow way, which cannot look ahead as it filters by day."""
    dice = random.Random(11)
    orders = sorted(placed(dice.randrange(900), dice.randrange(0, 25), dice.choice(["material", "fee"])) for _ in range(300))
    expected = Outcome()
    for order in orders:
        predicted = known_on(order.ordered, [one for one in orders if one.delivered < order.ordered]).predict(order.kind)
        if predicted is not None:
            expected.add(predicted, order.days)
    assert expected.tested > 200
    assert backtest(orders)[ALL] == expected


def test_where_nothing_changes_four_fifths_are_inside() -> None:
    dice = random.Random(3)
    orders = [placed(n // 2, round(dice.gauss(20, 5))) for n in range(2000)]
    result = backtest(orders)[ALL]
    assert 0.8 <= result.inside / result.tested <= 0.9
    assert result.median_error in (3, 4)


def test_too_few_orders_are_not_tested() -> None:
    result = backtest([placed(n, 3) for n in range(20)])[ALL]
    assert (result.tested, result.median_error) == (0, None)
    assert backtest([])[ALL].tested == 0
    assert WINDOW == dt.timedelta(days=365)
