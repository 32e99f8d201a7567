"""Who gets a file, and how: each refusal beside the owner's success with the same link."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from tests.functional.files.desk import Desk, fetch, new_draft
from webtest import Upload

from portico.files import links
from portico.identity.personal import service as personal
from portico.testing.client import HOST
from portico.testing.portal import Portal
from portico.web.limits import SENSITIVE, class_of

TEXT = b"What we agreed on.\n" * 20_000


@pytest.fixture
def shared(desk: Desk) -> Desk:
    desk.add("Vereinbarung für Köln.txt", TEXT)
    return desk


def link_of(desk: Desk, path: str) -> links.Link:
    found = links.read(desk.portal.settings.master_key, path.rpartition("/")[2])
    assert found is not None
    return found


def path_of(desk: Desk, link: links.Link) -> str:
    return links.PATH + links.token(desk.portal.settings.master_key, link)


def test_the_owner_gets_what_they_brought(shared: Desk) -> None:
    answer = shared.fetch(shared.token_path())
    assert answer.status == 200
    assert answer.content == TEXT
    assert answer.header("Content-Length") == str(len(TEXT))


def test_it_can_only_be_kept_never_shown(shared: Desk) -> None:
    answer = shared.fetch(shared.token_path())
    assert answer.header("Content-Security-Policy") == "sandbox; default-src 'none'"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Cache-Control") == "private, no-store"
    assert answer.header("Referrer-Policy") == "no-referrer"
    disposition = answer.header("Content-Disposition")
    assert disposition.startswith('attachment; filename="Vereinbarung fur Koln.txt"; ')
    assert unquote(disposition.partition("UTF-8''")[2]) == "Vereinbarung für Köln.txt"
    assert answer.header("Content-Type") == "text/plain"


def test_no_cookie_is_set_or_read(shared: Desk, portal: Portal) -> None:
    """The answer is the same with another person's session along."""
    path = shared.token_path()
    stranger = portal.session(portal.person("Sam Stranger"))
    for cookie in ("", f"portico={stranger}", "portico=broken; portico_lang=fr"):
        answer = shared.fetch(path, cookie=cookie)
        assert answer.status == 200
        assert not answer.header("Set-Cookie")
        assert answer.content == TEXT
    refused = shared.fetch(path[:-4] + "AAAA", cookie="portico_lang=fr")
    assert refused.status == 404
    assert not refused.header("Set-Cookie")
    assert "does not exist" in refused.content.decode(), "not in the cookie's language"


def test_hostile_names_make_no_header(shared: Desk) -> None:
    desk = Desk.of(shared.portal, shared.company)
    desk.add('a\r\nSet-Cookie: x=1\r\n\r\n"; filename=evil.html.txt', b"x")
    answer = desk.fetch(desk.token_path())
    assert answer.status == 200
    assert not answer.header("Set-Cookie")
    assert re.fullmatch(r"attachment; filename=\"[\w. ()-]+\.txt\"; filename\*=UTF-8''[\w.%-]+\.txt", answer.header("Content-Disposition"))


def test_the_page_leads_there_and_holds_no_link_itself(shared: Desk) -> None:
    assert links.PATH not in shared.client.get(f"/quotes/{shared.quote}").text.replace(f"/quotes/{shared.quote}/files/", "")
    assert shared.client.get(shared.links()[0]).headers["Location"].startswith(f"http://{HOST}{links.PATH}")


@pytest.mark.without("portico.files.download:Download.open LinkExpiredError")
def test_a_link_is_over_after_a_minute(shared: Desk) -> None:
    path = shared.token_path()
    link = link_of(shared, path)
    assert shared.fetch(path).status == 200
    late = shared.fetch(path_of(shared, replace(link, expires_at=link.expires_at - links.GOOD_FOR_S - 1)))
    assert late.status == 410
    assert "good for a minute" in late.content.decode()
    told = shared.fetch(path_of(shared, replace(link, expires_at=1, locale="ar"))).content.decode()
    assert 'lang="ar" dir="rtl"' in told


