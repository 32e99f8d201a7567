"""Previews from the upload to the picture, by the job that makes them: who sees them, what there are none of, how they end."""

from __future__ import annotations

import io
import re
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from PIL import Image
from tests.functional.files.desk import Desk, Job, fetch
from tests.functional.files.scanner import EICAR, Clamd
from tests.functional.files.test_keeping import forgotten, loose
from tests.unit.files import corpus, documents

from portico.connections.keys import rotate_data_key
from portico.errors import NotFoundError
from portico.files import jobs, preview_jobs, rendering, service
from portico.files.errors import StorageAwayError
from portico.jobs import Retry
from portico.jobs.application import job_queue
from portico.jobs.worker import run_pending
from portico.privacy.erasing import erase
from portico.testing.client import HOST, Client

PLAN = documents.pages(7)


@pytest.fixture
def shown(desk: Desk) -> Desk:
    """With a plan of seven pages, whose previews are made."""
    desk.add("plan.pdf", PLAN)
    desk.previews_made()
    return desk


def page(desk: Desk, client: Client | None = None, **options: Any) -> Any:
    return (client or desk.client).get(f"/quotes/{desk.quote}/files/{desk.rows()[0].id}/preview", **options)


def picture_path(desk: Desk, place: int, client: Client | None = None) -> str:
    """Where the page's picture leads."""
    address = f"/quotes/{desk.quote}/files/{desk.rows()[0].id}/preview/{place}"
    location: str = (client or desk.client).get(address, status=303).headers["Location"]
    return location.removeprefix(f"http://{HOST}")


def trail(desk: Desk, action: str) -> list[dict[str, Any]]:
    with desk.company.system() as db:
        return list(db.scalars(sa.text("SELECT after FROM audit_entry WHERE action = :a ORDER BY id"), {"a": action}))


def test_a_worker_makes_them_of_what_was_uploaded(desk: Desk) -> None:
    """The real queue, its runner and the process that draws."""
    desk.add("plan.pdf", PLAN)
    listed = desk.client.get(f"/quotes/{desk.quote}").text
    assert "A preview is being made" in listed
    assert "A preview is being made" in page(desk).text
    ran = run_pending(job_queue(desk.portal.parts), desk.portal.parts)
    assert "files.preview" in [actor for actor, _outcome in ran]
    [row] = desk.rows()
    assert (row.preview, row.preview_pages, row.preview_problem) == ("ready", 7, "")
    assert [one["kind"] for one in row.preview_parts] == ["thumbnail", *["page"] * 5]


def test_the_list_shows_a_thumbnail_with_words_and_the_page_its_pages(shown: Desk) -> None:
    [row] = shown.rows()
    here = f"{shown.client.prefix}/quotes/{shown.quote}/files/{row.id}/preview"
    listed = shown.client.get(f"/quotes/{shown.quote}").text
    assert re.search(rf'<a class="file-thumb" href="{here}"><img src="{here}/0" width="226" height="320" loading="lazy" alt="Preview of plan.pdf">', listed)
    opened = page(shown).text
    assert re.findall(r'<img src="([^"]+)"', opened.partition('id="preview"')[2]) == [f"{here}/{place}" for place in range(1, 6)]
    assert 'alt="Page 1 of 7"' in opened
    assert "The first 5 pages of 7 are shown." in opened


def test_pictures_are_given_out_as_files_are(shown: Desk) -> None:
    for place, size in ((0, (226, 320)), (1, (1000, 1416)), (5, (1000, 1416))):
        answer = shown.fetch(picture_path(shown, place))
        assert answer.status == 200
        assert answer.header("Content-Type") == "image/webp"
        assert Image.open(io.BytesIO(answer.content), formats=("WEBP",)).size == size
        assert answer.header("Content-Security-Policy") == "sandbox; default-src 'none'"
        assert answer.header("X-Content-Type-Options") == "nosniff"
        assert answer.header("Cache-Control") == "private, no-store"
        assert answer.header("Content-Disposition") == "inline"
        assert not answer.header("Set-Cookie")


def test_a_picture_is_shown_at_the_pages_own_host_and_the_file_is_not(shown: Desk) -> None:
    elsewhere = {"host": "portal.acme.example"}
    assert fetch(shown.portal, picture_path(shown, 1), headers=elsewhere).status == 200
    assert fetch(shown.portal, shown.token_path(), headers=elsewhere).status == 404


