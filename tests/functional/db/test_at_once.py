"""Several starts at once on one server: each comes up, for its roles are the whole server's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg

from portico.db import roles, setup
from portico.testing.portal import Portal

AT_ONCE, TURNS = 8, 10


def test_roles_are_seen_to_by_one_at_a_time(portal: Portal) -> None:
    url, key = setup.admin_url(portal.settings), portal.settings.master_key

    def look_after(_number: int) -> None:
        with psycopg.connect(url, autocommit=True) as admin:
            for _turn in range(TURNS):
                with roles.alone(admin):
                    roles.ensure_roles(admin, key)
                    roles.ensure_database(admin, portal.settings.database)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(look_after, range(AT_ONCE)))


def test_several_starts_at_once_all_come_up(portal: Portal) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(lambda _n: setup.prepare(portal.settings, portal.parts.plugins), range(8)))
    assert applied == [[]] * 8