@pytest.mark.without("portico.files.download:Download.open NotFoundError")
def test_a_changed_link_is_nothing(shared: Desk) -> None:
    path = shared.token_path()
    assert shared.fetch(path).status == 200
    for place in (len(links.PATH), len(path) // 2, len(path) - 3):
        other = "A" if path[place] != "A" else "B"
        assert shared.fetch(path[:place] + other + path[place + 1 :]).status == 404


@pytest.mark.without("portico.files.download:Download._enter LinkExpiredError 2")
def test_a_link_to_another_file_cannot_be_had_by_its_id(shared: Desk) -> None:
    """Tenant, file, person and session of a link are looked at together: no two of them from different links."""
    other = Desk.of(shared.portal, shared.company)
    other.add("other.txt", b"another account's")
    foreign = Desk.of(shared.portal)
    foreign.add("foreign.txt", b"another company's")
    link = link_of(shared, shared.token_path())
    assert shared.fetch(path_of(shared, link)).status == 200
    for wrong in (other, foreign):
        theirs = link_of(wrong, wrong.token_path())
        assert wrong.fetch(path_of(wrong, theirs)).status == 200
        for mixed in (
            replace(link, file_id=theirs.file_id),
            replace(theirs, file_id=link.file_id),
            replace(link, tenant_id=theirs.tenant_id, file_id=theirs.file_id),
            replace(link, user_id=theirs.user_id),
            replace(link, session_id=theirs.session_id, file_id=theirs.file_id),
        ):
            answer = shared.fetch(path_of(shared, mixed))
            assert answer.status in (404, 410), mixed


def test_other_customers_and_other_companies_find_no_way_there(shared: Desk) -> None:
    [link] = shared.links()
    assert shared.client.get(link, status="*").status_int == 303
    another_account = shared.company.customer()
    another_company = shared.portal.company(plugins=["portico_quotes"])
    assert another_account.get(link, status="*").status_int == 404
    path = link.removeprefix(shared.company.prefix)
    assert another_company.customer().get(path, status="*").status_int == 404
    assert another_company.agent().get(path, status="*").status_int == 404
    assert shared.company.anonymous().get(path, status="*").headers["Location"].partition("?")[0].endswith("/sign-in")


def test_a_file_of_another_quote_is_not_this_ones(shared: Desk) -> None:
    second = new_draft_with_a_line(shared)
    file_id = shared.links()[0].rpartition("/")[2]
    assert shared.client.get(f"/quotes/{shared.quote}/files/{file_id}", status="*").status_int == 303
    assert shared.client.get(f"/quotes/{second}/files/{file_id}", status="*").status_int == 404


def new_draft_with_a_line(desk: Desk) -> str:
    with desk.company.system() as db:
        db.execute(sa.text("UPDATE quotes_quote SET note = 'kept' WHERE id = cast(:q AS uuid)"), {"q": desk.quote})
    quote = new_draft(desk.client)
    assert quote != desk.quote
    return quote


def test_staff_get_it_and_their_own_link(shared: Desk) -> None:
    agent = shared.company.agent()
    path = shared.token_path(agent)
    assert shared.fetch(path).content == TEXT
    assert link_of(shared, path).user_id == agent.person.id


@pytest.mark.without("portico.files.download:Download._enter LinkExpiredError")
def test_signing_out_ends_the_links_of_the_session(shared: Desk) -> None:
    path = shared.token_path()
    assert shared.fetch(path).status == 200
    shared.client.post("/sign-out")
    assert shared.fetch(path).status == 410


@pytest.mark.without("portico.files.download:Download._enter NotFoundError 2")
def test_who_was_turned_out_has_it_no_more(shared: Desk) -> None:
    path = shared.token_path()
    assert shared.fetch(path).status == 200
    with shared.company.system() as db:
        db.execute(sa.text("UPDATE membership SET status = 'inactive' WHERE user_id = :u"), {"u": shared.client.person.id})
    assert shared.fetch(path).status == 404


def test_a_person_who_is_disabled_has_it_no_more(shared: Desk) -> None:
    path = shared.token_path()
    assert shared.fetch(path).status == 200
    with shared.portal.superuser() as connection:
        connection.execute(sa.text("UPDATE app_user SET status = 'disabled' WHERE id = :u"), {"u": shared.client.person.id})
    assert shared.fetch(path).status == 410


@pytest.mark.without("portico.files.download:Download.open NotFoundError 2")
def test_a_right_that_was_taken_counts_with_the_next_use(shared: Desk) -> None:
    """The agent's role is changed between the making of the link and its use."""
    agent = shared.company.agent()
    path = shared.token_path(agent)
    assert shared.fetch(path).status == 200
    with shared.company.system() as db:
        db.execute(sa.text("UPDATE membership SET roles = '{}' WHERE user_id = :u"), {"u": agent.person.id})
    assert shared.fetch(path).status == 404


def test_reach_is_asked_again(shared: Desk) -> None:
    """A colleague who sees all of the organisation, and then their own records alone."""
    colleague = shared.company.client(shared.company.customer_person(shared.account_id, "Cole League", role="viewer"))
    path = shared.token_path(colleague)
    assert shared.fetch(path).status == 200
    with shared.company.system() as db:
        db.execute(sa.text("UPDATE account_member SET reach = 'own' WHERE user_id = :u"), {"u": colleague.person.id})
    assert shared.fetch(path).status == 404
    assert shared.fetch(shared.token_path()).status == 200, "the author still"


def test_files_follow_the_quote_to_another_site(shared: Desk) -> None:
    site = UUID(int=7)
    with shared.company.system() as db:
        db.execute(sa.text("INSERT INTO account_site (tenant_id, id, account_id, name) VALUES (:t, :s, :a, 'North')"),
                   {"t": shared.company.id, "s": site, "a": shared.account_id})
    place = {"role": "viewer", "reach": "site", "site_ids": [site]}
    colleague = shared.company.client(shared.company.customer_person(shared.account_id, "Nora North", **place))
    assert colleague.get(f"/quotes/{shared.quote}", status="*").status_int == 404
    with shared.company.system() as db:
        db.execute(sa.text("UPDATE quotes_quote SET site_id = :s WHERE id = cast(:q AS uuid)"), {"s": site, "q": shared.quote})
    assert shared.fetch(shared.token_path(colleague)).content == TEXT


def test_the_plugins_switch_is_asked_again(shared: Desk) -> None:
    path = shared.token_path()
    assert shared.fetch(path).status == 200
    with shared.company.system() as db:
        db.execute(sa.text("UPDATE tenant_plugin SET enabled = false WHERE plugin = 'portico_quotes'"))
        db.execute(sa.text("UPDATE tenant SET settings = settings WHERE id = :t"), {"t": shared.company.id})
    bump(shared)
    assert shared.fetch(path).status == 404
    with shared.company.system() as db:
        db.execute(sa.text("UPDATE tenant_plugin SET enabled = true WHERE plugin = 'portico_quotes'"))
    bump(shared)
    assert shared.fetch(path).status == 200


def bump(desk: Desk) -> None:
    with desk.portal.superuser() as connection:
        connection.execute(sa.text("UPDATE tenant SET config_version = config_version + 1 WHERE id = :t"), {"t": desk.company.id})


def test_a_suspended_companys_files_are_gone_with_it(shared: Desk) -> None:
    path = shared.token_path()
    assert shared.fetch(path).status == 200
    with shared.portal.superuser() as connection:
        connection.execute(sa.text("UPDATE tenant SET status = 'suspended' WHERE id = :t"), {"t": shared.company.id})
    assert shared.fetch(path).status == 404


@pytest.mark.without("portico.files.download:Download._tenant NotFoundError")
def test_a_company_that_there_is_not_has_no_files(shared: Desk) -> None:
    path = shared.token_path()
    assert shared.fetch(path).status == 200
    assert shared.fetch(path_of(shared, replace(link_of(shared, path), tenant_id=uuid4()))).status == 404


def test_a_removed_file_is_gone(shared: Desk) -> None:
    path, [link] = shared.token_path(), shared.links()
    assert shared.fetch(path).status == 200
    shared.client.post(link + "/remove")
    assert shared.fetch(path).status == 404


def test_files_are_given_out_at_the_apex_alone(shared: Desk) -> None:
    """Never in the origin or below the path of a company."""
    path = shared.token_path()
    assert shared.fetch(path).status == 200
    assert shared.fetch(shared.company.prefix + path).status == 404
    assert fetch(shared.portal, path, headers={"host": "acme.example"}).status == 404


def test_only_reading_methods_are_taken(shared: Desk) -> None:
    path = shared.token_path()
    assert shared.fetch(path, "POST").status == 405
    head = shared.fetch(path, "HEAD")
    assert (head.status, head.content, head.header("Content-Length")) == (200, b"", str(len(TEXT)))


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        ("bytes=0-9", 206, TEXT[:10]),
        ("bytes=65530-65545", 206, TEXT[65530:65546]),
        ("bytes=379990-", 206, TEXT[379990:]),
        ("bytes=-5", 206, TEXT[-5:]),
        ("bytes=0-", 200, TEXT),
        ("bytes=5-2", 200, TEXT),
        ("bytes=0-1,5-6", 200, TEXT),
        ("lines=1-2", 200, TEXT),
        ("bytes=380000-", 416, None),
        ("bytes=-0", 416, None),
    ],
)
def test_a_download_can_go_on_where_it_was_cut(shared: Desk, asked: str, status: int, expected: bytes | None) -> None:
    answer = shared.fetch(shared.token_path(), range=asked)
    assert answer.status == status
    if expected is not None:
        assert answer.content == expected
        assert answer.header("Content-Length") == str(len(expected))
    if status == 206:
        first = TEXT.index(expected or b"") if asked.startswith("bytes=0-") else int(answer.header("Content-Range").split()[1].split("-")[0])
        assert answer.header("Content-Range") == f"bytes {first}-{first + len(expected or b'') - 1}/{len(TEXT)}"