def test_who_looked_at_which_page_is_on_record(shown: Desk) -> None:
    [row] = shown.rows()
    for place in (0, 1, 3):
        shown.fetch(picture_path(shown, place))
    assert trail(shown, "files.previewed") == [{"file": "plan.pdf", "file_id": str(row.id), "page": place} for place in (1, 3)]
    assert trail(shown, "files.downloaded") == []


@pytest.mark.parametrize("place", ["6", "99", "999", "1000", "-1", "x", "%D9%A1", "1.5"])
def test_there_are_no_other_pictures(shown: Desk, place: str) -> None:
    address = f"/quotes/{shown.quote}/files/{shown.rows()[0].id}/preview/"
    assert shown.client.get(address + "5", status=303)
    assert shown.client.get(address + place, status="*").status_int == 404


def test_who_does_not_see_the_file_sees_no_preview(shown: Desk) -> None:
    path, elsewhere = picture_path(shown, 1), Desk.of(shown.portal)
    strangers = (shown.company.customer(), elsewhere.client, elsewhere.company.admin())
    for client in strangers:
        assert page(shown, client, status="*").status_int == 404
        address = f"/quotes/{shown.quote}/files/{shown.rows()[0].id}/preview/1"
        assert client.get(address, status="*").status_int == 404
    assert shown.fetch(path).status == 200


def test_a_file_of_another_quote_is_not_shown_at_this_one(shown: Desk) -> None:
    other = Desk.of(shown.portal, shown.company)
    address = f"/files/{shown.rows()[0].id}/preview"
    agent = shown.company.agent()
    assert agent.get(f"/quotes/{shown.quote}{address}").status_int == 200
    for path in (address, address + "/1"):
        assert agent.get(f"/quotes/{other.quote}{path}", status="*").status_int == 404


def test_signing_out_ends_the_links_to_pictures(shown: Desk) -> None:
    path = picture_path(shown, 1)
    assert shown.fetch(path).status == 200
    with shown.portal.superuser() as connection:
        connection.execute(sa.text("DELETE FROM web_session WHERE user_id = :u"), {"u": shown.client.person.id})
    assert shown.fetch(path).status == 410


def test_a_switched_off_plugins_file_has_no_preview(shown: Desk) -> None:
    path = picture_path(shown, 1)
    with shown.portal.superuser() as connection:
        connection.execute(sa.text("UPDATE tenant_plugin SET enabled = false WHERE tenant_id = :t"), {"t": shown.company.id})
        connection.execute(sa.text("UPDATE tenant SET config_version = config_version + 1 WHERE id = :t"), {"t": shown.company.id})
    assert shown.fetch(path).status == 404
    assert page(shown, status="*").status_int == 404


@pytest.mark.parametrize("state", ["scanning", "refused", "arriving"])
def test_what_is_not_clean_is_not_shown(shown: Desk, state: str) -> None:
    path = picture_path(shown, 1)
    with shown.company.system() as db:
        db.execute(sa.text("UPDATE file SET state = :s"), {"s": state})
    assert shown.fetch(path).status in (404, 409)
    assert "<img" not in page(shown).text.partition('id="preview"')[2]
    assert "file-thumb" not in shown.client.get(f"/quotes/{shown.quote}").text
    address = f"/quotes/{shown.quote}/files/{shown.rows()[0].id}/preview/1"
    assert shown.client.get(address, status="*").status_int == 404
    api = shown.company.api(shown.client.person).get(address.removesuffix("/1")).json
    assert (api["state"], api["pictures"]) == ("none", [])


def test_nothing_is_drawn_before_the_scanner_has_answered(desk: Desk, clamd: Clamd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.portal.parts.files, "scanner", clamd.address)
    for name, data in (("plan.pdf", PLAN), ("bad.txt", EICAR)):
        desk.add(name, data)
    assert {(row.preview, row.preview_object) for row in desk.rows()} == {("none", "")}
    for row in desk.rows():
        jobs.scan_file(Job(desk.portal.parts, desk.company), str(row.id))
    assert [(row.name, row.state, row.preview) for row in desk.rows()] == [("plan.pdf", "clean", "waiting"), ("bad.txt", "refused", "none")]
    desk.previews_made()
    assert [row.preview for row in desk.rows()] == ["ready", "none"]


