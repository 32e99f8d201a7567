"""Another master key takes over what the former one had sealed, on a server of its own: logins' passwords change too."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pyotp
import pytest
import sqlalchemy as sa
from tests.functional.identity.test_second_factor import as_before

from portico.app import build
from portico.cli.commands import CommandError
from portico.cli.keys import Moved, moved, rotated, sealed_anew
from portico.connections import keys
from portico.connections.models import Connection
from portico.connections.secrets import SealError
from portico.db.embedded import EmbeddedServer
from portico.db.types import new_id
from portico.identity import sealing
from portico.identity.factors import service as factors
from portico.identity.factors.sealing import unseal
from portico.notify.mail import opened
from portico.privacy.service import ARCHIVE
from portico.tenancy.scope import Scope
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

NEW = b"n" * 32


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("keys")
    yield home
    EmbeddedServer(home).stop()


@pytest.fixture(scope="module")
def own(home: Path) -> Iterator[Portal]:
    portal = Portal.build(home, "portico_keys")
    yield portal
    portal.close()


def with_secret(portal: Portal, company: Company) -> Connection:
    with company.system() as db:
        connection = Connection(connector="companydb", name="Books", config={"host": "192.0.2.1"})
        db.add(connection)
        db.flush()
        keys.store_secrets(db, portal.parts.cipher, connection.id, {"password": "s3cret"})
    return connection


def with_authenticator(portal: Portal, company: Company) -> tuple[Person, str]:
    person = company.customer().person
    key = portal.settings.master_key
    with company.scope_of(person) as db:
        factor = factors.begin_totp(db, key)
        secret = factors.begun_totp(db, key, factor)
        factors.confirm_totp(db, portal.parts, factor, "Telephone", pyotp.TOTP(secret).now())
        factors.new_recovery_codes(db, portal.parts)
    return person, secret


def test_rotation_seals_every_companys_secrets_anew(own: Portal) -> None:
    first, second = own.company(), own.company()
    connections = [with_secret(own, company) for company in (first, second)]
    assert {(first.slug, 1), (second.slug, 1)} <= set(rotated(own.settings))
    assert rotated(own.settings, first.slug) == [(first.slug, 1)]
    for company, connection in zip((first, second), connections, strict=True):
        with company.system() as db:
            assert keys.read_secrets(db, own.parts.cipher, connection.id) == {"password": "s3cret"}
    with pytest.raises(CommandError, match="no active company"):
        rotated(own.settings, "nobody")


def test_authenticators_get_their_owners_own_keys(own: Portal) -> None:
    person, secret = with_authenticator(own, own.company())
    as_before(own, person, secret)
    assert sealed_anew(own.settings) == 1
    assert sealed_anew(own.settings) == 0
    with own.superuser() as db:
        [(factor, sealed)] = db.execute(sa.text("SELECT id, sealed FROM user_factor WHERE user_id = :u"), {"u": person.id}).all()
        trail = db.scalars(sa.text("SELECT after FROM audit_entry WHERE action = 'installation.factors-sealed'")).all()
    assert bytes(sealed)[:1] == b"\x02"
    assert unseal(own.settings.master_key, person.id, factor, bytes(sealed)) == secret
    assert trail == [{"factors": 1}]


def with_archive(portal: Portal, person: Person) -> UUID:
    """One that waits to be fetched."""
    request, key = new_id(), portal.settings.master_key
    with portal.superuser() as db:
        db.execute(
            sa.text("INSERT INTO data_request (id, user_id, kind, state, locale, due_at, expires_at, file) "
                    "VALUES (:i, :u, 'export', 'ready', 'en', now(), now() + interval '1 day', :f)"),
            {"i": request, "u": person.id, "f": sealing.seal(key, ARCHIVE, person.id, b"their data", row=request)},
        )  # fmt: skip
    return request


def test_new_master_key_takes_everything_over_or_nothing(own: Portal) -> None:
    company = own.company()
    connection = with_secret(own, company)
    person, secret = with_authenticator(own, company)
    archive = with_archive(own, person)
    company.anonymous().post("/forgot", {"email": person.email}, status=303)
    [link] = re.findall(r"token=([\w-]+)", own.mails(person.email)[-1].text)
    former, changed = own.settings.master_key, replace(own.settings, master_key=NEW)

    with pytest.raises(CommandError, match="Nothing was changed"):
        moved(changed, b"x" * 32)
    with own.parts.sessions.scoped(own.parts.system_scope(company.tenant)) as db:  # the logins' passwords neither
        assert keys.read_secrets(db, own.parts.cipher, connection.id) == {"password": "s3cret"}
    own.parts.engine.dispose()

    done = moved(changed, former)
    assert (done.data_keys >= 1, done.factors >= 1, done.archives, done.without_codes >= 1) == (True, True, 1, True)
    with own.superuser() as db:
        file = bytes(db.scalar(sa.text("SELECT file FROM data_request WHERE id = :i"), {"i": archive}))
        mails = db.execute(sa.text("SELECT * FROM mail WHERE secret IS NOT NULL AND recipient = :e"), {"e": person.email}).all()
    assert done.mails >= 1
    assert link in opened(changed, mails[-1], mails[-1].text)
    assert sealing.unseal(NEW, ARCHIVE, person.id, file, row=archive) == b"their data"
    with own.superuser() as db:
        trail = db.execute(sa.text("SELECT actor, after FROM audit_entry WHERE action = 'installation.master-key'")).all()
    assert [(row.actor, row.after["factors"]) for row in trail] == [("command", done.factors)]
    assert moved(changed, former) == Moved()

    someone = Scope(kind="user", user_id=person.id, request_id="r")
    parts = build(changed)
    try:
        with parts.sessions.scoped(parts.system_scope(parts.tenant(company.id))) as db:
            assert keys.read_secrets(db, parts.cipher, connection.id) == {"password": "s3cret"}
            with pytest.raises(SealError):
                keys.read_secrets(db, own.parts.cipher, connection.id)
        with parts.sessions.scoped(someone) as db:
            assert factors.recovery_codes_left(db, person.id) == 0
            later = pyotp.TOTP(secret).at(time.time() + 30)
            assert factors.prove(db, parts.sessions, NEW, person.id, later) == "totp"
    finally:
        parts.connections.close()
        parts.engine.dispose()
