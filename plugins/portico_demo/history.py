"""Invented but repeatable history for companies without real data: quotes and orders of the last eighteen
months.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from portico_demo.company import Company, DemoLine, DemoOrder, DemoQuote, status_by_age

DAYS = 540
_RECENT = (12, 8, 6, 4, 3, 2, 1, 0)
_OUTCOMES = ("accepted", "declined", "expired")


def add_history(company: Company, now: datetime, *, orders: int, quotes: int, seed: int, busy: str) -> None:
    """Half of it belongs to the customer `busy`. The same seed gives the same history, up to `now`."""
    dice = random.Random(seed)
    others = [customer.code for customer in company.customers if customer.code != busy]
    ages = sorted((dice.randrange(0, DAYS) for _ in range(orders - 8)), reverse=True) + list(_RECENT)
    for n, age in enumerate(ages, 1):
        at = min(_moment(dice, now, age), now)
        customer = busy if n % 2 == 0 or age < 4 else dice.choice(others)
        cancelled = age > 9 and dice.random() < 0.05
        company.orders.append(
            DemoOrder(
                f"O-{n:06}",
                customer,
                "cancelled" if cancelled else status_by_age(at, now),
                at,
                _lines(dice, company),
                company.note,
            )
        )
    add_quotes(company, now, quotes, dice, busy)


def add_quotes(company: Company, now: datetime, count: int, dice: random.Random, busy: str) -> None:
    """Numbered in the order in which they were made. The newest of `busy` waits for the company's price."""
    others = [customer.code for customer in company.customers if customer.code != busy]
    made = []
    for n in range(count):
        age = 3 * n + dice.randrange(1, 4)
        at = _moment(dice, now, age)
        status = "submitted" if n == 0 else "priced" if age < 20 else dice.choice(_OUTCOMES)
        reason = company.refusal if status == "declined" else ""
        valid_until = None if status == "submitted" else (at + timedelta(days=14 if status == "expired" else 30)).date()
        customer = dice.choice(others) if n % 2 else busy
        made.append(DemoQuote("", customer, status, at, _lines(dice, company), valid_until, reason))
    made.sort(key=lambda quote: quote.made_at)
    company.quotes.extend(replace(quote, number=f"Q-{n:06}") for n, quote in enumerate(made, 1))


def _moment(dice: random.Random, now: datetime, age: int) -> datetime:
    day = (now - timedelta(days=age)).date()
    return datetime(
        day.year, day.month, day.day, dice.randrange(7, 17), dice.randrange(60), tzinfo=now.tzinfo
    )


def _lines(dice: random.Random, company: Company) -> Sequence[DemoLine]:
    goods = [item for item in company.items if item.kind in ("material", "accessory")]
    extras = [item for item in company.items if item.kind in ("service", "fee")]
    chosen = dice.sample(goods, dice.randrange(1, 7)) + dice.sample(extras, dice.randrange(0, 3))
    return [
        DemoLine(
            item, Decimal(dice.choice((1, 2, 4, 5, 10)) if item in goods else 1), item.price, item.tax_rate
        )
        for item in chosen
    ]
