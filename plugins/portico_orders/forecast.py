"""When an order will be there, from how long the company took before: an interval, and how often such intervals were right. Pure.

Time is counted in days where the company is, from ordering to the last delivery. The interval goes from the first day by which a
tenth of the former orders was there to the first by which nine tenths were. An order that waits already is compared with those
alone that took at least as long. From fewer than 30 nothing is predicted.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from statistics import median_low

FEWEST = 30
WINDOW = dt.timedelta(days=365)
"""What was delivered before that says nothing of today."""
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
ALL = ""


@dataclass(frozen=True, order=True)
class Past:
    """An order that was delivered as a whole. kind: of most of its value (`portico_erp.values.ItemKind`), "": none."""

    ordered: dt.date
    delivered: dt.date
    kind: str = ALL

    @property
    def days(self) -> int:
        return max(0, (self.delivered - self.ordered).days)


@dataclass(frozen=True)
class Interval:
    """Days from ordering. deliveries: former orders that it is made of."""

    low: int
    middle: int
    high: int
    deliveries: int


def interval(days: Mapping[int, int], waited: int = 0) -> Interval | None:
    """days: how many orders took how many days. waited: days that the order waits already. None: too few say anything."""
    fitting = sorted((one, count) for one, count in days.items() if one >= waited and count > 0)
    total = sum(count for _one, count in fitting)
    if total < FEWEST:
        return None
    low, middle, high = (_quantile(fitting, total, share) for share in (LOW, MIDDLE, HIGH))
    return Interval(low, middle, high, total)


def _quantile(fitting: list[tuple[int, int]], total: int, share: float) -> int:
    """The first day by which that share was there."""
    reached = 0
    for one, count in fitting:
        reached += count
        if reached >= share * total:
            return one
    return fitting[-1][0]


@dataclass
class Outcome:
    """How predictions would have fared. errors: days between the middle one and the real day, without sign."""

    tested: int = 0
    inside: int = 0
    errors: list[int] = field(default_factory=list)

    def add(self, predicted: Interval, real: int) -> None:
        self.tested += 1
        self.inside += predicted.low <= real <= predicted.high
        self.errors.append(abs(real - predicted.middle))

    @property
    def median_error(self) -> int | None:
        return median_low(self.errors) if self.errors else None


@dataclass
class Known:
    """What was known on some day: by kind, how many orders took how many days; of all under ALL."""

    days: dict[str, Counter[int]] = field(default_factory=dict)

    def add(self, past: Past, count: int = 1) -> None:
        for kind in {past.kind, ALL}:
            self.days.setdefault(kind, Counter())[past.days] += count

    def predict(self, kind: str, waited: int = 0) -> Interval | None:
        """By orders of that kind, if there are enough of them; else by all."""
        return interval(self.days.get(kind, {}), waited) or interval(self.days.get(ALL, {}), waited)


def backtest(orders: Iterable[Past]) -> dict[str, Outcome]:
    """Walk forward in time: predict each order on the day on which it was placed, from what had been delivered on days before it.

    By kind, and of all under ALL. An order for which nothing could be predicted that day is not tested.
    """
    known, found = Known(), {ALL: Outcome()}
    coming: list[tuple[dt.date, Past]] = []  # placed, to be learnt of once delivered
    going: list[tuple[dt.date, Past]] = []  # learnt of, to be forgotten once a year old
    for order in sorted(orders):
        while coming and coming[0][0] < order.ordered:
            delivered, past = heappop(coming)
            known.add(past)
            heappush(going, (delivered, past))
        while going and going[0][0] < order.ordered - WINDOW:
            known.add(heappop(going)[1], -1)
        predicted = known.predict(order.kind)
        if predicted is not None:
            for kind in {order.kind, ALL}:
                found.setdefault(kind, Outcome()).add(predicted, order.days)
        heappush(coming, (order.delivered, order))
    return found


def known_on(day: dt.date, orders: Iterable[Past]) -> Known:
    """What may be predicted from on that day."""
    known = Known()
    for order in orders:
        if day - WINDOW <= order.delivered < day:
            known.add(order)
    return known
