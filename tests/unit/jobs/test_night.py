"""Work of the night comes once a day, between one and five by the company's own clocks, each company's at its own moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from portico.jobs.scheduler import falls_at_night, may_fall_in, night_s

STEP = timedelta(seconds=450)
SPRING, AUTUMN = datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 10, 22, tzinfo=UTC)
"""A month from each holds the days on which clocks are changed in Europe and in America."""


@pytest.mark.parametrize("since", [SPRING, AUTUMN])
@pytest.mark.parametrize(
    "name", ["UTC", "Europe/Paris", "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe",
             "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Cairo"],
)  # fmt: skip
def test_each_day_has_one_moment_and_it_is_night(name: str, since: datetime) -> None:
    zone = ZoneInfo(name)
    night = night_s("connections.compare", f"company of {name}")
    found = []
    for n in range(int(timedelta(days=28) / STEP)):
        after, until = since + n * STEP, since + (n + 1) * STEP
        if falls_at_night(after, until, night, zone):
            assert may_fall_in(after, until, night)
            found.append(until.astimezone(zone))
    assert len({one.date() for one in found}) == len(found) in (27, 28)
    assert {one.hour for one in found} <= {1, 2, 3, 4, 5}
    assert all(one.hour < 5 or one.minute * 60 + one.second <= STEP.seconds for one in found)


def test_no_zone_is_passed_over_unasked() -> None:
    """Only of those whose moment it may be is the zone asked."""
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    for n, name in enumerate(sorted(available_timezones())):
        night, zone = night_s("connections.compare", str(n)), ZoneInfo(name)
        steps = [(midnight + k * STEP, midnight + (k + 1) * STEP) for k in range(int(timedelta(days=1) / STEP))]
        at = [one for one in steps if falls_at_night(*one, night, zone)]
        assert len(at) == 1
        assert may_fall_in(*at[0], night), name


def test_sixty_connections_do_not_begin_at_once() -> None:
    moments = sorted(night_s("connections.compare", str(n)) for n in range(60))
    assert 3600 <= moments[0] < moments[-1] < 5 * 3600
    assert max(sum(one <= other < one + 300 for other in moments) for one in moments) <= 8


def test_a_night_that_was_slept_through_is_made_up_for_once() -> None:
    until = datetime(2026, 11, 22, 12, tzinfo=UTC)
    night = night_s("connections.compare", "one")
    assert falls_at_night(until - timedelta(days=20), until, night, UTC)
    assert not falls_at_night(until - timedelta(hours=6), until, night, UTC)