def test_what_lies_in_the_storage_says_nothing_and_is_not_counted(shown: Desk) -> None:
    [row] = shown.rows()
    stored = (shown.portal.settings.home / "files" / row.preview_object).read_bytes()
    assert len(stored) > row.preview_size
    assert b"WEBP" not in stored
    with shown.company.system() as db:
        assert service.used(db) == len(PLAN)


def test_a_change_of_the_companys_key_keeps_previews_visible(shown: Desk) -> None:
    before = shown.fetch(picture_path(shown, 2)).content
    with shown.company.system() as db:
        assert rotate_data_key(db, shown.portal.parts.cipher) == 2
    assert shown.fetch(picture_path(shown, 2)).content == before


def test_a_preview_that_was_changed_in_the_storage_is_not_given_out(shown: Desk) -> None:
    stored = shown.portal.settings.home / "files" / shown.rows()[0].preview_object
    content = bytearray(stored.read_bytes())
    content[100] ^= 1
    stored.write_bytes(content)
    assert shown.fetch(picture_path(shown, 0)).status == 503


@pytest.mark.parametrize("how", ["removed", "swept", "erased", "draft"])
def test_they_go_with_their_file(desk: Desk, how: str) -> None:
    if how in ("removed", "draft"):
        desk.add("plan.pdf", PLAN)
    else:
        with desk.company.scope_of(desk.client.person) as db:
            service.take(db, "plan.pdf", io.BytesIO(PLAN), desk.account_id)
    desk.previews_made()
    [row] = desk.rows()
    assert row.preview == "ready"
    stored = [desk.portal.settings.home / "files" / name for name in (row.object_name, row.preview_object)]
    assert all(one.exists() for one in stored)
    if how == "removed":
        desk.client.post(f"/quotes/{desk.quote}/files/{row.id}/remove")
    elif how == "erased":
        erase(desk.portal.parts, desk.client.person.id)
    else:
        with desk.company.system() as db:
            if how == "draft":
                service.forget_records(db, "quotes.quote", [UUID(desk.quote)])
            db.execute(sa.text("UPDATE file SET created_at = now() - interval '2 days'"))
        jobs.sweep(Job(desk.portal.parts, desk.company))
    assert forgotten(desk) == {row.object_name, row.preview_object}
    assert not any(one.exists() for one in stored)
    with desk.company.system() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM file_key")) == 0


def waiting(desk: Desk) -> dict[str, str]:
    """What the job will be told."""
    with desk.portal.superuser() as connection:
        query = sa.text("DELETE FROM job WHERE actor = 'files.preview' AND tenant_id = :t RETURNING args")
        [told] = connection.scalars(query, {"t": desk.company.id})
    return dict(told)


def test_a_file_that_is_removed_while_it_is_drawn_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add("plan.pdf", PLAN)
    told, [row], put = waiting(desk), desk.rows(), desk.portal.parts.files.storage.put

    def removed_meanwhile(name: str, sealed: Any) -> None:
        put(name, sealed)
        desk.client.post(f"/quotes/{desk.quote}/files/{row.id}/remove")

    monkeypatch.setattr(desk.portal.parts.files.storage, "put", removed_meanwhile)
    preview_jobs.make(Job(desk.portal.parts, desk.company), **told)
    assert not (desk.portal.settings.home / "files" / told["name"]).exists()


def test_a_job_that_runs_again_after_its_worker_died_leaves_nothing_behind(desk: Desk) -> None:
    desk.add("plan.pdf", PLAN)
    told, [row] = waiting(desk), desk.rows()
    stored = desk.portal.settings.home / "files" / told["name"]
    stored.parent.mkdir(exist_ok=True, parents=True)
    stored.write_bytes(b"as far as it came")
    desk.client.post(f"/quotes/{desk.quote}/files/{row.id}/remove")
    preview_jobs.make(Job(desk.portal.parts, desk.company), **told)
    assert not stored.exists()


