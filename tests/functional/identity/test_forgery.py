"""Requests that another site makes a browser send, and input that no form of ours sends."""

from __future__ import annotations

import re

import pytest

from portico.testing.person import Person
from portico.testing.portal import Portal


def test_form_without_the_token_is_refused_and_says_what_to_do(portal: Portal) -> None:
    client = portal.company().customer()
    answer = client.post("/notices/read", csrf=False, status="*")
    assert answer.status_int == 403
    assert "Reload the page" in answer.text


def test_the_token_is_masked_anew_in_each_page(portal: Portal) -> None:
    """Compressed pages that hold what somebody else chose tell nothing of it (BREACH): nothing of it comes again."""
    client = portal.company().customer()
    pages = [client.get("/account").text for _ in range(8)]
    tokens = [re.findall(r'name="csrf-token" content="([0-9a-f]{64})"', page)[0] for page in pages]
    same_place = [column for column in range(64) if len({token[column] for token in tokens}) == 1]
    assert len(set(tokens)) == len(tokens)
    assert len(same_place) <= 2, "by chance, each once in 16 ** 7"
    masks, masked = zip(*((int(token[:32], 16), int(token[32:], 16)) for token in tokens), strict=True)
    [secret] = {one ^ other for one, other in zip(masks, masked, strict=True)}
    for page in pages:
        assert f"{secret:032x}" not in page
    for token in tokens:
        assert client.post("/notices/read", {"csrf_token": token}, csrf=False, status="*").status_int == 303


def test_token_of_another_session_does_not_fit(portal: Portal) -> None:
    company = portal.company()
    mine, theirs = company.customer(), company.customer()
    answer = mine.post("/notices/read", {"csrf_token": theirs.token()}, csrf=False, status="*")
    assert answer.status_int == 403
    assert mine.post("/notices/read", {"csrf_token": mine.token()}, csrf=False, status="*").status_int == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost:9999"},
    ],
)
def test_post_from_another_site_is_refused_even_with_the_token(portal: Portal, headers: dict[str, str]) -> None:
    client = portal.company().customer()
    assert client.post("/notices/read", headers=headers, status="*").status_int == 403
    assert (
        client.post(
            "/notices/read", headers={"Origin": "http://localhost:6543", "Sec-Fetch-Site": "same-origin"}, status="*"
        ).status_int
        == 303
    )


def test_field_that_the_form_does_not_have_is_refused(portal: Portal) -> None:
    person = portal.person()
    client = portal.client(None, portal.company().prefix)
    answer = client.post(
        "/sign-in", {"email": person.email, "password": Person.PASSWORD, "is_operator": "1"}, status="*"
    )
    assert answer.status_int == 422


def test_get_changes_nothing(portal: Portal) -> None:
    client = portal.company().customer()
    assert client.get("/sign-out", status="*").status_int == 405
    assert client.get("/account").status_int == 200
