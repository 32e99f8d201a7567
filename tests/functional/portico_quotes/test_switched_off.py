"""A real worker obeys the administrator's switch: what was enqueued waits while the plugin is off, and is done once it is on.

The worker's application is another one than the pages', as in an installation: it knows what the database tells it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from tests.functional.portico_quotes.conftest import Shop, open_shop

from portico.app import build
from portico.jobs.application import job_queue
from portico.jobs.process import WorkerProcess
from portico.testing.portal import Portal
from portico_demo.databases import CompanyLogin

PLUGIN, JOB = "portico_quotes", "quotes.submit"


@pytest.fixture(scope="module")
def quiet(portal: Portal) -> Iterator[Portal]:
    """A portal with no job of any other test."""
    name = f"{portal.settings.database}_switch"
    built = Portal.build(portal.settings.home, name, os.environ.get("PORTICO_TEST_DATABASE_URL"))
    yield built
    built.close()


@contextmanager
def worker(portal: Portal) -> Iterator[None]:
    parts = build(portal.settings)
    process = WorkerProcess(job_queue(parts, poll_s=0.1, tick_s=0.1), parts, threads=2)
    process.start()
    try:
        yield
    finally:
        process.stop(grace_s=30)
        parts.connections.close()
        parts.engine.dispose()


def eventually(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.05)


def switch(shop: Shop, *, on: bool) -> None:
    page = shop.company.admin().get(f"/admin/plugins/{PLUGIN}")
    (form,) = (one for one in page.forms.values() if {"version", "on"} <= one.fields.keys())
    assert form["on"].value == ("yes" if on else "no")
    form.submit(status=303)
    assert (PLUGIN in shop.company.tenant.plugins) is on


def submitted(shop: Shop) -> str:
    api = shop.api()
    quote_id = str(shop.draft(api, STEEL_1="2")["id"])
    api.json("post", f"/quotes/{quote_id}/submit", {})
    return quote_id


def jobs_of(shop: Shop) -> list[tuple[Any, ...]]:
    with shop.portal.superuser() as db:
        found = sa.text("SELECT state, plugin, attempts FROM job WHERE tenant_id = :t AND actor = :a")
        return [tuple(row) for row in db.execute(found, {"t": shop.company.id, "a": JOB})]


def arrived(shop: Shop) -> int:
    """How many quotes the company itself has."""
    return int(shop.sql("SELECT count(*) FROM quotes")[0][0])


def test_job_of_a_plugin_that_is_off_waits_and_is_done_once_when_it_is_on(quiet: Portal, stock: CompanyLogin) -> None:
    with open_shop(quiet, stock) as shop, open_shop(quiet, stock) as neighbour:
        quote_id = submitted(shop)
        switch(shop, on=False)
        assert jobs_of(shop) == [("queued", None, 0)]
        with worker(quiet):
            eventually(lambda: jobs_of(shop) == [("parked", PLUGIN, 0)])
            submitted(neighbour)  # who has the plugin is served meanwhile
            eventually(lambda: arrived(neighbour) == 1)
            assert (arrived(shop), shop.quote(quote_id).delivery) == (0, "waiting")
            switch(shop, on=True)
            eventually(lambda: not jobs_of(shop))
            assert (arrived(shop), shop.quote(quote_id).delivery) == (1, "sent")
            switch(shop, on=False)
            switch(shop, on=True)
            submitted(neighbour)  # a later job, so that there was time to do an earlier one again
            eventually(lambda: arrived(neighbour) == 2)
        assert (arrived(shop), jobs_of(shop)) == (1, [])
