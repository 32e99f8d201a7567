"""A company's look and texts: in effect at once everywhere, refusals that say what to do, previews that write nothing."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image
from webtest import Upload

from portico.app import build
from portico.testing.client import Client
from portico.testing.portal import Company, Portal

LOOK = {"name": "Regent", "colour": "#0f766e", "accent": "#b45309", "theme": "portico_ledger"}


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company(plugins=[])


def picture(size: tuple[int, int] = (600, 300), kind: str = "PNG") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, "#0f766e").save(buffer, kind)
    return buffer.getvalue()


def save(client: Client, version: str, status: int = 303, **values: Any) -> Any:
    return client.post("/admin/brand", {**LOOK, "__formid__": "brand", "version": version, **values}, status=status)


def test_a_saved_look_is_in_every_process_and_on_the_next_page(
    portal: Portal, company: Company, version_of: Any
) -> None:
    second, customer = build(portal.settings), company.customer()
    try:
        assert second.tenant(company.id).theme == "portico_clear"
        assert 'data-theme="portico_clear"' in customer.get("/")
        admin = company.admin()
        save(admin, version_of(admin.get("/admin/brand")), own_accent="true")
        page = customer.get("/")
        assert 'data-theme="portico_ledger"' in page
        assert "Regent" in page
        held = second.tenant(company.id)
        assert (held.name, held.theme, held.brand["colour"], held.brand["accent"]) == (
            "Regent",
            "portico_ledger",
            "#0F766E",
            "#B45309",
        )
        css = customer.get(
            page.html.find("link", href=lambda href: href and "/brand/" in href and href.endswith(".css"))["href"]
        )
        assert "--brand-fill:light-dark(#0F766E" in css
        assert "--accent-fill:" in css
    finally:
        second.connections.close()
        second.engine.dispose()


def test_a_logo_is_drawn_anew_and_served_with_its_favicon(company: Company, version_of: Any) -> None:
    admin = company.admin()
    save(admin, version_of(admin.get("/admin/brand")), logo=Upload("logo.png", picture() + b"<script>", "image/png"))
    logo = company.tenant.brand["logo"]
    assert (logo["type"], logo["width"], logo["height"]) == ("image/png", 320, 160)
    assert b"<script>" not in base64.b64decode(logo["data"])
    served = company.anonymous().get(f"/brand/{logo['digest']}/logo")
    assert served.content_type == "image/png"
    assert Image.open(BytesIO(served.body)).size == (320, 160)
    favicon = company.anonymous().get(f"/brand/{logo['digest']}/favicon")
    assert Image.open(BytesIO(favicon.body)).size == (32, 32)
    page = admin.get("/admin/brand")
    assert f"data:image/png;base64,{logo['favicon']}" in page  # part of the page: it is small
    save(admin, version_of(page), remove_logo="true")
    assert "logo" not in company.tenant.brand


def test_without_a_logo_the_favicon_is_the_names_letter(company: Company) -> None:
    company.anonymous().get("/brand/x/favicon", status=404)
    assert 'href="data:image/svg+xml,' in company.admin().get("/admin")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not a picture that can be used"),
        (picture(kind="GIF"), "not a picture that can be used"),
        (picture((60, 30), "TIFF"), "not a picture that can be used"),
        (picture()[:60], "damaged"),
        (b"x" * (512 * 1024 + 1), "larger than 512 kB"),
    ],
)
def test_what_is_no_usable_picture_is_refused(company: Company, version_of: Any, data: bytes, message: str) -> None:
    admin = company.admin()
    page = admin.get("/admin/brand")
    refused = save(admin, version_of(page), 422, logo=Upload("logo.png", data, "image/png"))
    assert message in refused
    assert 'value="Regent"' in refused
    save(admin, version_of(page), logo=Upload("logo.png", picture(), "image/png"))


def test_a_picture_that_unfolds_into_too_many_pixels_is_refused(company: Company, version_of: Any) -> None:
    buffer = BytesIO()
    Image.new("1", (9000, 9000)).save(buffer, "PNG")
    admin = company.admin()
    save(admin, version_of(admin.get("/admin/brand")), 422, logo=Upload("logo.png", buffer.getvalue(), "image/png"))


@pytest.mark.parametrize(
    "values",
    [
        {"colour": "red"},
        {"colour": ""},
        {"theme": "portico_quotes"},
        {"theme": "../x"},
        {"name": " "},
        {"name": "x" * 121},
        {"extra": "1"},
        {"colour": "#12345678901"},
    ],
)
def test_values_that_cannot_be_meant_change_nothing(company: Company, version_of: Any, values: dict[str, str]) -> None:
    admin = company.admin()
    before = company.tenant.config_version
    save(admin, version_of(admin.get("/admin/brand")), 422, **values)
    assert company.tenant.config_version == before


def test_the_second_of_two_administrators_is_told_and_loses_nothing(company: Company, version_of: Any) -> None:
    first, second = company.admin(), company.admin()
    version = version_of(first.get("/admin/brand"))
    save(first, version, name="First")
    told = save(second, version, 409, name="Second")
    assert "Somebody else changed the settings" in told
    assert 'value="Second"' in told
    assert company.tenant.name == "First"


def test_a_preview_shows_unsaved_values_and_writes_nothing(company: Company) -> None:
    admin, before = company.admin(), company.tenant.config_version
    values = {
        **LOOK,
        "__formid__": "brand",
        "version": "1",
        "colour": "#FFF176",
        "logo": Upload("l.png", picture(), "image/png"),
    }
    shown = admin.post("/admin/brand/preview", values)
    assert "Regent" in shown
    assert "data:image/png;base64," in shown
    assert "colour=%23FFF176" in shown
    assert "contrast of" in shown  # why the colour was adjusted
    assert "<html" not in shown
    assert "The preview shows what was there before" in admin.post("/admin/brand/preview", {**values, "colour": "x"})
    page = admin.get("/admin/brand/page?colour=%23FFF176&theme=portico_ledger&name=Trial")
    assert 'data-theme="portico_ledger"' in page
    assert "Trial" in page
    assert ".brand-preview{--brand-fill" in admin.get("/admin/brand/preview.css?colour=%23123456")
    assert company.tenant.config_version == before
    assert "portico_clear" in admin.get("/admin")


def sheets(page: Any) -> list[str]:
    return [one["href"] for one in page.html.find_all("link", rel="stylesheet")]


def preloaded(page: Any) -> list[str]:
    return [one["href"].partition("?")[0].rpartition("/")[2] for one in page.html.find_all("link", rel="preload")]


@pytest.mark.parametrize(
    ("font", "first", "in_arabic", "family"),
    [
        ("inter", "inter-latin.woff2", "inter-latin.woff2", ""),
        ("system", "", "", "--font:system-ui,"),
        ("source-serif-4", "source-serif-4-latin.woff2", "source-serif-4-latin.woff2", '--font:"Source Serif 4","Cairo",'),
        ("readex-pro", "readex-pro-latin.woff2", "readex-pro-arabic.woff2", '--font:"Readex Pro",'),
    ],
)
def test_pages_have_the_font_that_was_chosen_and_load_no_other_first(
    company: Company, version_of: Any, font: str, first: str, in_arabic: str, family: str
) -> None:
    admin, customer = company.admin(), company.customer()
    save(admin, version_of(admin.get("/admin/brand")), font=font)
    assert admin.get("/admin/brand").html.find("input", {"name": "font", "checked": True})["value"] == font
    page = customer.get("/notices")
    assert preloaded(page) == ([first] if first else [])
    assert preloaded(customer.get("/notices", {"lang": "ar"})) == ([in_arabic] if in_arabic else [])
    css = customer.get(next(one for one in sheets(page) if "/brand/" in one)).text
    assert (family in css) if family else ("--font" not in css)
    declared = [one for one in sheets(page) if "/css/font-" in one]
    assert [one.partition("?")[0].rpartition("/")[2] for one in declared] == ([f"font-{font}.css"] if font not in ("inter", "system") else [])


@pytest.mark.parametrize("font", ["comic", "../inter", "inter;}body{display:none", "Inter"])
def test_a_font_that_does_not_ship_is_refused(company: Company, version_of: Any, font: str) -> None:
    admin = company.admin()
    save(admin, version_of(admin.get("/admin/brand")), 422, font=font)
    assert "font" not in company.tenant.brand
    assert "display" not in admin.get("/admin/brand/preview.css", {"font": font})


def test_a_preview_shows_the_font_that_is_being_tried_out(company: Company, version_of: Any) -> None:
    admin = company.admin()
    save(admin, version_of(admin.get("/admin/brand")), font="source-serif-4")
    shown = admin.post("/admin/brand/preview", {**LOOK, "__formid__": "brand", "version": "1", "font": "readex-pro"})
    assert "font-readex-pro.css" in shown
    assert '--font:"Readex Pro"' in admin.get(next(one for one in sheets(shown) if "preview.css" in one))
    back = admin.post("/admin/brand/preview", {**LOOK, "__formid__": "brand", "version": "1", "font": "inter"})
    assert '--font:"Inter"' in admin.get(next(one for one in sheets(back) if "preview.css" in one)), "although another is saved"
    whole = admin.get("/admin/brand/page?font=readex-pro&theme=portico_clear")
    assert preloaded(whole) == ["readex-pro-latin.woff2"]
    assert company.tenant.brand["font"] == "source-serif-4"


def test_a_preview_with_a_theme_that_is_not_installed_is_refused(company: Company) -> None:
    company.admin().get("/admin/brand/page?theme=nothing", status=422)


def test_a_stylesheet_of_a_preview_holds_nothing_but_colours(company: Company) -> None:
    css = company.admin().get("/admin/brand/preview.css?colour=red;}body{display:none").text
    assert "display" not in css


def texts(**values: Any) -> list[tuple[str, str]]:
    given = {"locale": "fr", "time_zone": "Europe/Paris", "signup": "closed", **values}
    pairs = [
        ("__formid__", "texts"),
        ("version", given.pop("version")),
        ("locale", given.pop("locale")),
        ("__start__", "locales:sequence"),
    ]
    pairs += [("checkbox", code) for code in given.pop("locales", ["en", "fr"])] + [("__end__", "locales:sequence")]
    pairs += [(name, given.pop(name)) for name in ("time_zone", "signup")]
    for group in ("welcome", "announcement"):
        pairs += [("__start__", f"{group}:mapping"), *given.pop(group, {}).items(), ("__end__", f"{group}:mapping")]
    return pairs


def test_texts_are_shown_in_the_readers_language(company: Company, version_of: Any) -> None:
    admin, customer = company.admin(), company.customer()
    admin.post(
        "/admin/texts",
        texts(
            version=version_of(admin.get("/admin/texts")),
            welcome={"en": "Good to see you", "fr": "Bienvenue chez nous"},
            announcement={"fr": "Fermé lundi"},
        ),
        status=303,
    )
    french = customer.get("/", headers={"Accept-Language": "fr"})
    assert "Bienvenue chez nous" in french
    assert "Fermé lundi" in french
    english = customer.get("/", headers={"Accept-Language": "en"})
    assert "Good to see you" in english
    assert "Fermé lundi" in english
    assert company.tenant.locales == ("en", "fr")
    assert company.tenant.time_zone == "Europe/Paris"
    assert company.tenant.signup == "closed"


@pytest.mark.parametrize(
    "values",
    [
        {"locale": "ar"},
        {"locale": "xx"},
        {"locales": []},
        {"time_zone": "Mars/Base"},
        {"signup": "maybe"},
        {"welcome": {"en": "x" * 2001}},
        {"welcome": {"de": "Hallo"}},
    ],
)
def test_texts_that_cannot_be_meant_change_nothing(company: Company, version_of: Any, values: dict[str, Any]) -> None:
    admin, before = company.admin(), company.tenant.config_version
    admin.post("/admin/texts", texts(version=version_of(admin.get("/admin/texts")), **values), status=422)
    assert company.tenant.config_version == before


def test_the_audit_trail_has_before_and_after_but_not_the_pictures_bytes(
    portal: Portal, company: Company, version_of: Any
) -> None:
    admin = company.admin()
    save(admin, version_of(admin.get("/admin/brand")), logo=Upload("logo.png", picture(), "image/png"))
    with portal.superuser() as db:
        row = db.execute(
            sa.text("SELECT before, after FROM audit_entry WHERE tenant_id = :t AND action = 'company.brand'"),
            {"t": company.id},
        ).one()
    assert row.before["name"] != "Regent"
    assert row.after["name"] == "Regent"
    assert row.after["brand"]["logo"] == company.tenant.brand["logo"]["digest"]


def test_only_those_who_may_change_the_brand(company: Company) -> None:
    company.admin().get("/admin/brand", status=200)
    for client in (company.agent(), company.customer()):
        client.get("/admin/brand", status=403)
        client.post("/admin/brand", {**LOOK, "version": "1"}, status=403)


def test_the_way_to_the_administration_is_shown_to_those_who_have_something_there(company: Company) -> None:
    for client, shown in ((company.admin(), True), (company.agent(), True), (company.customer(), False)):
        assert ('/admin"' in client.get("/account").text) is shown
    company.agent().get("/admin", status=200)
    company.customer().get("/admin", status=403)
