"""With a virus scanner nobody gets what it has not looked at; a real clamd looks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from tests.functional.files.desk import Desk, Job
from tests.functional.files.scanner import EICAR, MOST_BYTES, Clamd
from tests.unit.files import corpus

from portico.files import jobs
from portico.files.scanning import ScannerAwayError, Verdict, scan
from portico.jobs import Retry

NOBODY = "127.0.0.1:9"


@pytest.fixture
def scanned(desk: Desk, clamd: Clamd, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(desk.portal.parts.files, "scanner", clamd.address)
    return desk


def run(desk: Desk) -> None:
    jobs.scan_file(Job(desk.portal.parts, desk.company), str(desk.rows()[-1].id))


def waiting(desk: Desk) -> list[str]:
    with desk.portal.superuser() as connection:
        query = sa.text("SELECT args->>'file_id' FROM job WHERE actor = 'files.scan' AND tenant_id = :t")
        return list(connection.scalars(query, {"t": desk.company.id}))


@pytest.mark.parametrize("way", ["address", "socket"])
def test_clamd_says_what_it_is(clamd: Clamd, way: str) -> None:
    address = getattr(clamd, way)
    assert scan(address, iter([b"harmless"])) == Verdict("clean")
    assert scan(address, iter([])) == Verdict("clean")
    assert scan(address, iter([EICAR[:20], EICAR[20:]])) == Verdict("infected", "Eicar-Of-Tests.UNOFFICIAL")
    assert scan(address, (b"x" * 65_536 for _ in range(2 * MOST_BYTES >> 16))).outcome == "too-large"


def test_a_file_is_closed_until_it_was_found_clean(scanned: Desk) -> None:
    scanned.add("note.txt", b"harmless")
    assert scanned.links() == []
    assert "Being checked for viruses" in scanned.client.get(f"/quotes/{scanned.quote}").text
    [file] = scanned.rows()
    assert waiting(scanned) == [str(file.id)]
    here = f"/quotes/{scanned.quote}/files/{file.id}"
    refused = scanned.client.get(here, status="*")
    assert refused.status_int == 409
    assert "still being checked" in refused.text
    api = scanned.company.api(scanned.client.person)
    assert api.get(here, status="*").json["code"] == "file-not-checked"
    run(scanned)
    assert scanned.fetch(scanned.token_path()).content == b"harmless"


def test_a_link_that_was_made_before_does_not_open_what_is_being_checked(scanned: Desk) -> None:
    scanned.add("note.txt", b"harmless")
    run(scanned)
    path = scanned.token_path()
    assert scanned.fetch(path).status == 200
    with scanned.company.system() as db:
        db.execute(sa.text("UPDATE file SET state = 'scanning'"))
    assert scanned.fetch(path).status == 409


def test_an_infected_file_is_gone_for_everybody_and_on_record(scanned: Desk) -> None:
    scanned.add("invoice.txt", EICAR)
    [file] = scanned.rows()
    stored = scanned.portal.settings.home / "files" / file.object_name
    assert stored.exists()
    run(scanned)
    assert scanned.links() == []
    assert "A virus was found" in scanned.client.get(f"/quotes/{scanned.quote}").text
    for client in (scanned.client, scanned.company.agent()):
        assert client.get(f"/quotes/{scanned.quote}/files/{file.id}", status="*").status_int == 409
    with scanned.company.system() as db:
        entry = db.execute(sa.text("SELECT after FROM audit_entry WHERE action = 'files.infected'")).one()
    assert entry.after["finding"] == "Eicar-Of-Tests.UNOFFICIAL"
    with scanned.portal.superuser() as connection:
        query = sa.text("SELECT args->'names' FROM job WHERE actor = 'files.forget' AND tenant_id = :t")
        [names] = connection.scalars(query, {"t": scanned.company.id})
    assert names == [file.object_name]
    jobs.forget(Job(scanned.portal.parts, scanned.company), names)
    assert not stored.exists()
    scanned.client.post(f"/quotes/{scanned.quote}/files/{file.id}/remove")
    assert scanned.rows() == []


def test_what_is_hidden_in_an_archive_is_found_too(scanned: Desk) -> None:
    scanned.add("files.zip", corpus.package({"a/b.txt": EICAR}))
    run(scanned)
    assert [(row.state, row.problem) for row in scanned.rows()] == [("refused", "virus")]


def test_without_its_daemon_everything_stays_closed_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch, clamd: Clamd) -> None:
    monkeypatch.setattr(desk.portal.parts.files, "scanner", NOBODY)
    desk.add("note.txt", b"harmless")
    for _ in range(3):
        with pytest.raises(Retry):
            run(desk)
    assert "The virus scanner does not answer" in desk.client.get(f"/quotes/{desk.quote}").text
    refused = desk.client.get(f"/quotes/{desk.quote}/files/{desk.rows()[0].id}", status="*")
    assert refused.status_int == 409
    assert "does not answer" in refused.text
    monkeypatch.setattr(desk.portal.parts.files, "scanner", clamd.address)
    run(desk)
    assert desk.fetch(desk.token_path()).status == 200


def test_what_the_scanner_cannot_take_stays_closed_and_says_so(scanned: Desk) -> None:
    scanned.add("long.txt", b"x" * (MOST_BYTES + 1))
    run(scanned)
    assert [(row.state, row.problem) for row in scanned.rows()] == [("scanning", "scanner-limit")]
    assert "Too large for the virus scanner" in scanned.client.get(f"/quotes/{scanned.quote}").text


def test_a_daemon_that_dies_meanwhile_has_not_said_that_it_is_clean(clamd: Clamd) -> None:
    def dying() -> Iterator[bytes]:
        yield b"x" * 65_536
        clamd.process.kill()
        clamd.process.wait(30)
        yield from (b"x" * 65_536 for _ in range(12))

    try:
        with pytest.raises(ScannerAwayError):
            scan(clamd.address, dying())
    finally:
        clamd.start()


def test_without_a_scanner_files_are_there_at_once(desk: Desk) -> None:
    desk.add("note.txt", b"harmless")
    assert waiting(desk) == []
    assert desk.fetch(desk.token_path()).content == b"harmless"
