"""How far back customers see."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from portico_orders.visibility import Limits


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("moment", "months", "oldest"),
    [
        ("2026-11-21", 24, "2024-11-21"),
        ("2026-01-15", 1, "2025-12-15"),
        ("2026-12-31", 1, "2026-11-30"),
        ("2024-02-29", 12, "2023-02-28"),
        ("2026-03-31", 13, "2025-02-28"),
        ("2026-11-21", 0, "2026-11-21"),
        ("2026-01-31", 2, "2025-11-30"),
        ("2026-12-15", 12, "2025-12-15"),
    ],
)
def test_history_is_counted_in_calendar_months(moment: str, months: int, oldest: str) -> None:
    assert Limits(history_months=months).oldest(at(moment)) == at(oldest)


def test_absurdly_long_history_is_all_of_it() -> None:
    assert Limits(history_months=10**9).oldest(at("2026-11-21")).year == 1


@pytest.mark.parametrize("wrong", [-1, "36", None, 1.5, True, []])
def test_wrong_setting_is_passed_over(wrong: Any) -> None:
    tenant: Any = SimpleNamespace(plugin_settings={"portico_orders": {"history_months": wrong, "draft_days": 3}})
    assert Limits.of(tenant) == Limits(24, 90, 3)
