"""What a process keeps and does again for a page: gains that would be lost without a word, in counts."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest
from pyramid.request import Request

from portico.branding.compiling import PageTemplate
from portico.testing.portal import Portal


def _requests_alive() -> int:
    return sum(isinstance(one, Request) for one in gc.get_objects())


@pytest.mark.parametrize("path", ["/", "/orders", "/quotes"])
def test_a_request_dies_with_its_answer_and_waits_for_no_cycle_collector(portal: Portal, path: str) -> None:
    client = portal.company().customer()
    client.get(path)
    gc.collect()
    before = _requests_alive()
    gc.disable()
    try:
        for _ in range(5):
            client.get(path)
        assert _requests_alive() - before <= 1  # the client remembers its last answer
    finally:
        gc.enable()


def test_a_list_page_evaluates_no_imported_template_anew(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    client = portal.company().customer()
    client.get("/orders")
    made: list[str | None] = []
    original = PageTemplate.make_module

    def spy(self: PageTemplate, *given: object, **named: object) -> object:
        made.append(self.name)
        return original(self, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(PageTemplate, "make_module", spy)
    client.get("/orders")
    assert made == []


def test_a_server_loads_nothing_that_only_migrations_uploads_and_documents_need() -> None:
    program = ("import sys, portico.cli.processes, portico.app, portico.web.server, portico.coreparts\n"
               "from portico.pluginhost.host import PluginHost\n"
               "PluginHost.discover()\n"
               "print(sorted({'alembic', 'mako', 'PIL', 'typst'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
