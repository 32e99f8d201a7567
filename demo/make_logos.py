"""Draws the demo companies' logos, which are made up like the companies: `python demo/make_logos.py plugins/portico_demo/data`.

Each is a mark and the company's name in a shade that can be read on white and on near-black, because a portal shows
its logo on both. They are set in the fonts that the portal ships.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

FONTS = Path(__file__).parent.parent / "core" / "portico" / "static" / "portico" / "fonts"
CHROMIUM = "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--allow-file-access-from-files"]  # fmt: skip
COLOURS = 64
HEIGHT, SCALE = 64, 3
"""Pixels of the picture per pixel of a page, where a logo is 32 pixels high."""


@dataclass(frozen=True)
class Logo:
    """`mark` is drawn on a square of 64 in white; `lines` are the name, in `ink`; `width` is of the whole."""

    slug: str
    plate: str
    ink: str
    mark: str
    lines: tuple[tuple[str, int, int, int], ...]
    width: int
    direction: str = "ltr"


GIFT = """
<rect x="14" y="30" width="36" height="22" rx="3"/><rect x="11" y="22" width="42" height="10" rx="3"/>
<path d="M32 22c-3-9-13-11-15-6s7 7 15 6c8 1 17-1 15-6s-12-3-15 6z" fill="none" stroke="#fff" stroke-width="4"/>
<rect x="29" y="22" width="6" height="30" fill="{plate}"/>"""
SHEETS = """
<path d="M14 25 34 13l16 8-20 12z"/><path d="M14 34l16 8 20-12v7L30 49 14 41z" opacity=".8"/>
<path d="M14 44l16 8 20-12v5L30 57 14 49z" opacity=".55"/>"""
TILL = """
<path d="M17 10h30v28c-5 0-5 4-10 4s-5-4-10-4-5 4-10 4z"/>
<path d="M11 50c5 0 5-4 10.5-4s5.5 4 10.5 4 5-4 10.5-4 5.5 4 10.5 4" fill="none"
 stroke="#fff" stroke-width="4" stroke-linecap="round"/>
<path d="M24 19h16M24 27h10" stroke="{plate}" stroke-width="4" stroke-linecap="round"/>"""

LOGOS = (
    Logo("regency", "#7A3E65", "#A9588E", GIFT, (("Regency", 29, 600, 28), ("Giftware", 29, 600, 58)), 202),
    Logo("turinova", "#0F5C8C", "#2F86BD", SHEETS, (("Turinova", 38, 700, 46),), 244),
    Logo("nile", "#0B6E4F", "#17936A", TILL, (("نايل", 31, 700, 25), ("لنقاط البيع", 22, 600, 56)), 178, "rtl"),
)


def page_of(logo: Logo) -> str:
    """A page that holds the drawing alone."""
    faces = "".join(
        f"@font-face {{ font-family: {name}; src: url('{file.as_uri()}'); font-weight: 100 900; }}"
        for name, file in (("latin", FONTS / "inter-latin.woff2"), ("arabic", FONTS / "cairo-arabic.woff2"))
    )
    right = logo.direction == "rtl"
    at, names = (logo.width - 64 if right else 0), ""
    for text, size, weight, base in logo.lines:
        x = logo.width - 78 if right else 78
        names += (f'<text x="{x}" y="{base}" font-size="{size}" font-weight="{weight}" direction="{logo.direction}" '
                  f'letter-spacing="{0 if right else -0.6}">{text}</text>')  # fmt: skip
    drawn = logo.mark.replace("{plate}", logo.plate)
    return (
        f"<style>{faces} body {{ margin: 0 }} text {{ font-family: latin, arabic }}</style>"
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{logo.width}" height="64" viewBox="0 0 {logo.width} 64">'
        f'<g transform="translate({at})"><rect width="64" height="64" rx="14" fill="{logo.plate}"/><g fill="#fff">{drawn}</g></g>'
        f'<g fill="{logo.ink}">{names}</g></svg>'
    )


def with_few_colours(file: Path) -> None:
    """Every visitor is sent it: edges in fewer shades look the same and cost a third less."""
    with Image.open(file) as drawn:
        few = drawn.convert("RGBA").quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
    few.save(file, "PNG", optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    folder = parser.parse_args().folder
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        for logo in LOGOS:
            page = browser.new_page(viewport={"width": logo.width, "height": HEIGHT}, device_scale_factor=SCALE * 32 / HEIGHT)
            source = folder / f"{logo.slug}.html"
            source.write_text(page_of(logo), encoding="utf-8")
            page.goto(source.resolve().as_uri())
            page.wait_for_timeout(400)  # fonts
            page.screenshot(path=folder / f"{logo.slug}.png", omit_background=True)
            source.unlink()
            with_few_colours(folder / f"{logo.slug}.png")
        browser.close()


if __name__ == "__main__":
    main()
