"""A PDF/A-3 of ours becomes a Factur-X: with the XML inside, and the words by which it is found."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from lxml import etree
from pyhanko.pdf_utils.reader import PdfFileReader

from portico.branding.lookup import package_folder
from portico.documents.rendering import typeset
from portico_einvoices.checking import Syntax, check
from portico_einvoices.embedding import FILE_NAME, embed
from portico_einvoices.errors import NotArchivalError

FONTS = [package_folder("portico") / "static/portico/fonts/print"]
XML = (Path(__file__).parent / "golden/invoice.cii.xml").read_bytes()
AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
SOURCE = '#set document(title: "Invoice 1", author: "Regency", date: datetime(year: 2026, month: 1, day: 31))\n#title()\nPayable'


@pytest.fixture(scope="module")
def document() -> bytes:
    return typeset(SOURCE, {}, 0, FONTS)


@pytest.fixture(scope="module")
def made(document: bytes) -> bytes:
    return embed(document, XML, AT, "Invoice 1 as XML")


def attached(made: bytes) -> tuple[str, bytes]:
    pdf = pypdfium2.PdfDocument(made)
    try:
        assert pdf.count_attachments() == 1
        attachment = pdf.get_attachment(0)
        return attachment.get_name(), bytes(attachment.get_data())
    finally:
        pdf.close()


def test_xml_is_attached_as_it_was_and_passes(made: bytes) -> None:
    name, content = attached(made)
    assert (name, content) == (FILE_NAME, XML)
    assert not [one for one in check([(Syntax.CII, content)])[0] if one.is_fatal]


def test_document_stays_as_it_was_at_the_beginning(document: bytes, made: bytes) -> None:
    assert made.startswith(document)
    pdf = pypdfium2.PdfDocument(made)
    page = pdf[0]
    text = page.get_textpage()
    assert "Payable" in text.get_text_range()
    for one in (text, page, pdf):
        one.close()


def test_same_data_gives_the_same_bytes(document: bytes, made: bytes) -> None:
    assert embed(document, XML, AT, "Invoice 1 as XML") == made
    other = embed(document, XML + b"\n", AT, "Invoice 1 as XML")
    ids = [PdfFileReader(BytesIO(one)).trailer["/ID"] for one in (made, other, document)]
    assert ids[0][1] != ids[1][1]
    assert len({bytes(one[0]) if isinstance(one[0], bytes) else one[0].original_bytes for one in ids}) == 1


def test_attachment_is_told_as_pdf_a_3_wants(made: bytes) -> None:
    root = PdfFileReader(BytesIO(made)).root
    assert "/Version" not in root  # PDF/A-3 is of PDF 1.7
    spec = root["/AF"][0].get_object()
    assert (spec["/AFRelationship"], spec["/F"], spec["/UF"]) == ("/Alternative", FILE_NAME, FILE_NAME)
    held = spec["/EF"]["/F"]
    assert held["/Subtype"] == "/text/xml"
    assert str(held["/Params"]["/ModDate"]).startswith("D:20260131120000")
    assert root["/Names"]["/EmbeddedFiles"]["/Names"][0] == FILE_NAME
    assert root["/MarkInfo"]["/Marked"]


def test_metadata_say_that_it_is_a_factur_x_and_still_archival(made: bytes) -> None:
    packet = PdfFileReader(BytesIO(made)).root["/Metadata"].data
    assert packet.startswith(b"<?xpacket begin=")
    assert packet.endswith(b'<?xpacket end="r"?>')
    etree.fromstring(packet)
    for words in ("pdfaid:part>3<", "pdfaid:conformance>A<", "pdfuaid:part>1<"):
        assert words.encode() in packet
    found = dict(re.findall(rb"<fx:(\w+)>([^<]+)</fx:\w+>", packet))
    assert found == {b"DocumentType": b"INVOICE", b"DocumentFileName": b"factur-x.xml", b"Version": b"1.0", b"ConformanceLevel": b"EN 16931"}
    schemas = packet.split(b"<pdfaExtension:schemas>")[1]
    for name in found:
        assert b"<pdfaProperty:name>" + name + b"</pdfaProperty:name>" in schemas
    assert packet.count(b"<pdfaExtension:schemas>") == 1


def test_what_is_not_pdf_a_3_is_refused(document: bytes) -> None:
    with pytest.raises(NotArchivalError):
        embed(document.replace(b"<pdfaid:part>3<", b"<pdfaid:part>2<"), XML, AT, "Invoice 1 as XML")


def test_another_reader_finds_the_invoice(made: bytes, tmp_path: Path) -> None:
    """In a process of its own: what it imports is not ours."""
    (tmp_path / "made.pdf").write_bytes(made)
    code = "import sys, facturx; print(facturx.get_xml_from_pdf(open(sys.argv[1], 'rb').read(), check_xsd=True)[0])"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "made.pdf")], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == FILE_NAME
