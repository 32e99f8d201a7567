"""What becomes of files in time: those that nobody attached go, keys are changed, people take theirs along and are forgotten."""

from __future__ import annotations

import html
import io
import json
import zipfile
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.functional.files.desk import Desk, Job

from portico.connections.keys import rotate_data_key
from portico.errors import NotFoundError
from portico.files import jobs, service
from portico.privacy import own_files
from portico.privacy.archive import archive
from portico.privacy.collecting import collect
from portico.privacy.erasing import erase
from portico_quotes import drafts


def loose(desk: Desk, name: str = "loose.txt") -> UUID:
    """One that was taken and not attached."""
    with desk.company.scope_of(desk.client.person) as db:
        return service.take(db, name, io.BytesIO(b"nobody's"), desk.account_id)


def forgotten(desk: Desk) -> set[str]:
    """Names of contents that jobs are about to delete; and they do it."""
    with desk.portal.superuser() as connection:
        query = sa.text("DELETE FROM job WHERE actor = 'files.forget' AND tenant_id = :t RETURNING args->'names'")
        names = [name for some in connection.scalars(query, {"t": desk.company.id}) for name in some]
    jobs.forget(Job(desk.portal.parts, desk.company), names)
    assert not [name for name in names if (desk.portal.settings.home / "files" / name).exists()]
    return set(names)


def contents(desk: Desk, name: str) -> set[str]:
    """Names of what the storage holds, or will, of the file of that name: itself and its previews."""
    [row] = [row for row in desk.rows() if row.name == name]
    assert row.preview_object
    return {row.object_name, row.preview_object}


def older(desk: Desk, hours: int) -> None:
    with desk.company.system() as db:
        db.execute(sa.text("UPDATE file SET created_at = now() - make_interval(hours => :h)"), {"h": hours})


def test_what_nobody_attached_goes_after_a_day(desk: Desk) -> None:
    desk.add("kept.txt", b"x")
    loose(desk)
    gone = contents(desk, "loose.txt")
    older(desk, 23)
    jobs.sweep(Job(desk.portal.parts, desk.company))
    assert len(desk.rows()) == 2
    older(desk, 25)
    jobs.sweep(Job(desk.portal.parts, desk.company))
    assert [row.name for row in desk.rows()] == ["kept.txt"]
    assert forgotten(desk) == gone
    assert desk.fetch(desk.token_path()).content == b"x"


def test_what_did_not_arrive_whole_takes_no_space_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(desk.portal.parts.files.storage, "put", broken)
        with pytest.raises(RuntimeError):
            loose(desk)
    [row] = desk.rows()
    assert row.state == "arriving"
    with desk.company.system() as db:
        assert service.used(db) == len(b"nobody's")
    older(desk, 25)
    jobs.sweep(Job(desk.portal.parts, desk.company))
    assert desk.rows() == []


def test_a_transaction_that_fails_attaches_nothing(desk: Desk) -> None:
    with desk.company.scope_of(desk.client.person) as db:
        file_id = service.take(db, "a.txt", io.BytesIO(b"x"), desk.account_id)
        service.attach(db, file_id, subject(desk))
        db.rollback()
    assert [(row.state, row.kind) for row in desk.rows()] == [("arriving", None)]


def subject(desk: Desk) -> service.Subject:
    return service.Subject("quotes.quote", "quote", UUID(desk.quote), desk.account_id, None, desk.client.person.id)


def test_nobody_attaches_what_another_uploaded(desk: Desk) -> None:
    file_id = loose(desk)
    colleague = desk.company.customer_person(desk.account_id, "Cole League")
    with desk.company.scope_of(colleague) as db, pytest.raises(NotFoundError):
        service.attach(db, file_id, subject(desk))
    with desk.company.scope_of(desk.client.person) as db:
        service.attach(db, file_id, subject(desk))
    with desk.company.scope_of(desk.client.person) as db, pytest.raises(NotFoundError):
        service.attach(db, file_id, subject(desk))  # twice
    assert desk.fetch(desk.token_path()).content == b"nobody's"


def test_a_file_of_one_organisation_is_not_attached_in_another(desk: Desk) -> None:
    file_id, other = loose(desk), Desk.of(desk.portal, desk.company)
    with desk.company.scope_of(desk.client.person) as db, pytest.raises(NotFoundError):
        service.attach(db, file_id, subject(other))