def test_another_files_rest_is_not_sent(shared: Desk) -> None:
    path = shared.token_path()
    tag = shared.fetch(path, "HEAD").header("ETag")
    assert shared.fetch(path, range="bytes=5-9", if_range=tag).status == 206
    assert shared.fetch(path, range="bytes=5-9", if_range='"another"').status == 200


@pytest.mark.parametrize("asked", ["", "bytes=1-", "bytes=100-"])
def test_each_answer_is_on_record_also_one_that_skips_the_beginning(shared: Desk, asked: str) -> None:
    assert shared.fetch(shared.token_path(), **({"range": asked} if asked else {})).status in (200, 206)
    with shared.company.system() as db:
        rows = db.execute(sa.text("SELECT user_id, after FROM audit_entry WHERE action = 'files.downloaded'")).all()
    assert [(row.user_id, row.after["file"]) for row in rows] == [(shared.client.person.id, "Vereinbarung für Köln.txt")]


@pytest.mark.parametrize("harm", ["changed", "cut", "gone", "another's"])
def test_what_somebody_did_to_the_storage_is_noticed_before_a_word_is_said(shared: Desk, harm: str) -> None:
    path = shared.token_path()
    assert shared.fetch(path).status == 200
    folder = shared.portal.settings.home / "files"
    file = folder / shared.rows()[0].object_name
    sealed = file.read_bytes()
    if harm == "changed":
        file.write_bytes(sealed[:1000] + bytes([sealed[1000] ^ 1]) + sealed[1001:])
    elif harm == "cut":
        file.write_bytes(sealed[: 65_552 * 2])
    elif harm == "gone":
        file.unlink()
    else:
        other = Desk.of(shared.portal, shared.company)
        other.add("other.txt", TEXT)
        file.write_bytes((folder / other.rows()[-1].object_name).read_bytes())
    answer = shared.fetch(path)
    assert answer.status == 503
    assert b"What we agreed on" not in answer.content
    assert "cannot be stored or read" in answer.content.decode()


