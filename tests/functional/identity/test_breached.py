"""Nobody gets in the door with a password from a breach: registering, resetting and changing refuse it alike."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from portico.db.types import now
from portico.identity.breached import Breached, compile_list
from portico.identity.cookies import hash_token, new_token
from portico.identity.service import mail_token
from portico.organisation.models import AccountInvitation
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

LEAKED = "Correct-Donkey-Battery-9"


@pytest.fixture
def listed(portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "passwords"
    file.write_bytes(compile_list([LEAKED], 8)[0])
    monkeypatch.setitem(portal.parts.sessions._info, "breached", Breached(str(file)))


def an_invitation(company: Company) -> str:
    """The token of one to somebody without a login."""
    token, account = new_token(), company.account()
    with company.system() as db:
        row = {"email": f"noel-{company.slug}@example.com", "role": "viewer", "reach": "all", "locale": "en"}
        until = now() + dt.timedelta(days=1)
        db.add(AccountInvitation(account_id=account, token_hash=hash_token(token), expires_at=until, **row))
    return token


def test_every_way_to_a_password_refuses_it(portal: Portal, listed: None) -> None:
    company = portal.company()
    client = company.customer()
    assert client.person is not None
    ways = {
        "/register": {"name": "Nora New", "email": f"nora-{company.slug}@example.com"},
        "/account/password": {"current": Person.PASSWORD},
        "/invitation": {"name": "Nora New", "token": an_invitation(company)},
        "/reset": {},  # last: it ends all sessions
    }
    for way, body in ways.items():
        if way == "/reset":  # made now: a new password ends the links of before
            with company.system() as db:
                body["token"] = mail_token(db, client.person.id, "reset", dt.timedelta(hours=1))
        browser = client if way.startswith("/account") else company.anonymous()
        page = browser.post(way, body | {"password": LEAKED.upper()}, status=422)
        assert "one of the first that is guessed" in page, way
        assert browser.post(way, body | {"password": "a quite different sentence"}, status="*").status_int == 303, way
