"""A company with a sign-in of its own, and somebody who uses it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.connections.connector import CapabilityReport
from portico.identity.sso import service
from portico.testing.client import Client
from portico.testing.portal import Company

ORIGIN = "http://localhost:6543"


def give(company: Company, issuer: str, client_id: str, secret: str, *domains: str, **rules: Any) -> None:
    """Provider, tested and switched on, and proved domains."""
    with company.system() as db:
        give_in(db, company.portal.parts, issuer, client_id, secret, *domains, **rules)


def give_in(db: Session, parts: Any, issuer: str, client_id: str, secret: str, *domains: str, **rules: Any) -> None:
    """The same in a transaction that acts for the company. staff_must: as if the administrator had come in by it."""
    found = service.save(
        db, parts.cipher, name="Work login", issuer=issuer, client_id=client_id, client_secret=secret, plain=True
    )
    passed = [CapabilityReport("discovery", True, "")]
    service.record_test(db, passed, version=found.version, signs_out=True)
    for domain in domains:
        service.vouch(db, service.add_domain(db, domain).id)
    wanted = {"enabled": True, "staff_must": False, "customers_may": False, "newcomers": "", **rules}
    db.info["scope"] = replace(db.info["scope"], methods=("sso",))
    service.set_rules(db, permissions_of={}, **wanted)


def path(location: str) -> str:
    return location.removeprefix(ORIGIN)


def begin(client: Client, target: str = "", **more: str) -> str:
    """The provider's address that the browser is sent to."""
    return client.get("/sign-in/sso", ({"next": target} if target else {}) | more, status=303).location


def why(answer: Any) -> str:
    """The reason that the problem page was given."""
    assert "/sign-in/sso/problem?" in answer.location, answer.location
    return parse_qs(urlsplit(answer.location).query)["why"][0]


def through(location: str, name: str, browser: httpx.Client | None = None) -> str:
    """What a person does at the real provider; the path and query with which it sends the browser back. browser: of one who
    may be signed in there already."""
    if browser is None:
        with httpx.Client() as browser:
            return _through(location, name, browser)
    return _through(location, name, browser)


def _through(location: str, name: str, browser: httpx.Client) -> str:
    answer = browser.get(location)
    for _step in range(10):
        if answer.status_code in (302, 303):
            location = urljoin(str(answer.url), answer.headers["location"])
            if location.startswith(ORIGIN):
                return path(location)
            answer = browser.get(location)
            continue
        form = re.search(r'action="([^"]+)"', answer.text)
        prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
        assert form, answer.text
        assert prompt, answer.text
        values = {"prompt": prompt[1]} | ({"login": name, "password": "any"} if prompt[1] == "login" else {})
        answer = browser.post(urljoin(str(answer.url), form[1]), data=values)
    raise AssertionError(answer.text)


def entries(company: Company, action: str) -> list[Any]:
    """Of the company's trail."""
    with company.portal.superuser() as connection:
        return list(
            connection.execute(
                sa.text("SELECT * FROM audit_entry WHERE tenant_id = :t AND action = :a ORDER BY at"),
                {"t": company.id, "a": action},
            )
        )
