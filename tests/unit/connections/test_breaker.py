"""The breaker opens after failures in a row, probes one at a time, and pauses longer each time."""

from __future__ import annotations

import pytest

from portico.connections.breaker import CLOSED, HALF_OPEN, OPEN, Breaker


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(failures=3, pause_s=5, longest_pause_s=20, clock=clock, jitter=lambda: 0.5)


def break_it(breaker: Breaker) -> None:
    for _turn in range(3):
        breaker.failed()


def test_opens_after_failures_in_a_row_only(breaker: Breaker) -> None:
    for _turn in range(5):
        breaker.failed()
        breaker.failed()
        breaker.answered()
    assert breaker.state == CLOSED
    break_it(breaker)
    assert breaker.state == OPEN
    assert breaker.admit() == 5


def test_one_probe_at_a_time_and_an_answer_closes(breaker: Breaker, clock: Clock) -> None:
    break_it(breaker)
    clock.now += 5
    assert breaker.state == HALF_OPEN
    assert breaker.admit() is None
    assert breaker.admit() is not None
    breaker.answered()
    assert (breaker.state, breaker.admit()) == (CLOSED, None)


def test_failed_probe_doubles_the_pause_up_to_the_longest(breaker: Breaker, clock: Clock) -> None:
    break_it(breaker)
    pauses = []
    for _turn in range(4):
        pauses.append(breaker.admit())
        clock.now += pauses[-1] or 0
        assert breaker.admit() is None
        breaker.failed()
    assert pauses == [5, 10, 20, 20]


def test_late_failures_of_calls_under_way_do_not_lengthen_the_pause(breaker: Breaker) -> None:
    break_it(breaker)
    break_it(breaker)
    assert breaker.admit() == 5


def test_probe_that_never_left_frees_the_way_for_the_next(breaker: Breaker, clock: Clock) -> None:
    break_it(breaker)
    clock.now += 5
    assert breaker.admit() is None
    breaker.released()
    assert breaker.admit() is None
