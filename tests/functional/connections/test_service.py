"""Connections are tested before use, keep their secrets to themselves, and change without losing them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portico.connections import check, keys, service
from portico.connections.models import Connection, ConnectionSecret, TenantKey
from portico.connections.secrets import SealError
from portico.connections.target import NoConnectionError
from portico.errors import InvalidError


def propose(world: Any, **options: Any) -> Any:
    values = {"connector": "memory", "name": "Books", "replaces_id": world.connection_id} | options
    with world.session() as db:
        return service.propose(db, world.host, world.portal.parts.cipher, **values)


def test_connection_that_passed_its_test_is_in_use(world: Any) -> None:
    with world.session() as db:
        found = service.get(db, world.connection_id)
        assert (found.status, found.reports[0]["ok"], found.reports[0]["rows"]) == ("active", True, 0)
        assert world.host.capable(db, "records") == world.connection_id


def test_draft_that_fails_its_test_is_not_in_use(world: Any) -> None:
    with world.session() as db:
        host = service.get(db, world.connection_id).config["host"]
    config = {"host": host, "password": "refused"}
    draft = propose(world, values=config, replaces_id=None)
    assert check.run(world.portal.parts, world.company.id, draft) is None
    with world.session() as db:
        assert service.get(db, draft).status == "draft"
        assert service.get(db, draft).last_error == "refused"
        assert world.host.capable(db, "records") == world.connection_id


def test_change_takes_effect_after_its_test_and_keeps_the_secret_not_given(world: Any) -> None:
    with world.session() as db:
        before = service.get(db, world.connection_id)
    draft = propose(world, name="Renamed", values={"host": before.config["host"], "password": ""})
    assert check.run(world.portal.parts, world.company.id, draft) == world.connection_id
    with world.session() as db:
        after = service.get(db, world.connection_id)
        assert (after.name, after.version > before.version) == ("Renamed", True)
        assert [one.id for one in service.listing(db)] == [world.connection_id]
        assert service.known_secrets(db, world.connection_id) == {"password"}
    target = world.host.target(world.company.id, world.connection_id)
    world.host.call(target, "check", "test")
    assert world.memory.passwords[-1] == "s3cret"


def test_failed_change_leaves_the_connection_as_it_was(world: Any) -> None:
    with world.session() as db:
        config = service.get(db, world.connection_id).config
    draft = propose(world, name="Broken", values={"host": config["host"], "password": "refused"})
    assert check.run(world.portal.parts, world.company.id, draft) is None
    with world.session() as db:
        assert service.get(db, world.connection_id).name == "Books"


def test_stored_secret_is_not_sent_to_another_address(world: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        propose(world, values={"host": "evil.example", "password": ""})
    assert set(caught.value.fields) == {"password"}


def test_unknown_setting_and_unknown_connector_are_refused(world: Any) -> None:
    for options in (
        {"values": {"host": "x", "surprise": "1"}},
        {"connector": "no-such", "values": {}},
        {"values": {"host": "x", "password": "y"}, "name": " "},
    ):
        with pytest.raises(InvalidError):
            propose(world, **{"replaces_id": None, **options})


def test_secret_is_sealed_and_in_no_other_column(world: Any) -> None:
    with world.session() as db:
        sealed = db.execute(
            sa.select(ConnectionSecret.sealed).where(ConnectionSecret.connection_id == world.connection_id)
        ).scalar_one()
        row = db.execute(
            sa.select(sa.cast(sa.func.to_jsonb(sa.text("connection.*")), sa.Text))
            .select_from(Connection)
            .where(Connection.id == world.connection_id)
        ).scalar_one()
    assert b"s3cret" not in sealed
    assert "s3cret" not in row
    assert "s3cret" not in repr(world.host.target(world.company.id, world.connection_id))


def test_secret_of_another_row_does_not_open(world: Any) -> None:
    cipher = world.portal.parts.cipher
    with world.session() as db:
        key = keys.current_key(db, cipher)
        sealed = key.seal(world.connection_id, "other_field", "x")
        with pytest.raises(SealError):
            key.open(world.connection_id, "password", sealed)


def test_rotation_changes_key_and_cipher_text_but_not_the_secret(world: Any) -> None:
    cipher = world.portal.parts.cipher
    with world.session() as db:
        before = db.execute(sa.select(ConnectionSecret.sealed)).scalars().all()
        assert keys.rotate_data_key(db, cipher) == 1
        assert db.execute(sa.select(TenantKey.version)).scalars().all() == [2]
        assert db.execute(sa.select(ConnectionSecret.sealed)).scalars().all() != before
    with world.session() as db:
        assert keys.read_secrets(db, cipher, world.connection_id) == {"password": "s3cret"}


def test_other_company_has_no_such_connection(world: Any) -> None:
    other = world.portal.company()
    with pytest.raises(NoConnectionError):
        world.host.target(other.id, world.connection_id)
    assert world.host.target(world.company.id, world.connection_id).name == "Books"


def test_change_of_settings_raises_the_company_version_and_a_sync_does_not(world: Any) -> None:
    parts = world.portal.parts
    before = parts.tenant(world.company.id).config_version
    with world.session() as db:
        db.execute(sa.update(Connection).values(last_error="x"))
    assert parts.tenant(world.company.id).config_version == before
    with world.session() as db:
        service.set_paused(db, world.connection_id, True)
    assert parts.tenant(world.company.id).config_version > before
    with world.session() as db, pytest.raises(NoConnectionError):
        world.host.capable(db, "records")


def test_deleted_connection_takes_its_secrets_along(world: Any) -> None:
    with world.session() as db:
        service.delete(db, world.connection_id)
    with world.session() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(ConnectionSecret)).scalar_one() == 0


def test_jobs_hear_of_connections_in_use(world: Any) -> None:
    found = {(one.tenant_id, one.arguments["connection_id"]) for one in world.host.job_targets(None)}
    assert (world.company.id, str(world.connection_id)) in found
