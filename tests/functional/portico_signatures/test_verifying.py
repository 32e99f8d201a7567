"""Whoever holds a signed document verifies it without an account: by its file, its hash, or the reference printed on it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from tests.functional.portico_quotes.test_undo import allow
from tests.functional.portico_signatures.conftest import Desk
from tests.functional.portico_signatures.test_sealing import signed_pdf
from tests.unit.documents.setting import pages
from webtest import Upload

from portico_signatures import references, verifying
from portico_signatures.condition import SEAL
from portico_signatures.verifying import MOST_BYTES


def sealed(desk: Desk, **more: Any) -> tuple[Any, bytes]:
    signed = desk.sign(desk.shop.api(), desk.offer(), **more)
    desk.shop.work(SEAL)
    return desk.rows()[-1], signed_pdf(desk, desk.shop.customer(), signed["id"])


def look(desk: Desk, content: bytes, status: int = 200, client: Any = None) -> str:
    """What a stranger is told of a file."""
    stranger = client or desk.shop.company.anonymous()
    answer = stranger.post("/signed", {"file": Upload("signed.pdf", content, "application/pdf")}, status=status)
    return " ".join(answer.html.main.get_text(" ").split())


def by(desk: Desk, proof: str, status: int = 200) -> str:
    return " ".join(desk.shop.company.anonymous().get(f"/signed/{proof}", status=status).html.main.get_text(" ").split())


def test_the_file_is_genuine_and_says_who_when_what_and_with_which_certificate(desk: Desk) -> None:
    row, content = sealed(desk)
    told = look(desk, content)
    when = f"{row.signed_at:%Y-%m-%d %H:%M:%S} UTC"
    for words in ("Genuine and unchanged", "Robin Signer", when, "Quote QU-7", row.document_sha256, row.sealed_sha256):
        assert words in told, words
    assert f"O={desk.shop.company.tenant.name}" in told
    assert "Portico document signing" in told
    for private in (row.email, row.address, row.signer, str(row.id)):
        assert private not in told, "no more than what stands there has to be known"
    assert "Genuine and unchanged" in by(desk, row.sealed_sha256)


def test_the_page_of_evidence_prints_an_address_that_leads_there(desk: Desk) -> None:
    row, content = sealed(desk)
    *_document, evidence = pages(content)
    printed = evidence.replace("\u200b", "").replace("\n", "")
    address = re.search(r"https?://\S*?/signed/[0-9A-Z]{20}", printed)
    assert address, printed
    assert address[0] == f"{desk.shop.portal.parts.tenant_url(desk.shop.company.tenant)}/signed/{row.reference}"
    assert references.shown(row.reference) in printed
    told = by(desk, address[0].rpartition("/")[2])
    assert "Signed here, and it counts" in told
    assert "Robin Signer" in told
    assert "Genuine and unchanged" not in told, "the copy itself was not seen"
    typed = references.shown(row.reference).lower().replace("0", "o").replace("1", "l")
    found = desk.shop.company.anonymous().get("/signed", {"proof": f" {typed} "})
    assert "Signed here, and it counts" in found.text
    assert (found.headers["Referrer-Policy"], found.headers["X-Robots-Tag"]) == ("no-referrer", "noindex")


def test_a_changed_byte_and_what_was_added_behind_are_noticed(desk: Desk) -> None:
    _row, content = sealed(desk)
    for place in (100, len(content) // 4, content.index(b"/ByteRange") - 600, len(content) - 20):
        changed = bytearray(content)
        changed[place] ^= 1
        assert "Changed This file is not what was signed here" in look(desk, bytes(changed)), place
    told = look(desk, content + b"\nsomething more %%EOF\n")
    assert "Changed" in told
    assert "22 bytes were added behind what was sealed" in told
    cut = look(desk, content[: len(content) // 2] + content[len(content) // 2 + 1 :])
    assert "Genuine" not in cut


def test_the_document_alone_is_not_the_signed_one_and_gives_no_name(desk: Desk) -> None:
    api, quote_id = desk.shop.api(), desk.offer()
    shown = api.get(f"/quotes/{quote_id}/pdf").body
    assert "Not known here" in look(desk, shown), "nobody signed it"
    desk.sign(api, quote_id)
    desk.shop.work(SEAL)
    told = look(desk, shown)
    assert "the signature is not in this file" in told
    assert "R. S." in told
    assert "Robin" not in told
    [row] = desk.rows()
    assert row.reference not in told.replace("-", "")
    assert "Robin" not in by(desk, row.document_sha256)


def test_what_is_void_says_so_and_why(desk: Desk) -> None:
    allow(desk.shop, 10)
    api, quote_id = desk.shop.api(), desk.offer()
    signed = desk.sign(api, quote_id)
    desk.shop.work(SEAL)
    content = signed_pdf(desk, desk.shop.customer(), signed["id"])
    api.json("post", f"/quotes/{quote_id}/undo", {})
    for told in (look(desk, content), by(desk, desk.rows()[0].reference), by(desk, desk.rows()[0].document_sha256)):
        assert "Genuine, but void" in told
        assert "The acceptance was undone." in told


def test_what_waits_for_an_approval_is_nobodys_business(desk: Desk) -> None:
    desk.sign(desk.shop.api(), desk.offer())
    with desk.shop.company.system() as db:
        db.execute(sa.text("UPDATE signatures_signature SET state = 'given'"))
    [row] = desk.rows()
    for proof in (row.reference, row.document_sha256):
        assert "Not known here" in by(desk, proof, status=404)


def test_another_company_does_not_say_that_it_exists(desk: Desk) -> None:
    row, content = sealed(desk)
    other = desk.shop.portal.company(plugins=["portico_quotes", "portico_signatures"])
    for proof in (row.reference, row.document_sha256, row.sealed_sha256):
        answer = other.anonymous().get(f"/signed/{proof}", status=404)
        nothing = other.anonymous().get(f"/signed/{'0' * len(proof)}", status=404)
        assert answer.html.main.find_all("dl") == nothing.html.main.find_all("dl") == []
    assert "Not known here" in look(desk, content, client=other.anonymous())


def test_sealed_here_but_not_on_record_is_told_apart(desk: Desk) -> None:
    _row, content = sealed(desk)
    with desk.shop.portal.superuser() as connection:
        connection.execute(sa.text("DELETE FROM signatures_signature"))
    assert "Sealed by this company, but not on record" in look(desk, content)
    changed = bytearray(content)
    changed[200] ^= 1
    assert "Changed" in look(desk, bytes(changed))
    told = look(desk, content.replace(b"/Contents <30", b"/Contents <31", 1))
    assert "Not known here" in told, "a signature that cannot be read is nobody's"


def test_what_is_no_pdf_or_too_large_is_refused_and_nothing_is_kept(desk: Desk) -> None:
    before = files(desk)
    assert "This is no PDF." in look(desk, b"hello", status=422)
    assert "too large" in look(desk, b"%PDF-1.7" + bytes(MOST_BYTES), status=422)
    answer = desk.shop.company.anonymous().post("/signed", {"file": "text"}, status=422)
    assert "Choose a file." in answer.text
    assert "Not known here" in look(desk, b"%PDF-1.7 hello")
    assert files(desk) == before


def files(desk: Desk) -> int:
    with desk.shop.company.system() as db:
        return int(db.scalar(sa.text("SELECT (SELECT count(*) FROM file) + (SELECT count(*) FROM audit_entry)")) or 0)


@pytest.mark.parametrize(
    "part", [b"%%EOF\n", b"/ByteRange [0 10 20 30]", b"/ByteRange ", b"/ContactInfo (", b"/ContactInfo (http://[)", b"%PDF-"]
)
@pytest.mark.timeout(120)
def test_a_file_made_to_keep_it_busy_does_not(desk: Desk, part: bytes) -> None:
    """A second or two; what looked at it again for each of its parts would be at it for hours."""
    content = b"%PDF-1.7\n" + part * (MOST_BYTES // len(part) - 10)
    with desk.shop.company.system() as db:
        assert verifying.of_file(db, content).outcome == verifying.UNKNOWN


def test_it_is_gone_with_the_plugin(desk: Desk) -> None:
    row, _content = sealed(desk)
    page = desk.shop.company.admin().get("/admin/plugins/portico_signatures")
    form = next(one for one in page.forms.values() if {"version", "on"} <= one.fields.keys())
    form.submit(status=303)
    stranger = desk.shop.company.anonymous()
    stranger.get("/signed", status=404)
    stranger.get(f"/signed/{row.reference}", status=404)


MANY = """
INSERT INTO signatures_signature SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(),
  'reference', 'R' || n, 'document_sha256', md5('d' || n), 'sealed_sha256', md5('s' || n)))).*
FROM signatures_signature s, generate_series(1, 5000) n WHERE s.id = :id
"""
READ = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'signatures_signature'"


def test_a_look_up_does_not_read_what_else_the_company_has(desk: Desk) -> None:
    desk.sign(desk.shop.api(), desk.offer())
    [row] = desk.rows()
    with desk.shop.portal.superuser() as connection:
        connection.execute(sa.text(MANY), {"id": row.id})
        connection.execute(sa.text("ANALYZE signatures_signature"))
        connection.execute(sa.text("SELECT set_config('portico.tenant_id', :t, true)"), {"t": str(desk.shop.company.tenant.id)})
        known = sa.text("SELECT id FROM signatures_known(:hashes, :reference)")
        for hashes, reference, count in (
            ([row.document_sha256], None, 1),
            ([], row.reference, 1),
            (["0" * 64], "0" * 20, 0),
        ):
            before = connection.scalar(sa.text(READ))
            assert len(connection.execute(known, {"hashes": hashes, "reference": reference}).all()) == count
            assert connection.scalar(sa.text(READ)) - before < 20
        connection.rollback()
