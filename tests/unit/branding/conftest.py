"""A made-up theme and plugin in temporary folders, and a request that needs no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyramid import testing

from portico.branding.themes import Themes


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def package(tmp_path: Path) -> Callable[[str, dict[str, str]], Path]:
    def make(name: str, files: dict[str, str]) -> Path:
        return write(tmp_path / name, files)

    return make


@pytest.fixture
def make_request() -> Iterator[Callable[..., Any]]:
    config = testing.setUp()
    pages = {"dashboard.home": "/", "notices.list": "/notices", "identity.sign_in": "/sign-in"}
    for name, pattern in pages.items():
        config.add_route(name, pattern)

    def make(themes: Themes, theme: str = "portico_clear", locale: str = "en", **scope: Any) -> Any:
        config.registry.portico = SimpleNamespace(themes=themes, routes=SimpleNamespace(by_name=pages, plain=pages))
        tenant = SimpleNamespace(
            name="Regency", locale=locale, locales=("en", "fr", "ar"), theme=theme, time_zone="UTC",
            brand={"colour": "#0F766E"}, settings={},
        )  # fmt: skip
        request = testing.DummyRequest()
        request.registry = config.registry
        request.scope = SimpleNamespace(
            **{"tenant": tenant, "user_id": 1, "user_name": "Amelia Hart",
               "user_email": "a@b.example",
               "locale": locale, "colour_mode": "system", "kind": "customer",
               "has": lambda _name: True, "actor_id": None, **scope}
        )  # fmt: skip
        request.tenant, request.locale_name, request.relay = tenant, locale, None
        request.script_name = ""
        return request

    yield make
    testing.tearDown()
