"""Cursors lose no row that commits late within the overlap, and hand over no row twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico_companydb.cursors import MOST_SEEN, Cursor
from portico_erp.errors import ConnectorRejectedError

START = datetime(2026, 1, 1, tzinfo=UTC)
OVERLAP = timedelta(seconds=30)


def read_all(
    cursor: Cursor, rows: dict[str, datetime], clock: datetime, size: int
) -> tuple[list[str], Cursor]:
    """What a reader would do with `rows` (ref → updated_at), in memory."""
    handed: list[str] = []
    while True:
        cursor = Cursor.parse(cursor.format()).begin(clock)
        order = sorted((at.isoformat(timespec="microseconds"), "", ref) for ref, at in rows.items())
        wanted = [
            row
            for row in order
            if (not cursor.since or row[0] >= cursor.since) and (cursor.after is None or row > cursor.after)
        ]
        page = wanted[:size]
        following = cursor.advance(
            [(ref, rows[ref], "", ref) for _at, _kind, ref in page], more=len(wanted) > size, overlap=OVERLAP
        )
        handed += [ref for _at, _kind, ref in page if cursor.is_new(ref, rows[ref])]
        cursor = following
        if len(wanted) <= size:
            return handed, cursor


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 300), st.integers(0, 29)), max_size=40),
    st.integers(1, 5),
    st.lists(st.integers(1, 40), min_size=1, max_size=12),
)
def test_every_change_is_handed_over_exactly_once(
    writes: list[tuple[int, int, int]], size: int, pauses: list[int]
) -> None:
    """`writes`: (record, second of the write, seconds until its commit); reads come in between at any pace.
    """
    stamped: dict[int, set[tuple[int, int]]] = {}
    for record, second, delay in writes:
        stamped.setdefault(record, set()).add((second, second + delay))
    cursor, now, handed = Cursor(), 0, {}  # type: ignore[var-annotated]
    for pause in [*pauses, 400]:
        now += pause
        visible = {
            str(record): START + timedelta(seconds=max(at for at, commit in all_ if commit <= now))
            for record, all_ in stamped.items()
            if any(commit <= now for _at, commit in all_)
        }
        new, cursor = read_all(cursor, visible, START + timedelta(seconds=now), size)
        for ref in new:
            assert (ref, visible[ref]) not in handed, "handed over twice"
            handed[ref, visible[ref]] = True
    for record, all_ in stamped.items():
        last = START + timedelta(seconds=max(at for at, _commit in all_))
        assert (str(record), last) in handed, "lost"


def test_cursor_stays_small_after_a_flood() -> None:
    rows = {str(n): START for n in range(MOST_SEEN * 2)}
    _handed, cursor = read_all(Cursor(), rows, START, 500)
    assert len(cursor.seen) <= MOST_SEEN
    assert len(cursor.format()) < MOST_SEEN * 80


@pytest.mark.parametrize("text", ["", "}{", "[]", "null", "1", '{"seen": 3}', '{"since": "x"}'])
def test_foreign_text_is_refused(text: str) -> None:
    with pytest.raises(ConnectorRejectedError):
        Cursor.parse(text)
