"""Heads outside the database: what the database's superuser does to the trail is found, and said (SEC-6)."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from portico import audit
from portico.audit import jobs
from portico.audit.anchors import Anchor, Anchors
from portico.audit.verification import APEX
from portico.cli import commands
from portico.jobs.session import worker_session
from portico.tenancy.scope import Scope
from portico.testing.portal import Company, Portal

Command = Callable[..., tuple[int, str]]
SEEN = dt.datetime(2026, 11, 21, 10, 0, tzinfo=dt.UTC)


def seal(portal: Portal, folder: Path) -> None:
    """The sealer's job, as a worker runs it."""
    settings = replace(portal.settings, audit_anchors=str(folder))
    jobs.seal(SimpleNamespace(session=lambda: worker_session(portal.parts.engine), portico=SimpleNamespace(settings=settings)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "anchors"


@pytest.fixture
def company(portal: Portal) -> Company:
    made = portal.company(plugins=[])
    deeds(made, 5)
    return made


def deeds(company: Company, count: int) -> None:
    with company.system() as db:
        for number in range(count):
            audit.record(db, "test.deed", subject=("thing", number))


@pytest.fixture
def command(portal: Portal, folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command as somebody types it, on the tests' database: (exit status, what it said)."""
    parser = argparse.ArgumentParser()
    known = commands.registry(parser)
    settings = replace(portal.settings, audit_anchors=str(folder))

    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        status = known["audit"](settings, parser.parse_args(["audit", "verify", *arguments]))
        return status or 0, capsys.readouterr().out

    return run


def links(portal: Portal, chain: UUID) -> int:
    with portal.superuser() as connection:
        return connection.scalar(sa.text("SELECT count(*) FROM audit_seal WHERE chain = :c"), {"c": chain}) or 0


def test_an_untouched_trail_is_sound_and_anchored(portal: Portal, company: Company, folder: Path, command: Command) -> None:
    seal(portal, folder)
    status, said = command("--tenant", company.slug)
    assert (status, said.count("\n")) == (0, 1)
    assert f"{links(portal, company.id)} links, all sound, 1 anchors agree" in said


TAMPERING: dict[str, tuple[list[str], str]] = {
    "edit": (["UPDATE audit_entry SET actor = 'somebody else' WHERE id = {entry}"], "BROKEN at link 3: its entry or its hash was changed"),
    "removal of an entry": (["DELETE FROM audit_entry WHERE id = {entry}"], "BROKEN at link 3: its entry was removed"),
    "removal of entry and link": (
        ["DELETE FROM audit_seal WHERE chain = :c AND number = 3", "DELETE FROM audit_entry WHERE id = {entry}"],
        "BROKEN at link 3: the link was removed",
    ),
    "cut tail": (
        [
            "DELETE FROM audit_entry e USING audit_seal s WHERE s.entry_id = e.id AND s.chain = :c AND s.number > 3",
            "DELETE FROM audit_seal WHERE chain = :c AND number > 3",
        ],
        "CUT OFF: the chain ends at link 3",
    ),
    "everything removed": (
        ["DELETE FROM audit_entry WHERE tenant_id = :c", "DELETE FROM audit_seal WHERE chain = :c"],
        "CUT OFF: the chain ends at link 0",
    ),
    "removal and a new chain": (
        ["DELETE FROM audit_entry WHERE id = {entry}", "DELETE FROM audit_seal WHERE chain = :c",
         "DO $$ BEGIN WHILE audit_seal_pending(1000) > 0 LOOP END LOOP; END $$"],
        "CUT OFF",
    ),
    "edit and a new chain": (
        ["UPDATE audit_entry SET actor = 'somebody else' WHERE id = {entry}", "DELETE FROM audit_seal WHERE chain = :c",
         "DO $$ BEGIN WHILE audit_seal_pending(1000) > 0 LOOP END LOOP; END $$"],
        "REWRITTEN",
    ),
}  # fmt: skip
ENTRY = "(SELECT entry_id FROM audit_seal WHERE chain = :c AND number = 3)"


@pytest.mark.parametrize("kind", TAMPERING)
def test_what_a_superuser_does_to_the_trail_is_found(
    kind: str, portal: Portal, company: Company, folder: Path, command: Command
) -> None:
    seal(portal, folder)
    statements, expected = TAMPERING[kind]
    with portal.superuser() as connection:
        entry = connection.scalar(sa.text(f"SELECT {ENTRY}"), {"c": company.id})
        for statement in statements:
            text = sa.text(statement.replace("{entry}", f"'{entry}'"))
            connection.execute(text, {"c": company.id} if ":c" in statement else {})
    status, said = command("--tenant", company.slug)
    assert expected in said, said
    assert status == 1


def test_a_cut_tail_shows_only_by_the_anchor(portal: Portal, company: Company, folder: Path, command: Command) -> None:
    seal(portal, folder)
    with portal.superuser() as connection:
        connection.execute(sa.text("DELETE FROM audit_seal WHERE chain = :c AND number > 2"), {"c": company.id})
    for path in folder.iterdir():
        path.unlink()
    status, said = command("--tenant", company.slug)
    assert status == 2
    assert "2 links, all sound, NO ANCHOR at hand" in said
    assert str(folder) in said


def test_a_cut_that_has_grown_again_is_found(portal: Portal, company: Company, folder: Path, command: Command) -> None:
    seal(portal, folder)
    with portal.superuser() as connection:
        for statement in TAMPERING["cut tail"][0]:
            connection.execute(sa.text(statement), {"c": company.id})
    deeds(company, 30)
    seal(portal, folder)
    status, said = command("--tenant", company.slug)
    assert (status, "REWRITTEN" in said) == (1, True)


def test_what_is_not_sealed_yet_is_said_and_counts_when_it_waits_for_long(
    portal: Portal, company: Company, folder: Path, command: Command
) -> None:
    admin, page = company.admin(), "/admin/audit/verify"
    seal(portal, folder)
    deeds(company, 2)
    status, said = command("--tenant", company.slug)
    assert status == 0
    assert "2 entries are not sealed yet, the oldest of " in said
    assert "FOR TOO LONG" not in said
    with portal.superuser() as connection:
        connection.execute(sa.text(
            "UPDATE audit_entry e SET at = now() - interval '6 minutes' WHERE tenant_id = :c AND action = 'test.deed' "
            "AND NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.entry_id = e.id)"), {"c": company.id})
    status, said = command("--tenant", company.slug)
    assert status == 2
    assert "NOT SEALED FOR TOO LONG" in said
    assert "new entries are not in it" in admin.get(page).text
    seal(portal, folder)
    assert command("--tenant", company.slug)[0] == 0
    assert "new entries are not in it" not in admin.get(page).text


def test_the_installations_own_trail_is_anchored_too(portal: Portal, company: Company, folder: Path, command: Command) -> None:
    def operators_deed() -> None:
        with portal.parts.sessions.scoped(Scope(kind="operator", user_name="Olga", request_id="r")) as db:
            audit.record(db, "test.apex")

    operators_deed()
    seal(portal, folder)
    assert APEX in Anchors(folder).chains()
    status, said = command()
    lines = {line.split(":")[0]: line for line in said.splitlines()}
    assert "all sound" in lines["the installation"]
    assert "all sound" in lines[company.slug]
    with portal.superuser() as connection:
        connection.execute(sa.text("UPDATE audit_entry SET actor = actor || 'x' WHERE tenant_id IS NULL AND action = 'test.apex'"))
    try:
        status, said = command()
        assert status == 1
        assert "the installation: BROKEN at link" in said
    finally:
        with portal.superuser() as connection:
            connection.execute(
                sa.text("UPDATE audit_entry SET actor = left(actor, -1) WHERE tenant_id IS NULL AND action = 'test.apex'")
            )


def test_a_company_that_was_removed_with_its_trail_is_missed(portal: Portal, folder: Path, command: Command) -> None:
    gone = UUID(int=7)
    Anchors(folder).append([Anchor(SEEN, gone, 12, b"\1" * 32)])
    status, said = command()
    assert status == 1
    assert f"{gone} (no such company any more): CUT OFF: the chain ends at link 0, but link 12 was anchored" in said


def test_an_unknown_company_is_said_to_be_unknown(command: Command) -> None:
    with pytest.raises(commands.CommandError, match="no company 'nobody'"):
        command("--tenant", "nobody")


def test_a_round_anchors_what_grew_and_nothing_else(portal: Portal, company: Company, folder: Path) -> None:
    seal(portal, folder)
    anchors = Anchors(folder)
    assert [one.number for one in anchors.of(company.id)] == [links(portal, company.id)]
    seal(portal, folder)
    assert len(list(anchors.of(company.id))) == 1
    deeds(company, 1)
    seal(portal, folder)
    assert [one.number for one in anchors.of(company.id)] == [links(portal, company.id) - 1, links(portal, company.id)]


def test_what_a_crash_left_unanchored_is_anchored_by_the_next_round(portal: Portal, company: Company, folder: Path) -> None:
    seal(portal, folder)
    deeds(company, 2)
    with portal.superuser() as connection:  # sealed, and the process died before it wrote the anchor
        connection.execute(sa.text("SELECT audit_seal_pending(100000)"))
    seal(portal, folder)
    assert [one.number for one in Anchors(folder).of(company.id)][-1] == links(portal, company.id)


def test_a_folder_that_cannot_be_written_fails_the_job(portal: Portal, company: Company, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("no folder")
    with pytest.raises(OSError):
        seal(portal, in_the_way / "anchors")


def anchor(number: int, **changed: Any) -> Anchor:
    return replace(Anchor(SEEN + dt.timedelta(seconds=number), UUID(int=1), number, bytes([number]) * 32), **changed)


def test_anchors_are_read_as_they_were_written(folder: Path) -> None:
    anchors, made = Anchors(folder), [anchor(1), anchor(2), anchor(3, seen_at=SEEN + dt.timedelta(days=40))]
    assert anchors.last_seen() is None
    for one in made:
        anchors.append([one])
    assert [path.name for path in anchors.files()] == ["audit-2026-11.anchors", "audit-2026-12.anchors"]
    assert list(anchors.of(UUID(int=1))) == made
    assert list(anchors.of(UUID(int=2))) == []
    assert anchors.last_seen() == made[-1].seen_at
    assert {path.stat().st_mode & 0o777 for path in anchors.files()} == {0o600}


def test_a_line_that_was_cut_in_two_spoils_no_other(folder: Path) -> None:
    anchors = Anchors(folder)
    anchors.append([anchor(1)])
    [path] = anchors.files()
    path.write_text(path.read_text() + anchor(2).line()[:60])
    assert anchors.last_seen() == anchor(1).seen_at
    anchors.append([anchor(3)])
    assert list(anchors.of(UUID(int=1))) == [anchor(1), anchor(3)]
