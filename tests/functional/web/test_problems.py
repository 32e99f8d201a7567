"""Every problem document says by `type` where its kind is explained to people, and there it is."""

from __future__ import annotations

import json
from html import unescape

import pytest

from portico.api.problems import kinds
from portico.errors import DomainError
from portico.testing.portal import Portal
from portico.web.i18n import translate
from portico.web.refusals import Asked, Refusals

LANGUAGES = ("en", "fr", "ar")


def packages(portal: Portal) -> set[str]:
    return {"portico", *portal.parts.plugins.manifests}


def test_every_kind_explains_itself_in_each_language(portal: Portal) -> None:
    found = kinds(packages(portal))
    assert {"conflict", "wrong-credentials", "form-expired", "quote-expired", "plugin-needs"} <= {one.code for one in found}
    for error in found:
        assert "remedy" in vars(error), f"{error.__name__} inherits what helps from another kind"
        assert "message" in vars(error), f"{error.__name__} inherits its words from another kind"
        for text in (error.message, error.remedy):
            assert len({str(translate(language, text)) for language in LANGUAGES}) == 3, f"{error.__name__}: {text}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_every_kind_at_its_address(portal: Portal, language: str) -> None:
    page = portal.client().get(f"/docs/problems?lang={language}").html
    for error in kinds(packages(portal)):
        section = page.find(id=error.code)
        assert section is not None, error.code
        assert unescape(translate(language, error.remedy)) in section.get_text(), error.code


def test_a_company_has_the_page_as_well(portal: Portal) -> None:
    assert portal.company().anonymous().get("/docs/problems").html.find(id="not-found")


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/orders", 401), ("GET", "/nowhere", 404), ("DELETE", "/companies", 405), ("POST", "/auth/token", 422),
])
def test_the_type_of_a_problem_leads_to_its_explanation(portal: Portal, method: str, path: str, status: int) -> None:
    client = portal.company().anonymous()
    send = {"GET": client.get, "DELETE": client.delete, "POST": lambda path, **options: client.json("post", path, {}, **options)}
    problem = send[method]("/api/v1/portal" + path, status=status).json
    address, _, fragment = problem["type"].partition("#")
    assert portal.client().get(address).html.find(id=fragment)


@pytest.mark.parametrize("status", [400, 408, 413, 431, 500, 503])
def test_so_does_that_of_a_refusal_in_front_of_the_application(portal: Portal, status: int) -> None:
    asked = Asked(path=b"/c/somebody/api/v1/portal/orders")
    _headers, body = Refusals(portal.parts.themes, portal.settings).answer(status, asked)
    address, _, fragment = json.loads(body)["type"].partition("#")
    assert portal.client().get(address).html.find(id=fragment)


def test_kinds_of_others_are_not_listed() -> None:
    class StrayError(DomainError):
        code = "stray"

    assert "stray" not in {one.code for one in kinds({"portico"})}
