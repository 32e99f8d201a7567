"""Takes the pictures of the documentation from a running demo: `python docs/pictures/make.py http://localhost:6543`.

Start the demo first (`make run`), and let the back office answer a quote or two, so that there is something to see.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FOLDER = Path(__file__).parent
PASSWORD = "portico-demo"
CHROMIUM = "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync"]  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A page as somebody of a company sees it. `width` and `height` in CSS pixels."""

    name: str
    company: str
    path: str
    language: str
    width: int = 1180
    height: int = 760
    dark: bool = False


PICTURES = (
    Picture("dashboard", "regency", "/", "en", width=1280),
    Picture("catalogue", "turinova", "/catalogue", "en"),
    Picture("arabic", "nile", "/orders", "ar", width=390, height=760),
    Picture("dark", "turinova", "/orders", "en", width=390, height=760, dark=True),
)


def main(address: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        for picture in PICTURES:
            take(browser, address, picture)
        browser.close()


def take(browser: Browser, address: str, picture: Picture) -> None:
    context = browser.new_context(viewport={"width": picture.width, "height": picture.height},
                                  color_scheme="dark" if picture.dark else "light")  # fmt: skip
    page = context.new_page()
    base = f"{address}/c/{picture.company}"
    page.goto(f"{base}/sign-in")
    page.fill("[name=email]", f"customer@{picture.company}.example")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{base}/")
    page.goto(f"{base}{picture.path}?lang={picture.language}")
    page.wait_for_timeout(2500)  # cards and live prices come after the page
    file = FOLDER / f"{picture.name}.png"
    page.screenshot(path=file)
    context.close()
    print(f"{file.name} {file.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:6543")
