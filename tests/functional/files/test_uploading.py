"""Bringing a file: with scripts and without, what is refused and in which words, who may, and how much."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from tests.functional.files.desk import Desk
from tests.unit.files import corpus
from webtest import Upload

from portico.files import service
from portico.files.errors import QuotaError, StorageAwayError
from portico.testing.portal import Portal
from portico.web.uploads import Limits, RefusedError, Uploads

HTMX = {"HX-Request": "true"}


def test_without_scripts_one_comes_back_to_the_draft(desk: Desk) -> None:
    answer = desk.add("plan.pdf", corpus.PDF)
    assert answer.status_int == 303
    page = answer.follow()
    assert "The file was added." in page.text
    assert "plan.pdf" in page.text
    [row] = desk.rows()
    assert (row.name, row.media_type, row.size, row.owner_id) == ("plan.pdf", "application/pdf", len(corpus.PDF), desk.client.person.id)
    assert (row.account_id, row.author_id, row.kind, str(row.subject_id)) == (
        desk.account_id, desk.client.person.id, "quotes.quote", desk.quote,
    )  # fmt: skip
    assert row.active


def test_with_scripts_the_list_alone_comes_back(desk: Desk) -> None:
    answer = desk.add("plan.pdf", corpus.PDF, headers=HTMX)
    assert answer.status_int == 200
    assert "<html" not in answer.text
    assert 'id="files-list"' in answer.text
    assert "plan.pdf" in answer.text


def test_a_refusal_names_what_to_do_and_loses_nothing(desk: Desk) -> None:
    edit = f"/quotes/{desk.quote}/edit"
    whole = desk.add("logo.svg", b"<svg onload='x'/>", status=422)
    assert "Save it as a PNG or PDF file." in whole.text
    assert 'action="' + desk.client.prefix + f"/quotes/{desk.quote}/change" in whole.text, "the rest of the page is there"
    part = desk.add("logo.svg", b"<svg onload='x'/>", headers=HTMX, status=422)
    assert 'id="file-problem" role="alert" hx-swap-oob="true"' in part.text
    assert "Save it as a PNG or PDF file." in part.text
    assert desk.rows() == []
    assert "No files yet" in desk.client.get(edit).text


@pytest.mark.parametrize(
    ("language", "words"), [("fr", "Enregistrez-le en PNG ou en PDF."), ("ar", "احفظها بصيغة PNG أو PDF."), ("en", "Save it as a PNG")]
)
def test_a_refusal_is_in_the_readers_language(desk: Desk, language: str, words: str) -> None:
    answer = desk.add("logo.svg", b"<svg/>", headers={**HTMX, "Accept-Language": language}, status=422)
    assert words in answer.text


@pytest.mark.parametrize("form", [{}, {"file": ""}, {"file": Upload("", b"")}], ids=["nothing", "a text", "none chosen"])
def test_no_file_is_said_so(desk: Desk, form: dict[str, Any]) -> None:
    answer = desk.client.post(f"/quotes/{desk.quote}/files/add", form, headers=HTMX, status=422)
    assert "Choose a file first." in answer.text


def test_a_picture_is_stored_drawn_anew(desk: Desk) -> None:
    desk.add("me.jpg", corpus.photo_with_a_place())
    content = desk.fetch(desk.token_path()).content
    assert content.startswith(b"\xff\xd8\xff")
    assert b"Canary" not in content


def test_what_lies_in_the_storage_says_nothing(desk: Desk) -> None:
    desk.add("plan.txt", b"the canary sings " * 100)
    [row] = desk.rows()
    stored = desk.portal.settings.home / "files" / row.object_name
    assert b"canary" not in stored.read_bytes()
    assert "plan" not in row.object_name
    assert len(row.object_name) == 41


def test_others_cannot_bring_files_here(desk: Desk) -> None:
    path = f"/quotes/{desk.quote}/files/add"
    assert desk.add("mine.txt", b"x").status_int == 303
    viewer = desk.company.client(desk.company.customer_person(desk.account_id, "Vera Viewer", role="viewer"))
    for client, status in ((desk.company.customer(), 404), (viewer, 403), (desk.company.anonymous(), 303)):
        answer = client.post(path, {"file": Upload("theirs.txt", b"y")}, status="*")
        assert answer.status_int == status
        assert answer.status_int != 303 or "sign-in" in answer.headers["Location"]
    assert desk.client.post(path, {"file": Upload("forged.txt", b"z")}, csrf=False, status="*").status_int == 403
    assert [row.name for row in desk.rows()] == ["mine.txt"]
    assert "mine.txt" in viewer.get(f"/quotes/{desk.quote}").text
    assert "/remove" not in viewer.get(f"/quotes/{desk.quote}/files").text


def test_only_a_draft_takes_files_and_gives_them_up(desk: Desk) -> None:
    desk.add("plan.txt", b"x")
    [link] = desk.links()
    with desk.company.system() as db:
        db.execute(sa.text("UPDATE quotes_quote SET state = 'submitted', delivery = 'waiting' WHERE id = cast(:q AS uuid)"), {"q": desk.quote})
    assert desk.add("late.txt", b"y", status="*").status_int == 409
    assert desk.client.post(link + "/remove", status="*").status_int == 409
    assert [row.name for row in desk.rows()] == ["plan.txt"]
    page = desk.client.get(f"/quotes/{desk.quote}").text
    assert "plan.txt" in page
    assert "/remove" not in page


def test_agents_see_add_and_remove(desk: Desk) -> None:
    agent = desk.company.agent()
    desk.add("plan.txt", b"x")
    desk.add("reply.txt", b"y", agent)
    assert [row.owner for row in desk.rows()] == ["Carla Customer", "Abel Agent"]
    assert desk.fetch(desk.client.get(desk.links()[1]).headers["Location"].removeprefix("http://localhost:6543")).content == b"y"
    agent.post(desk.links(agent)[0] + "/remove")
    assert [row.name for row in desk.rows()] == ["reply.txt"]


def test_a_file_is_gone_with_its_content_and_on_record(desk: Desk) -> None:
    desk.add("plan.txt", b"x")
    [row] = desk.rows()
    desk.client.post(desk.links()[0] + "/remove")
    with desk.portal.superuser() as connection:
        of = {"t": desk.company.id}
        jobs = list(connection.scalars(sa.text("SELECT args->'names' FROM job WHERE actor = 'files.forget' AND tenant_id = :t"), of))
        keys = connection.scalar(sa.text("SELECT count(*) FROM file_key WHERE tenant_id = :t"), of)
        trail = list(connection.scalars(sa.text("SELECT action FROM audit_entry WHERE tenant_id = :t AND action LIKE 'files.%' ORDER BY id"), of))
    assert jobs == [[row.object_name, row.preview_object]]
    assert keys == 0, "and without its key, whatever a backup of the storage holds is noise"
    assert trail == ["files.attached", "files.removed"]


def test_the_trail_names_file_size_and_digest(desk: Desk) -> None:
    desk.add("plan.txt", b"x")
    with desk.company.system() as db:
        after = db.scalar(sa.text("SELECT after FROM audit_entry WHERE action = 'files.attached'"))
    assert after["file"] == "plan.txt"
    assert (after["size"], after["sha256"]) == (1, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")


def test_a_company_has_so_much_space(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.portal.superuser() as connection:
        statement = "UPDATE tenant SET settings = settings || '{\"files_quota_mb\": 1}', config_version = config_version + 1 WHERE id = :t"
        connection.execute(sa.text(statement), {"t": desk.company.id})
    desk.add("first.txt", b"x" * 700_000)
    refused = desk.add("second.txt", b"x" * 700_000, headers=HTMX, status=422)
    assert "no space left" in refused.text
    desk.client.post(desk.links()[0] + "/remove")
    desk.add("second.txt", b"x" * 700_000)
    other = Desk.of(desk.portal)
    other.add("theirs.txt", b"x" * 2_000_000)


def test_two_at_once_do_not_share_the_last_of_the_space(desk: Desk) -> None:
    """Ten ask for what is there for three."""
    with desk.portal.superuser() as connection:
        statement = "UPDATE tenant SET settings = settings || '{\"files_quota_mb\": 1}', config_version = config_version + 1 WHERE id = :t"
        connection.execute(sa.text(statement), {"t": desk.company.id})
    ready = threading.Barrier(10)

    def bring(number: int) -> bool:
        import io

        with desk.company.scope_of(desk.client.person) as db:
            ready.wait(30)
            try:
                service.take(db, f"{number}.txt", io.BytesIO(b"x" * 300_000), desk.account_id)
            except QuotaError:
                return False
            return True

    slots = desk.portal.parts.files._slots
    desk.portal.parts.files._slots = threading.BoundedSemaphore(10)
    try:
        with ThreadPoolExecutor(10) as pool:
            taken = sum(pool.map(bring, range(10)))
    finally:
        desk.portal.parts.files._slots = slots
    assert taken == 3
    assert sum(row.size for row in desk.rows()) == 900_000


def test_a_record_holds_so_many(desk: Desk) -> None:
    for number in range(20):
        desk.add(f"{number}.txt", b"x")
    assert "Add a file" not in desk.client.get(f"/quotes/{desk.quote}/edit").text
    refused = desk.add("more.txt", b"x", headers=HTMX, status=422)
    assert "20 files already" in refused.text


def test_a_storage_that_is_away_loses_nothing_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: Any) -> None:
        raise StorageAwayError

    with monkeypatch.context() as patch:
        patch.setattr(desk.portal.parts.files.storage, "put", away)
        answer = desk.add("plan.txt", b"x", status="*")
        assert answer.status_int == 503
        assert "Nothing was lost" in answer.text
        assert desk.links() == []
    desk.add("plan.txt", b"x")
    assert desk.fetch(desk.token_path()).content == b"x"


def test_only_forms_with_files_may_be_as_large_as_these() -> None:
    uploads = Uploads(Limits(body=1000, form=5000))

    def take(kind: str, size: int) -> int:
        async def read() -> int:
            messages = [{"type": "http.request", "body": b"x" * size, "more_body": False}]

            async def receive() -> Any:
                return messages.pop()

            environ = {"REMOTE_ADDR": "127.0.0.1", "CONTENT_TYPE": kind, "HTTP_TRANSFER_ENCODING": "chunked"}
            with await uploads.read(environ, receive) as body:
                return len(body.read())

        return asyncio.run(read())

    assert take("multipart/form-data; boundary=x", 5000) == 5000
    assert take("application/json", 1000) == 1000
    for kind, size in (("multipart/form-data; boundary=x", 5001), ("application/json", 1001), ("application/x-www-form-urlencoded", 1001)):
        with pytest.raises(RefusedError) as refused:
            take(kind, size)
        assert refused.value.status == 413


def test_the_server_takes_what_the_setting_says(portal: Portal) -> None:
    from portico.web.asgi import FIELDS, asgi_application

    app = asgi_application(portal.wsgi, portal.parts, threads=1)
    assert app.bridge.limits.form == (portal.settings.files_most_mb << 20) + FIELDS
    app.bridge.close()


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 415),
        ("multipart/form-data; boundary=x", b"--x--", 422),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--x--\r\n', 422),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\ntext\r\n--x--\r\n", 422),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\ntext\r\n--x--\r\n', 422),
    ],
)
def test_the_api_takes_one_file_and_nothing_else(desk: Desk, kind: str, body: bytes, status: int) -> None:
    api = desk.company.api(desk.client.person)
    path = api.prefix + f"/quotes/{desk.quote}/files"
    answer = api.web.post(path, body, headers={**api.headers, "Content-Type": kind}, status="*")
    assert answer.status_int == status
    assert answer.content_type == "application/problem+json"


def test_the_api_says_what_is_wrong_with_a_file(desk: Desk) -> None:
    api = desk.company.api(desk.client.person)
    path = api.prefix + f"/quotes/{desk.quote}/files"
    answer = api.web.post(path, {"file": Upload("x.svg", b"<svg/>")}, headers=api.headers, status=422)
    assert answer.json["code"] == "file-refused"
    assert answer.json["errors"][0]["pointer"] == "/file"
    document = api.web.get(desk.company.prefix + "/api/v1/openapi.json").json
    body = document["paths"]["/api/v1/portal/quotes/{quote_id}/files"]["post"]["requestBody"]
    assert body["content"]["multipart/form-data"]["schema"]["properties"]["file"]["format"] == "binary"
