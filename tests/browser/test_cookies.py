"""The one cookie that a script sets: over https it is one that https alone sets (ASVS 5.0 3.3.1)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

import portico

SCRIPT = Path(portico.__file__).parent / "static" / "portico" / "js" / "portico.js"
PAGE = """<!doctype html><html lang="en" data-mode="light"><title>colours</title><meta name="cookie-path" content="/c/acme/">
<button data-mode-set="dark" type="button">Dark</button><script type="module" src="/portico.js"></script>"""


@pytest.mark.parametrize(("scheme", "name"), [("https", "__Secure-portico_mode"), ("http", "portico_mode")])
def test_over_https_the_colours_are_kept_as_https_alone_sets_them(chromium: Browser, scheme: str, name: str) -> None:
    def answer(route: Route) -> None:
        if route.request.url.endswith("/portico.js"):
            route.fulfill(path=SCRIPT, content_type="text/javascript")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    with chromium.new_context() as context:
        context.route("**/*", answer)
        page = context.new_page()
        page.goto(f"{scheme}://portal.example/c/acme/")
        page.locator("button").click()
        page.wait_for_function("document.documentElement.dataset.mode === 'dark'")
        [cookie] = context.cookies(f"{scheme}://portal.example/c/acme/")
    assert (cookie["name"], cookie["value"], cookie["path"]) == (name, "dark", "/c/acme/")
    assert cookie["secure"] is (scheme == "https")
    assert cookie["sameSite"] == "Lax"