def test_a_job_that_runs_twice_changes_nothing(desk: Desk) -> None:
    desk.add("plan.pdf", PLAN)
    told = waiting(desk)
    for _ in range(2):
        preview_jobs.make(Job(desk.portal.parts, desk.company), **told)
    assert desk.rows()[0].preview == "ready"
    assert desk.fetch(picture_path(desk, 1)).status == 200


def test_a_storage_that_is_away_is_asked_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object) -> None:
        raise StorageAwayError

    desk.add("plan.pdf", PLAN)
    told = waiting(desk)
    with monkeypatch.context() as patch:
        patch.setattr(desk.portal.parts.files.storage, "put", away)
        with pytest.raises(Retry):
            preview_jobs.make(Job(desk.portal.parts, desk.company), **told)
    assert desk.rows()[0].preview == "waiting"
    preview_jobs.make(Job(desk.portal.parts, desk.company), **told)
    assert desk.rows()[0].preview == "ready"


def test_one_that_is_busy_drawing_comes_back_later(desk: Desk) -> None:
    desk.add("plan.pdf", PLAN)
    with rendering._ONE_AT_A_TIME, pytest.raises(Retry):
        desk.previews_made()
    assert desk.rows()[0].preview == "waiting"


@pytest.mark.parametrize(
    ("name", "data", "problem", "words"),
    [
        ("locked.pdf", documents.locked(), "locked", "It is locked with a password."),
        ("nothing.pdf", corpus.PDF, "damaged", "It is damaged"),
        ("nested.pdf", documents.nested(), "demanding", "Drawing it takes more time or memory"),
    ],
)
def test_what_cannot_be_drawn_says_why_and_can_be_downloaded(desk: Desk, name: str, data: bytes, problem: str, words: str) -> None:
    desk.add(name, data)
    desk.previews_made()
    [row] = desk.rows()
    assert (row.preview, row.preview_problem, row.preview_object) == ("failed", problem, "")
    assert words in desk.client.get(f"/quotes/{desk.quote}").text
    assert words in page(desk).text
    api = desk.company.api(desk.client.person).get(f"/quotes/{desk.quote}/files/{row.id}/preview").json
    assert api == {"state": "failed", "problem": problem, "pages": 0, "pictures": []}
    assert desk.fetch(desk.token_path()).content == data


def test_a_content_that_does_not_open_is_said_to_be_unreadable(desk: Desk) -> None:
    desk.add("plan.pdf", PLAN)
    stored = desk.portal.settings.home / "files" / desk.rows()[0].object_name
    stored.write_bytes(bytes(len(stored.read_bytes())))
    desk.previews_made()
    assert desk.rows()[0].preview_problem == "unreadable"


def test_staff_have_it_tried_again_and_customers_do_not(desk: Desk) -> None:
    desk.add("plan.pdf", PLAN)
    here = f"/quotes/{desk.quote}/files/{desk.rows()[0].id}/preview-again"
    agent = desk.company.agent()
    with desk.company.system() as db:
        db.execute(sa.text("UPDATE file SET preview = 'failed', preview_problem = 'demanding'"))
    waiting(desk)
    assert here not in page(desk).text
    assert desk.client.post(here, status="*").status_int == 403
    assert here in page(desk, agent).text
    agent.post(here, status=303)
    assert [one["file"] for one in trail(desk, "files.preview-asked")] == ["plan.pdf"]
    desk.previews_made()
    assert desk.rows()[0].preview == "ready"
    assert here not in page(desk, agent).text
    assert agent.post(here, status="*").status_int == 409


def test_a_job_of_before_does_not_stand_in_the_way_of_another_try(desk: Desk) -> None:
    desk.add("plan.pdf", PLAN)
    old = waiting(desk)
    desk.company.agent().post(f"/quotes/{desk.quote}/files/{desk.rows()[0].id}/preview-again", status=303)
    new = waiting(desk)
    preview_jobs.make(Job(desk.portal.parts, desk.company), **old)
    assert desk.rows()[0].preview == "waiting"
    assert not (desk.portal.settings.home / "files" / old["name"]).exists()
    preview_jobs.make(Job(desk.portal.parts, desk.company), **new)
    assert desk.fetch(picture_path(desk, 1)).status == 200


