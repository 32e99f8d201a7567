"""A plugin and a theme of a stranger, built outside the tree, bring what a built-in one does, and go again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

Act = dict[str, Any]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def story(request: pytest.FixtureRequest, once: Callable[..., Any]) -> dict[str, Any]:
    """The wheel of the project with both strangers beside it, then without them, then with them again."""
    return once("story", lambda: tell(request.getfixturevalue))  # type: ignore[no-any-return]


def tell(fixture: Callable[[str], Any]) -> dict[str, Any]:
    whole, strangers, make_installation = map(fixture, ("whole", "strangers", "make_installation"))
    both = make_installation("stranger", whole, strangers("stranger_parcels"), strangers("stranger_theme"))
    neither = make_installation("stranger", whole)
    arrived = both.program("stranger.py", act="arrive")
    known = {key: arrived[key] for key in ("company", "person", "address")}
    return {
        "arrived": arrived,
        "status with": both.command("migrate", "--status"),
        "migrate without": neither.command("migrate"),
        "status without": neither.command("migrate", "--status"),
        "gone": neither.program("stranger.py", act="gone", **known),
        "migrate again": both.command("migrate"),
        "back": both.program("stranger.py", act="back", **known),
    }


@pytest.fixture
def arrived(story: dict[str, Any]) -> Act:
    return story["arrived"]  # type: ignore[no-any-return]


@pytest.fixture
def gone(story: dict[str, Any]) -> Act:
    return story["gone"]  # type: ignore[no-any-return]


def test_it_brings_a_table_by_its_own_migration(arrived: Act) -> None:
    assert "stranger_parcels:p0001" in arrived["applied"]


def test_it_brings_pages_for_those_whom_they_belong_to(arrived: Act) -> None:
    assert arrived["statuses"] == {"owner": 200, "other": 404, "agent": 200, "anonymous": 303}
    assert "Twelve brass lamps" in arrived["pages"]["/parcels"]


def test_it_brings_an_entry_of_the_navigation_and_a_shortcut(arrived: Act) -> None:
    assert re.search(r'href="/c/\w+/parcels"', arrived["pages"]["/"])
    assert re.search(r'href="/c/\w+/parcels/new"', arrived["pages"]["/"])


def test_it_brings_a_card_of_the_dashboard(arrived: Act) -> None:
    assert re.search(r'hx-get="/c/\w+/parcels-widget"', arrived["pages"]["/"])
    assert "Twelve brass lamps" in arrived["pages"]["/parcels-widget"]
    assert "<html" not in arrived["pages"]["/parcels-widget"]


def test_it_brings_an_api_resource_that_is_documented(arrived: Act) -> None:
    api = arrived["api"]
    assert (api["added"]["contents"], api["added"]["weight_kg"], api["extra"]) == ("By the API", None, 422)
    assert {"By the API", "Twelve brass lamps"} <= set(api["listed"])
    assert arrived["openapi"]


def test_it_brings_a_job_whose_outcome_is_noticed_and_mailed(arrived: Act) -> None:
    assert float(arrived["weight"]) == 4.5
    assert "Parcel weighed: Twelve brass lamps" in arrived["pages"]["/notices"]
    assert "Parcel weighed: Twelve brass lamps" in arrived["pages"]["/dashboard/activity"]
    assert "Parcel weighed: Twelve brass lamps" in arrived["mail"]


def test_it_speaks_its_own_languages(arrived: Act) -> None:
    assert "Annoncer un colis" in arrived["languages"]["fr"]
    assert "إعلان طرد" in arrived["languages"]["ar"]
    assert 'dir="rtl"' in arrived["languages"]["ar"]


def test_it_brings_static_files_and_sample_records(arrived: Act) -> None:
    assert re.search(r'href="/static/stranger_parcels/parcels\.css\?v=\w+"', arrived["pages"]["/parcels"])
    assert arrived["sample"] == ["stranger_parcels_id"]


def test_switched_off_it_is_as_if_it_were_not_there(arrived: Act) -> None:
    assert (arrived["off"]["page"], arrived["off"]["api"]) == (404, 404)
    assert "parcels" not in arrived["off"]["home"]


def test_its_theme_overrides_layout_and_navigation(arrived: Act) -> None:
    page = arrived["pages"]["/parcels"]
    assert 'class="harbour-foot"' in page
    assert 'class="footer"' not in page
    assert re.search(r'class="harbour-nav"[^>]*>.*Parcels</a>', page)
    assert 'class="nav-top"' not in page


def test_its_theme_overrides_a_form_widget(arrived: Act) -> None:
    for page in (arrived["pages"]["/parcels/new"], arrived["refused"]):
        assert re.search(r'class="harbour-field">\s*<div class="form-field ', page)
    assert 'class="form-error"' in arrived["refused"]


def test_its_theme_overrides_a_mail(arrived: Act) -> None:
    assert 'class="harbour-mail"' in arrived["mail"]


def test_another_company_keeps_its_own_theme(arrived: Act) -> None:
    assert "harbour" not in arrived["off"]["home"]


def test_without_their_packages_migrations_work_and_list_what_is_gone(story: dict[str, Any]) -> None:
    assert "stranger_parcels" in story["status with"]
    assert "not installed" not in story["status with"]
    assert story["migrate without"].strip() == "Nothing to do."
    assert re.search(r"stranger_parcels +at p0001 .*not installed: its data is kept", story["status without"])


def test_without_their_packages_the_portal_works(gone: Act) -> None:
    pages = {path: status for path, status in gone["statuses"].items() if "parcels" not in path}
    assert set(pages.values()) == {200}
    assert {status for path, status in gone["statuses"].items() if "parcels" in path} == {404}
    assert gone["api"] == {"/notices": 200, "/parcels": 404}
    assert (gone["new_company"], gone["agent"]) == (200, 200)
    assert "harbour" not in gone["home"]


def test_its_data_and_its_waiting_jobs_are_kept(gone: Act) -> None:
    assert gone["kept"] == 4
    assert gone["jobs"] == 2


def test_brought_back_it_finds_its_data(story: dict[str, Any]) -> None:
    assert story["migrate again"].strip() == "Nothing to do."
    assert "Twelve brass lamps" in story["back"]["page"]
    assert "harbour-nav" in story["back"]["page"]
    assert "Parcel weighed: Twelve brass lamps" in story["back"]["notices"]
    assert {"By the API", "Twelve brass lamps"} <= set(story["back"]["listed"])


def test_brought_back_it_does_the_work_that_waited(story: dict[str, Any]) -> None:
    assert story["back"]["weighed"]
