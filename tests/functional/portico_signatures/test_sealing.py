"""The signed PDF: made once by a job, valid for whoever looks, and no more when a byte of it is another."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from tests.functional.portico_quotes.test_undo import allow
from tests.functional.portico_signatures.conftest import Desk
from tests.functional.portico_signatures.test_signing import DRAWN
from tests.unit.documents.setting import pages

from portico.connections import keys
from portico.db.types import now
from portico_signatures import authority, command, identities, sealing
from portico_signatures.condition import SEAL

MUST_RUN = os.environ.get("CI") == "true" or os.environ.get("PORTICO_TESTS_MUST_RUN") == "1"


def root_of(desk: Desk) -> Any:
    made = authority.authority(desk.shop.portal.settings.master_key)
    return sealing.certificates(authority.pem(made.certificate))


def looked_at(content: bytes, roots: Any) -> Any:
    [signature] = PdfFileReader(BytesIO(content)).embedded_signatures
    return validate_pdf_signature(signature, ValidationContext(trust_roots=roots, allow_fetching=False))


def signed_pdf(desk: Desk, client: Any, signature_id: str) -> bytes:
    found = desk.files(client, signature_id)
    assert len(found) == 2, "the document, and the one with the company's signature"
    return found[1]


@pytest.fixture
def pdfsig(tmp_path: Path) -> Callable[[bytes], str]:
    """What poppler's program says of the signatures of a PDF."""
    program = shutil.which("pdfsig")
    if program is None and not MUST_RUN:
        pytest.skip("there is no pdfsig on this machine (apt-get install poppler-utils)")
    assert program, "there is no pdfsig on this machine, and these tests must run"
    file = tmp_path / "signed.pdf"

    def say(content: bytes) -> str:
        file.write_bytes(content)
        return subprocess.run([program, "-nocert", str(file)], capture_output=True, text=True, check=False).stdout

    return say


def test_it_is_valid_and_a_changed_byte_is_noticed(desk: Desk) -> None:
    api, quote_id = desk.shop.api(), desk.offer()
    shown = api.get(f"/quotes/{quote_id}/pdf").body
    signed = desk.sign(api, quote_id, method="drawn", drawing=DRAWN)
    assert desk.shop.work(SEAL) == 1
    content = signed_pdf(desk, desk.shop.customer(), signed["id"])
    assert content == signed_pdf(desk, desk.shop.company.agent(), signed["id"])
    assert content.startswith(shown), "the bytes that were shown are the beginning"
    status = looked_at(content, root_of(desk))
    assert (status.bottom_line, status.coverage.name) == (True, "ENTIRE_FILE")
    assert status.signing_cert.subject.native["organization_name"] == desk.shop.company.tenant.name
    for place in (100, len(shown) // 2, len(shown) + 200):
        changed = bytearray(content)
        changed[place] ^= 1
        assert not looked_at(bytes(changed), root_of(desk)).bottom_line


def test_it_is_valid_for_others_and_a_changed_byte_is_noticed(desk: Desk, pdfsig: Callable[[bytes], str]) -> None:
    signed = desk.sign(desk.shop.api(), desk.offer())
    desk.shop.work(SEAL)
    content = signed_pdf(desk, desk.shop.customer(), signed["id"])
    seen = pdfsig(content)
    assert "Signature is Valid" in seen
    assert "ETSI.CAdES.detached" in seen
    assert "Total document signed" in seen
    changed = bytearray(content)
    changed[len(content) // 4] ^= 1
    assert "Signature is Valid" not in pdfsig(bytes(changed))


def test_the_page_of_evidence_says_who_when_from_where_and_what(desk: Desk) -> None:
    signed = desk.sign(desk.shop.api(), desk.offer(), name="Robin Signer")
    desk.shop.work(SEAL)
    *_document, evidence = pages(signed_pdf(desk, desk.shop.customer(), signed["id"]))
    [row] = desk.rows()
    joined = evidence.replace("\n", "").replace("\r", "").replace("\u200b", "")
    for words in ("Robin Signer", row.address, f"{row.signed_at:%Y-%m-%d %H:%M:%S} UTC", "Acme", "Typed"):
        assert words in evidence, words
    for long_word in (row.email, row.document_sha256, row.content_sha256):
        assert long_word in joined
    assert "I have read the document" in evidence
    assert "Agreed to in these words (English)" in evidence


def test_it_is_made_once_and_of_what_counts_alone(desk: Desk) -> None:
    allow(desk.shop, 10)
    api, quote_id = desk.shop.api(), desk.offer()
    first = desk.sign(api, quote_id)
    api.json("post", f"/quotes/{quote_id}/undo", {})
    assert desk.shop.work(SEAL) == 1
    assert [row.sealed_sha256 for row in desk.rows()] == [""]
    assert len(desk.shop.customer().get(f"/signatures/{first['id']}").html.select("a.file-name")) == 1
    second = desk.sign(api, quote_id)
    actor = desk.shop.portal.parts.jobs.actor_named(SEAL).func
    for _run in range(2):
        actor(desk.shop.job, signature_id=second["id"])
    assert len(desk.trail("signatures.sealed")) == 1
    [_void, row] = desk.rows()
    with pytest.raises(sa.exc.IntegrityError), desk.shop.company.system() as db:
        db.execute(sa.text("UPDATE signatures_signature SET sealed_sha256 = 'x' WHERE id = :i"), {"i": row.id})


def test_the_key_is_sealed_and_outlives_a_change_of_keys(desk: Desk) -> None:
    api = desk.shop.api()
    first, second = desk.offer(), desk.offer()
    desk.sign(api, first)
    desk.shop.work(SEAL)
    with desk.shop.company.system() as db:
        [held] = db.execute(sa.text("SELECT sealed FROM signatures_secret")).scalars().all()
        assert b"PRIVATE KEY" not in bytes(held)
        assert keys.rotate_data_key(db, desk.shop.portal.parts.cipher) >= 1
    desk.sign(api, second)
    desk.shop.work(SEAL)
    with desk.shop.company.system() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM signatures_identity")) == 1
    assert [bool(row.sealed_sha256) for row in desk.rows()] == [True, True]


def test_a_certificate_that_the_operator_brings_signs_from_then_on(desk: Desk) -> None:
    bought = authority.issue(b"another authority's key, of 32 by", "Bought Certificate", now())
    key = serialization.load_pem_private_key(bought.key.encode(), None)
    certificate = x509.load_pem_x509_certificate(bought.certificate.encode())
    above = [x509.load_pem_x509_certificate(bought.chain.encode())]
    file = pkcs12.serialize_key_and_certificates(
        b"x", key, certificate, above, serialization.BestAvailableEncryption(b"word")  # type: ignore[arg-type]
    )
    with pytest.raises(identities.UnusableKeyError):
        identities.read(file, b"another word", now())
    told = command.keep(desk.shop.portal.parts, desk.shop.company.slug, identities.read(file, b"word", now()))
    assert "from now on" in told
    [noted] = desk.trail("signatures.certificate")  # of the audit
    assert (noted.actor, noted.after["brought"]) == ("command", True)
    signed = desk.sign(desk.shop.api(), desk.offer())
    desk.shop.work(SEAL)
    content = signed_pdf(desk, desk.shop.customer(), signed["id"])
    status = looked_at(content, sealing.certificates(bought.chain))
    assert status.bottom_line
    assert status.signing_cert.subject.native["common_name"] == "Bought Certificate"
    assert not looked_at(content, root_of(desk)).trusted