def test_staff_who_look_as_the_customer_see_the_file_and_the_trail_says_who(shared: Desk) -> None:
    admin = shared.company.admin()
    with shared.company.system() as db:
        member = db.scalar(sa.text("SELECT id FROM membership WHERE user_id = :u"), {"u": shared.client.person.id})
    admin.post(f"/admin/members/{member}/see-as", {"reason": "a question about a file"})
    assert shared.fetch(shared.token_path(admin)).content == TEXT
    with shared.company.system() as db:
        row = db.execute(sa.text("SELECT user_id, after FROM audit_entry WHERE action = 'files.downloaded'")).one()
    assert row.user_id == admin.person.id
    assert row.after["seen_as"] == shared.client.person.email
    refused = shared.add("new.txt", b"x", admin, status="*")
    assert refused.status_int == 403


@pytest.mark.without("portico.files.download:Download._enter NotFoundError")
def test_staff_who_may_not_look_any_more_have_no_file_of_the_customers(shared: Desk) -> None:
    """The link of a view is as good as the view: an administrator who is an agent without that right now."""
    admin = shared.company.admin()
    with shared.company.system() as db:
        member = db.scalar(sa.text("SELECT id FROM membership WHERE user_id = :u"), {"u": shared.client.person.id})
    admin.post(f"/admin/members/{member}/see-as", {"reason": "a question about a file"})
    path = shared.token_path(admin)
    assert shared.fetch(path).status == 200
    with shared.company.system() as db:
        db.execute(sa.text("UPDATE membership SET roles = '{}' WHERE user_id = :u"), {"u": admin.person.id})
    assert shared.fetch(path).status == 404


