"""A file that was made to be taken for a sealed one: what a signature covers is what its forger says."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from asn1crypto import cms as asn1
from asn1crypto import core
from tests.functional.portico_signatures.conftest import Desk
from tests.functional.portico_signatures.test_verifying import by, look, sealed

from portico_signatures import references, verifying

RANGE = re.compile(rb"/ByteRange \[\s*\d+ (\d+) (\d+) (\d+)\s*\]")
GOOD = "Sealed by this company, but not on record"


def forged(content: bytes) -> bytes:
    """What was signed, with the gap elsewhere, and another document behind it."""
    found = RANGE.search(content)
    assert found
    gap, again, rest = map(int, found.groups())
    covered, signature = content[:gap] + content[again : again + rest], content[gap:again]
    made = covered[:15] + signature + covered[15:]
    return made + b"\n%%%% /ByteRange [0 15 %d %d]\n%%%%EOF\n" % (15 + len(signature), len(covered) - 15)


def forget(desk: Desk) -> None:
    with desk.shop.portal.superuser() as connection:
        connection.execute(sa.text("DELETE FROM signatures_signature"))


def test_what_the_company_signed_a_part_of_is_not_good(desk: Desk) -> None:
    row, content = sealed(desk)
    made = {
        "another gap": forged(content),
        "added to": content + b"\n9 0 obj\n<</Type /Catalog>>\nendobj\n%%EOF\n",
        "no /Contents": content.replace(b"/Contents <30", b"/Kontents <30"),
        "from elsewhere": re.sub(rb"/ByteRange \[\s*0 ", b"/ByteRange [1 ", content),
    }
    assert verifying._claimed(content) == row.reference, "pyHanko writes :// as octal digits"
    nameless = made["another gap"].replace(b"/ContactInfo", b"/KontactInfo")
    for name, file in made.items():
        assert "Changed This file is not what was signed here" in look(desk, file), name
    assert "Robin Signer" in look(desk, made["another gap"]), "whoever has the reference is told by it"
    assert "Robin" not in look(desk, nameless)
    forget(desk)
    assert GOOD in look(desk, content)
    assert GOOD in look(desk, content + b"\r\n\n")
    for name, file in made.items():
        told = look(desk, file)
        assert "Changed This file is not what was signed here" in told, name
        assert GOOD not in told, name


def test_one_byte_more_behind_the_document_gives_no_names(desk: Desk) -> None:
    api, quote_id = desk.shop.api(), desk.offer()
    shown = api.get(f"/quotes/{quote_id}/pdf").body
    desk.sign(api, quote_id)
    desk.shop.work("signatures.seal")
    [row] = desk.rows()
    for told in (look(desk, shown + b"x"), look(desk, shown), by(desk, row.document_sha256)):
        assert "R. S." in told
        for unknown in ("Robin", row.reference, references.shown(row.reference), row.sealed_sha256):
            assert unknown not in told, "its hash leads to the names as well"
    assert "Changed" in look(desk, shown + b"x")


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def cms(certificates: bytes, signers: bytes) -> bytes:
    data, signed = core.ObjectIdentifier("1.2.840.113549.1.7.1").dump(), core.ObjectIdentifier("1.2.840.113549.1.7.2").dump()
    inside = tlv(0x02, b"\x01") + tlv(0x31, b"") + tlv(0x30, data) + tlv(0xA0, certificates) + tlv(0x31, signers)
    return tlv(0x30, signed + tlv(0xA0, tlv(0x30, inside)))


def by_algorithm(message: bytes, name: str) -> bytes:
    """It says that it was made with another kind of key than the certificate has."""
    made = asn1.ContentInfo.load(message).copy()
    made["content"]["signer_infos"][0]["signature_algorithm"] = asn1.SignedDigestAlgorithm({"algorithm": name})
    return bytes(made.dump(force=True))


def pdf(message: bytes) -> bytes:
    """A signature of all of it, which is looked at for that reason."""
    before, text = b"%PDF-1.7\n/Contents ", b"<" + message.hex().encode() + b">"
    start = b"\n/ByteRange [0 %d %d " % (len(before), len(before) + len(text))
    behind = next(start + b"%d]" % size for size in range(1000) if len(start + b"%d]" % size) == size)
    return before + text + behind


@pytest.mark.parametrize("place", ["certificates", "signers", "algorithms", "bytes"])
def test_a_signature_that_is_none_is_nobodys(desk: Desk, place: str) -> None:
    _row, content = sealed(desk)
    forget(desk)
    found = RANGE.search(content)
    assert found
    gap, again, _rest = map(int, found.groups())
    message = bytes.fromhex(content[gap + 1 : again - 1].decode()).rstrip(b"\0")
    hostile = {
        "certificates": [cms(b"\x30\x00" * count, b"") for count in (1, 5, 11, 3000)],
        "signers": [cms(b"", tlv(0x30, inside)) for inside in (b"", b"\x02", b"\x02\x01\x01", b"\x30\x00" * 5)],
        "algorithms": [by_algorithm(message, name) for name in ("sha256_rsa", "dsa", "ed25519", "rsassa_pkcs1v15")],
        "bytes": [message[:cut] for cut in range(0, len(message), 97)],
    }[place]
    for one in hostile:
        told = look(desk, pdf(one + bytes(8)))
        assert "Not known here" in told or "Changed" in told
        assert GOOD not in told


@pytest.mark.timeout(120)
def test_many_certificates_do_not_keep_it_busy(desk: Desk) -> None:
    _row, content = sealed(desk)
    forget(desk)
    with desk.shop.company.system() as db:
        for many in (4, 3000, 30_000):
            file = pdf(cms(b"\x30\x00" * many, b"")) if many < 30_000 else pdf(b"\x30\x00" * many)
            assert verifying.of_file(db, file + 2 * file[file.index(b"\n/ByteRange") :]).outcome == verifying.UNKNOWN