def test_a_text_is_shown_as_text_and_who_read_it_is_on_record(desk: Desk) -> None:
    desk.add("note.txt", "Größe مقاس\nAlso <script>alert(1)</script> & more".encode())
    desk.previews_made()
    [row] = desk.rows()
    assert desk.portal.settings.home.joinpath("files", row.preview_object).exists()
    opened = page(desk).text
    assert '<pre class="preview-text" dir="auto"' in opened
    assert "Größe مقاس\nAlso &lt;script&gt;alert(1)&lt;/script&gt; &amp; more</pre>" in opened
    assert trail(desk, "files.previewed") == [{"file": "note.txt", "file_id": str(row.id)}]
    address = f"/quotes/{desk.quote}/files/{row.id}/preview/0"
    assert desk.client.get(address, status="*").status_int == 404


def test_a_table_is_shown_as_a_table(desk: Desk) -> None:
    desk.add("parts.csv", b"Part;Count\n<b>4711</b>;2\n")
    desk.previews_made()
    opened = page(desk).text
    assert '<th scope="col" dir="auto">Part</th>' in opened
    assert '<td dir="auto">&lt;b&gt;4711&lt;/b&gt;</td>' in opened


def test_of_a_long_text_the_beginning_is_shown(desk: Desk) -> None:
    desk.add("long.txt", b"A line of text.\n" * 100_000)
    desk.previews_made()
    opened = page(desk).text
    assert opened.count("A line of text.") == 200
    assert "This is the beginning." in opened


def test_a_text_whose_storage_is_away_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object) -> None:
        raise StorageAwayError

    desk.add("note.txt", b"A line of text.")
    desk.previews_made()
    monkeypatch.setattr(desk.portal.parts.files.storage, "read", away)
    answer = page(desk, status="*")
    assert answer.status_int == 503
    assert "cannot be stored or read at the moment" in answer.text


def test_other_kinds_have_none_and_nobody_waits_for_them(desk: Desk) -> None:
    desk.add("files.zip", corpus.package({"a.txt": b"x"}))
    assert desk.rows()[0].preview == "none"
    assert "/preview" not in desk.client.get(f"/quotes/{desk.quote}").text
    assert "Files of this kind are not previewed" in page(desk).text


def test_they_can_be_switched_off(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add("early.pdf", PLAN)
    monkeypatch.setattr(desk.portal.parts.files, "preview_pages", 0)
    desk.add("plan.pdf", PLAN)
    assert [row.preview for row in desk.rows()] == ["waiting", "none"]
    assert "being made" not in desk.client.get(f"/quotes/{desk.quote}").text


def test_what_was_uploaded_before_gets_its_own_in_time(desk: Desk) -> None:
    desk.add("plan.pdf", PLAN)
    desk.add("files.zip", corpus.package({"a.txt": b"x"}))
    waiting(desk)
    with desk.company.system() as db:
        db.execute(sa.text("UPDATE file SET preview = 'waiting', preview_object = ''"))  # as after the migration
    jobs.sweep(Job(desk.portal.parts, desk.company))
    desk.previews_made()
    assert [(row.name, row.preview) for row in desk.rows()] == [("plan.pdf", "ready"), ("files.zip", "none")]


def test_programs_are_told_where_the_pictures_are(shown: Desk) -> None:
    api = shown.company.api(shown.client.person).get(f"/quotes/{shown.quote}/files/{shown.rows()[0].id}/preview").json
    assert (api["state"], api["problem"], api["pages"]) == ("ready", "", 7)
    assert [(one["page"], one["width"], one["height"]) for one in api["pictures"]] == [(place, 1000, 1416) for place in range(1, 6)]
    base = shown.portal.settings.public_url.rstrip("/")
    path = api["pictures"][0]["url"].removeprefix(base)
    assert shown.fetch(path).content[8:12] == b"WEBP"


def test_nobody_makes_a_preview_of_a_file_that_was_never_attached_visible(desk: Desk) -> None:
    loose(desk, "loose.txt")
    desk.previews_made()
    [row] = desk.rows()
    assert row.preview == "ready"
    assert desk.client.get(f"/quotes/{desk.quote}/files/{row.id}/preview", status="*").status_int == 404
    with desk.company.scope_of(desk.client.person) as db, pytest.raises(NotFoundError):
        service.one(db, "quotes.quote", UUID(desk.quote), row.id)
