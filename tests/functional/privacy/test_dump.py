"""Whoever gets hold of a dump of the whole database gets no secret with it (ASVS 5.0 13.3.1)."""

from __future__ import annotations

import base64
import re
import secrets
import subprocess
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.functional.identity import sso_company
from tests.functional.identity.test_personal_tokens import SCOPE
from tests.functional.identity.test_personal_tokens import make as make_token
from tests.functional.identity.test_second_factor import made, set_up

from portico.backup import database
from portico.connections import service
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

pytestmark = pytest.mark.timeout(300)
PASSWORD = "a quiet sentence 4711"


def dumped(portal: Portal) -> bytes:
    """All that `portico backup create` takes of the database, as text: what is binary is in hexadecimal digits."""
    with database.dump(portal.settings) as process:
        packed = process.read()
    command = [str(database.program(portal.settings, "pg_restore")), "--file=-"]
    return subprocess.run(command, input=packed, capture_output=True, check=True).stdout


def ways(secret: str) -> dict[str, bytes]:
    """As it may stand in a dump."""
    plain = secret.encode()
    return {"plain": plain, "hex": plain.hex().encode(), "base64": base64.b64encode(plain).rstrip(b"=")}


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def planted(portal: Portal, company: Company, work: Callable[[], None]) -> dict[str, str]:
    """Name → secret, each brought in or given out as it is in real life."""
    found = {"password of a system": "erp-" + secrets.token_hex(12), "secret of a sign-in": "sso-" + secrets.token_hex(12)}
    with company.system() as db:
        values = {"host": "192.0.2.1", "database": "erp", "user": "portal", "currency": "EUR",
                  "password": found["password of a system"]}
        service.propose(db, portal.parts.connections, portal.parts.cipher, connector="companydb", name="ERP", values=values)
    sso_company.give(company, "https://id.example", "portico", found["secret of a sign-in"])

    person = company.customer_person()
    program = company.anonymous()
    answer = program.json("POST", "/api/v1/portal/auth/token", {"email": person.email, "password": Person.PASSWORD}).json
    found |= {"access token": answer["access_token"], "refresh token": answer["refresh_token"]}

    client = company.anonymous()
    client.post("/sign-in", {"email": person.email, "password": Person.PASSWORD}, status=303)
    found["personal token"] = make_token(client, SCOPE)
    found["authenticator"] = set_up(client)
    codes = re.findall(r"<code><bdi>([a-z0-9-]{29})</bdi>", made(client).text)
    found |= {"recovery code": codes[0], "recovery code without hyphens": codes[0].replace("-", "")}
    found |= {f"cookie {name}": value for name, value in client.web.cookies.items() if len(value) > 20}
    client.post("/account/data/export", status=303)
    work()

    stranger, address = company.anonymous(), f"new-{secrets.token_hex(6)}@example.com"
    stranger.post("/register", {"name": "N", "email": address, "password": PASSWORD}, status=303)
    stranger.post("/forgot", {"email": person.email}, status=303)
    stranger.post("/sign-in/link", {"email": person.email}, status=303)
    for one in (*portal.mails(address), *portal.mails(person.email)):
        for token in re.findall(r"token=([\w-]{20,})", one.text):
            found[f"link of {one.kind}"] = token
    return found | {"chosen password": PASSWORD, "master key": portal.settings.master_key.decode("latin1")}


def test_a_dump_of_everything_holds_no_secret_in_the_clear(portal: Portal, company: Company, planted: dict[str, str]) -> None:
    with portal.superuser() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM data_request WHERE state = 'ready' AND file IS NOT NULL"))
    assert {"cookie portico", "cookie portico_device", "link of verify", "link of reset", "link of sign-in"} <= planted.keys()
    text = dumped(portal)
    for known in (company.slug, "recovery_code", "tenant_key"):
        assert known.encode() in text, "the dump is one"
    found = [(name, way) for name, secret in planted.items() for way, written in ways(secret).items() if written in text]
    assert found == []
    for name in ("data.json", "index.html"):
        assert name.encode().hex().encode() not in text, "the archive of somebody's data"