def test_programs_get_a_link_and_uploading_counts_as_costly(shared: Desk, portal: Portal) -> None:
    api = shared.company.api(shared.client.person)
    sent = api.web.post(api.prefix + f"/quotes/{shared.quote}/files", {"file": Upload("b.csv", b"a;b")}, headers=api.headers)
    assert sent.status_int == 201
    assert sent.json["state"] == "clean"
    told = api.get(f"/quotes/{shared.quote}/files/{sent.json['id']}").json
    assert shared.fetch(told["url"].removeprefix(portal.settings.public_url)).content == b"a;b"
    costly = {spec.name for spec in portal.parts.routes if spec.name in ("quotes.add_file", "quotes.api.files") and spec.rate == SENSITIVE}
    assert costly == {"quotes.add_file", "quotes.api.files"}
    assert class_of("POST", "quotes:edit") != SENSITIVE


def test_a_token_for_reading_reads_files_and_brings_none(shared: Desk) -> None:
    program = shared.company.anonymous()
    with shared.company.scope_of(shared.client.person) as db:
        _id, token = personal.create(db, name="Reports", scopes=["quotes:view"], days=7, offered=["quotes:view"])
    program.bearer(token)
    api = "/api/v1/portal" + f"/quotes/{shared.quote}/files"
    [file] = program.get(api).json["items"]
    told = program.get(f"{api}/{file['id']}").json
    path = told["url"].removeprefix(shared.portal.settings.public_url)
    assert shared.fetch(path).content == TEXT
    sent = program.web.post(program.prefix + api, {"file": Upload("b.csv", b"a;b")}, headers=program.headers, status="*")
    assert sent.status_int == 403
    with shared.company.scope_of(shared.client.person) as db:
        personal.revoke(db, _id)
    assert shared.fetch(path).status == 410


def test_a_link_made_at_the_companys_own_host_is_good_for_its_session(shared: Desk, portal: Portal) -> None:
    """Files are given out at the portal's host, whatever host their page was at."""
    opened_there = "UPDATE web_session SET host = :h, tenant_id = :t, methods = '{password,handoff}' WHERE id = :s"
    path = shared.token_path()
    own = f"{shared.company.slug}.example"
    with portal.superuser() as connection:
        session = link_of(shared, path).session_id
        connection.execute(sa.text(opened_there), {"h": own, "s": session, "t": shared.company.id})
    assert shared.fetch(path).content == TEXT
