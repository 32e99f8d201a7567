"""Codes that are no way in to a company's own host (SEC-8)."""

from __future__ import annotations

import hashlib
import re
import threading
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.functional.identity.handoff.way import CODES, Way, came, own_host, path_of, refused, secret_of

from portico.testing.portal import Portal


def test_a_used_code_is_no_way_in(way: Way) -> None:
    at = way.begun(next="/notices")
    used = way.coded(at)
    came(way.there, used)
    way.there.post("/sign-out", status=303)
    refused(way, used)
    sent = path_of(way.there.get(used, status=303).location)
    assert way.there.get(sent).html.find("a", class_="btn-primary")["href"] == "/sign-in?next=%2Fnotices", "where they wanted to go"


def test_a_code_that_two_bring_at_once_makes_one_session(way: Way) -> None:
    path = way.coded()
    name, verifier = secret_of(way.there, path)
    clients = [own_host(way.portal, way.company) for _ in range(8)]
    for client in clients:
        client.web.set_cookie(name, verifier)
    threads = [threading.Thread(target=client.get, args=(path,), kwargs={"status": "*"}) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(way.sql("SELECT 1 FROM web_session WHERE user_id = :u AND origin_id IS NOT NULL")) == 1
    assert sum("portico" in client.web.cookies for client in clients) == 1


def test_a_late_code_is_no_way_in(way: Way) -> None:
    path = way.coded()
    way.sql("UPDATE ceremony SET expires_at = now() - interval '1 s' WHERE user_id = :u")
    refused(way, path)


def test_a_code_is_good_in_the_browser_that_asked_alone(way: Way) -> None:
    """An attacker sends somebody a code of their own session, to have them work in the attacker's account; and a prefetcher."""
    path = way.coded()
    victim = replace(way, there=own_host(way.portal, way.company))
    refused(victim, path, noted=True)
    victim.begun()
    refused(victim, path, noted=True)
    came(way.there, path)
    assert way.there.get("/notices").status_int == 200, "what others tried used nothing up"


def test_every_beginning_has_a_secret_of_its_own(way: Way) -> None:
    """One that somebody got to see is worth nothing for the next, nor after it was used."""
    first, second = way.begun(), way.begun()
    path, other = way.coded(first), way.coded(second)
    assert secret_of(way.there, path)[1] != secret_of(way.there, other)[1]
    state = parse_qs(urlsplit(other).query)["state"][0]
    refused(way, re.sub("state=[0-9a-f]+", f"state={state}", path), noted=True)
    came(way.there, path)
    assert secret_of(way.there, other)
    with pytest.raises(KeyError):
        secret_of(way.there, path)


@pytest.mark.parametrize("secret", ["", "short"])
def test_a_challenge_that_no_browser_made_lets_nobody_in(portal: Portal, way: Way, secret: str) -> None:
    """Whoever makes the code chooses the challenge."""
    path = way.coded(f"{way.onward}?challenge={hashlib.sha256(secret.encode()).hexdigest()}")
    way.there.web.set_cookie(f"portico_handoff_{parse_qs(urlsplit(path).query)['state'][0]}", secret or '""')
    refused(way, path, noted=True)
    refused(replace(way, there=own_host(portal, way.company)), path, noted=True)


def test_strangers_write_nothing_into_the_trail(way: Way) -> None:
    way.begun()
    for query in ("", "?code=", f"?code={'x' * 43}", f"?code={'x' * 43}&state=0"):
        sent = way.there.get(f"/sign-in/arrive{query}", status=303)
        assert "/arrive/problem" in sent.location
    assert way.sql("SELECT 1 FROM audit_entry WHERE tenant_id = :t AND action = 'identity.handoff-refused'") == []


def test_a_code_for_another_host_is_no_way_in(portal: Portal, way: Way) -> None:
    path = way.coded()
    name, verifier = secret_of(way.there, path)
    other = portal.company()
    there = own_host(portal, other)
    there.web.set_cookie(name, verifier)
    refused(replace(way, company=other, there=there), path, noted=True)
    below = way.company.anonymous()
    below.web.set_cookie(name, verifier)
    assert "/arrive/problem" in below.get(path, status=303).location, "at the portal's host, by the company's path"
    way.sql("UPDATE tenant SET host = host || '.org', config_version = config_version + 1 WHERE id = :t")
    way.there.web.extra_environ["HTTP_HOST"] = f"{way.company.slug}.example.org:6543"
    way.there.web.set_cookie(name, verifier)
    refused(way, path, noted=True)


def test_a_host_that_the_company_has_no_more_is_led_to_by_nothing(way: Way) -> None:
    at = way.begun(next="/notices")
    way.sql("UPDATE tenant SET host = NULL, config_version = config_version + 1 WHERE id = :t")
    assert path_of(way.home.get(at, status=303).location) == f"{way.company.prefix}/notices"
    assert path_of(way.home.post(at, status=303).location) == f"{way.company.prefix}/notices"
    assert way.sql(CODES) == []


def test_a_code_ends_with_the_session_it_came_from(way: Way) -> None:
    path = way.coded()
    way.home.post("/sign-out", status=303)
    refused(way, path)


@pytest.mark.parametrize("challenge", ["", "0" * 63, "0" * 65, "G" * 64, "0" * 64 + "%0a"])
def test_a_challenge_is_a_hash(way: Way, challenge: str) -> None:
    way.home.get(f"{way.onward}?challenge={challenge}", status=404)
    way.home.post(f"{way.onward}?challenge={challenge}", status=404)


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"])
def test_no_way_leads_elsewhere(way: Way, path: str) -> None:
    assert "evil" not in way.there.get("/sign-in", {"next": path}, status=303).location
    at = way.begun()
    answer = way.home.post(f"{at}&{urlencode({'next': path})}", status=303)
    assert "evil" not in answer.location
    arrive = f"{path_of(answer.location)}&{urlencode({'next': path})}"
    assert came(way.there, arrive).location == way.own + "/"
    somewhere = way.there.get("/sign-in", {"next": path}, status=303)
    assert somewhere.location == way.own + "/", "who is signed in already stays here"
    told = way.there.get("/sign-in/arrive/problem", {"next": path})
    assert "evil" not in told.html.main.decode().replace(way.company.slug, "")
