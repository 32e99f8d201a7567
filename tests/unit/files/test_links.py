"""A link says one file, one person and one session to us, and nothing to anybody else."""

from __future__ import annotations

import base64
from dataclasses import replace
from uuid import uuid4

import jwt
import pytest

from portico.files import links
from portico.identity.tokens import access_token

KEY = b"k" * 32
LINK = links.Link(uuid4(), uuid4(), uuid4(), uuid4(), 1_900_000_000, "fr")


def test_it_says_what_it_was_made_of() -> None:
    assert links.read(KEY, links.token(KEY, LINK)) == LINK
    assert links.read(KEY, links.token(KEY, replace(LINK, locale="zh_Hant"))) == replace(LINK, locale="zh_Hant")


def test_every_changed_character_makes_it_nothing() -> None:
    text = links.token(KEY, LINK)
    for place, letter in enumerate(text[:-1]):  # of the last one, some bits are padding
        changed = text[:place] + ("A" if letter != "A" else "B") + text[place + 1 :]
        assert links.read(KEY, changed) is None, place


def test_two_links_to_one_file_have_nothing_in_common() -> None:
    one, two = links.token(KEY, LINK), links.token(KEY, LINK)
    assert one[:20] != two[:20]
    assert str(LINK.file_id) not in one
    assert base64.urlsafe_b64encode(LINK.file_id.bytes).decode().rstrip("=") not in one


@pytest.mark.parametrize("text", ["", "a", "a" * 99, "a" * 150, "a" * 201, "ä" * 150, "=" * 150, "../" * 50, "\x00" * 120])
def test_what_we_did_not_make_is_nothing(text: str) -> None:
    assert links.read(KEY, text) is None


def test_a_token_of_another_purpose_or_key_is_nothing() -> None:
    assert links.read(b"x" * 32, links.token(KEY, LINK)) is None
    access = access_token(KEY, uuid4(), uuid4())
    assert links.read(KEY, access) is None
    assert links.read(KEY, access[:150]) is None
    with pytest.raises(jwt.InvalidTokenError):
        jwt.decode(links.token(KEY, LINK), KEY, algorithms=["HS256"])