def test_a_draft_with_files_alone_is_not_empty_and_its_files_go_with_it(desk: Desk) -> None:
    desk.add("plan.txt", b"x")
    gone = contents(desk, "plan.txt")
    assert desk.client.post("/quotes/new").headers["Location"].split("/")[-2] != desk.quote
    with desk.company.system() as db:
        db.execute(sa.text("UPDATE quotes_quote SET touched_at = now() - interval '40 days' WHERE id = cast(:q AS uuid)"), {"q": desk.quote})
        drafts.remove_forgotten(db)
    assert desk.rows() == []
    assert forgotten(desk) == gone


def test_a_change_of_the_companys_key_keeps_every_file_readable(desk: Desk) -> None:
    """Files have keys of their own; what is sealed anew are these, and no content is touched."""
    desk.add("plan.txt", b"x" * 100_000)
    stored = desk.portal.settings.home / "files" / desk.rows()[0].object_name
    before, sealed = stored.read_bytes(), keys(desk)
    with desk.company.system() as db:
        assert rotate_data_key(db, desk.portal.parts.cipher) == 1
    after = keys(desk)
    assert stored.read_bytes() == before
    assert (after[0][0], sealed[0][0]) == (2, 1)
    assert after[0][1] != sealed[0][1]
    assert desk.fetch(desk.token_path()).content == b"x" * 100_000


def keys(desk: Desk) -> list[tuple[int, bytes]]:
    with desk.company.system() as db:
        return [(row.key_version, bytes(row.sealed)) for row in db.execute(sa.text("SELECT key_version, sealed FROM file_key"))]


def test_a_customers_session_reads_no_key(desk: Desk) -> None:
    desk.add("plan.txt", b"x")
    assert len(keys(desk)) == 1
    with desk.company.scope_of(desk.client.person) as db, pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        db.execute(sa.text("SELECT sealed FROM file_key"))


def test_a_person_takes_their_files_along(desk: Desk) -> None:
    desk.add("plan.txt", b"my plan")
    desk.add("reply.txt", b"the agent's", desk.company.agent())
    person, parts = desk.client.person, desk.portal.parts
    contents = own_files.contents(parts, person.id)
    made = archive(parts, collect(parts, person.id), locale="en", name="", email="", files=contents)
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        files = {name: opened.read(name) for name in opened.namelist() if name.startswith("files/")}
        assert "plan.txt" in opened.read("tables/file.csv").decode()
        assert "reply.txt" not in opened.read("tables/file.csv").decode()
    [(name, content)] = files.items()
    assert name.startswith(f"files/{desk.company.slug}/")
    assert name.endswith("/plan.txt")
    assert content == b"my plan"


def test_an_archive_holds_as_many_as_fit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_files, "MOST_BYTES", 10)
    for name, size in (("a.txt", 6), ("b.txt", 6), ("c.txt", 4)):
        desk.add(name, b"x" * size)
    found = [one.path.rpartition("/")[2] for one in own_files.contents(desk.portal.parts, desk.client.person.id) if one.content is not None]
    assert found == ["a.txt", "c.txt"]


def test_an_archive_says_what_is_not_in_it_and_why(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_files, "MOST_BYTES", 10)
    for name, size in (("a.txt", 6), ("b.txt", 6), ("c.txt", 4), ("d.txt", 1), ("e.txt", 1)):
        desk.add(name, b"x" * size)
    with desk.company.system() as db:
        for name, state in (("d.txt", "scanning"), ("e.txt", "refused")):
            db.execute(sa.text("UPDATE file SET state = :s WHERE name = :n"), {"s": state, "n": name})
    person, parts = desk.client.person, desk.portal.parts
    made = archive(parts, collect(parts, person.id), locale="fr", name="", email="", files=own_files.contents(parts, person.id))
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        page, told = opened.read("index.html").decode(), json.loads(opened.read("data.json"))
        inside = [name.rpartition("/")[2] for name in opened.namelist() if name.startswith("files/")]
    assert inside == ["a.txt", "c.txt"]
    left = {one["path"].rpartition("/")[2]: one["reason"] for one in told["files_left_out"]}
    assert set(left) == {"b.txt", "d.txt", "e.txt"}
    assert len(set(left.values())) == 3
    assert "archive" in left["b.txt"]
    assert "pas dans cette archive" in page
    for name, reason in left.items():
        assert name in page.partition('id="left-out"')[2]
        assert html.escape(reason, quote=False) in page


def test_an_erasure_keeps_what_belongs_to_a_record_and_nothing_else(desk: Desk) -> None:
    desk.add("plan.txt", b"x")
    loose(desk)
    gone = contents(desk, "loose.txt")
    erase(desk.portal.parts, desk.client.person.id)
    assert [row.name for row in desk.rows()] == ["plan.txt"]
    assert forgotten(desk) == gone
    agent = desk.company.agent()
    assert desk.fetch(desk.token_path(agent)).content == b"x"
