"""A corpus of files: what is taken as what, and what is refused and told how to mend (ASVS 5.2.2, 5.2.3)."""

from __future__ import annotations

import concurrent.futures
import io
import zipfile
from contextlib import closing

import pytest
from PIL import Image
from tests.unit.files import corpus

from portico.files import archives, formats, pictures
from portico.files.errors import FileRefusedError, FileTooLargeError
from portico.files.formats import Examined, examine

MOST = 25 << 20


def kept(name: str, data: bytes) -> tuple[Examined, bytes]:
    """What was found, and the content that would be kept."""
    with closing(examine(name, io.BytesIO(data), MOST)) as found:
        return found, found.source.read()


GOOD = {
    "photo.jpg": (corpus.picture("JPEG"), "image/jpeg"),
    "photo.JPEG": (corpus.picture("JPEG"), "image/jpeg"),
    "grey.jpg": (corpus.picture("JPEG", "L"), "image/jpeg"),
    "print.jpg": (corpus.picture("JPEG", "CMYK"), "image/jpeg"),
    "drawing.png": (corpus.picture("PNG"), "image/png"),
    "palette.png": (corpus.picture("PNG", "P"), "image/png"),
    "clear.png": (corpus.picture("PNG", "RGBA"), "image/png"),
    "deep.png": (corpus.picture("PNG", "I;16"), "image/png"),
    "modern.webp": (corpus.picture("WEBP"), "image/webp"),
    "old.gif": (corpus.picture("GIF", "P"), "image/gif"),
    "order.pdf": (corpus.PDF, "application/pdf"),
    "letter.docx": (corpus.package(corpus.DOCX), formats.PACKAGES["docx"].media_type),
    "list.xlsx": (corpus.package(corpus.XLSX), formats.PACKAGES["xlsx"].media_type),
    "talk.pptx": (corpus.package(corpus.PPTX), formats.PACKAGES["pptx"].media_type),
    "letter.odt": (corpus.package(corpus.ODT, zipfile.ZIP_STORED), formats.PACKAGES["odt"].media_type),
    "drawings.zip": (corpus.package({"a.dxf": b"0\nSECTION", "b/c.step": b"ISO-10303-21;"}), "application/zip"),
    "note.txt": ("Größe: 3 µm".encode(), "text/plain"),
    "latin.txt": ("Größe".encode("latin1"), "text/plain"),
    "marked.txt": ("\ufeffHello".encode(), "text/plain"),
    "list.csv": (b"ID;Name\r\n1;Bolt\r\n", "text/plain"),
    "looks like a bitmap.txt": (b"BM is the sign of it", "text/plain"),
    "mentions.txt": (b"The tag <script> is not taken at the beginning only.", "text/plain"),
    "no ending": (b"just words", "text/plain"),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_people_send_is_taken_for_what_it_is(name: str) -> None:
    data, media_type = GOOD[name]
    found, content = kept(name, data)
    assert found.format.media_type == media_type
    assert content
    assert found.name.rpartition(".")[2] in found.format.extensions


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
BAD = {
    "active svg": ("logo.svg", SVG, "SVG"),
    "svg called a picture": ("logo.png", SVG, "SVG"),
    "svg behind a declaration": ("logo.svg", b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- -->\n' + SVG, "SVG"),
    "a page": ("page.html", HTML, "Web pages"),
    "a page called a text": ("page.txt", b"   \n" + HTML, "Web pages"),
    "a page called a pdf": ("page.pdf", HTML, "Web pages"),
    "xml": ("data.xml", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>', "Web pages"),
    "a script": ("run.sh", b"#!/bin/sh\nrm -rf /", "Programs"),
    "a script called a text": ("run.txt", b"#!/bin/sh\nrm -rf /", "Programs"),
    "a program of windows": ("setup.exe", b"MZ\x90\x00" + bytes(200), "kind"),
    "a program called a pdf": ("setup.pdf", b"MZ\x90\x00" + bytes(200), "kind"),
    "a program of linux": ("tool", b"\x7fELF\x02\x01\x01" + bytes(200), "kind"),
    "an old document": ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "kind"),
    "unknown bytes": ("data.bin", bytes(range(256)) * 4, "kind"),
    "binary in a text": ("note.txt", b"words " * 2000 + b"\x00\x01\x02", "text"),
    "nothing": ("empty.txt", b"", "empty"),
    "two endings": ("order.pdf.exe", corpus.PDF, "called"),
    "turned ending": ("\u202efdp.exe", corpus.PDF, "called"),
    "a document called a pdf": ("letter.pdf", corpus.package(corpus.DOCX), "called"),
    "a pdf called a picture": ("order.png", corpus.PDF, "called"),
    "a cut pdf": ("order.pdf", corpus.PDF[:-10], "damaged"),
    "a cut picture": ("photo.png", corpus.picture("PNG", size=(300, 300))[:-60], "damaged"),
    "no picture behind the sign": ("photo.png", b"\x89PNG\r\n\x1a\n" + bytes(100), "picture"),
    "a picture that is a script": ("x.gif", b"GIF89a/*\x00\x00*/=1;alert(1)", "picture"),
    "pdf and archive": ("both.pdf", b"%PDF-1.7\n" + corpus.package({"a.txt": b"x"}) + b"\n%%EOF", "at once"),
    "macros": ("list.xlsx", corpus.package(corpus.XLSX | {"xl/vbaProject.bin": b"x"}), "macros"),
    "macros of excel 4": ("list.xlsx", corpus.package(corpus.XLSX | {"xl/macrosheets/sheet1.xml": b"x"}), "macros"),
    "controls": ("letter.docx", corpus.package(corpus.DOCX | {"word/activeX/activeX1.bin": b"x"}), "macros"),
    "an embedded program": ("letter.docx", corpus.package(corpus.DOCX | {"word/embeddings/oleObject1.bin": b"x"}), "macros"),
    "macros of libreoffice": ("letter.odt", corpus.package(corpus.ODT | {"Basic/Standard/Module1.xml": b"x"}), "macros"),
    "a locked archive": ("locked.zip", corpus.encrypted(), "password"),
    "an archive of another method": ("new.zip", corpus.package({"a": b"b" * 99}, zipfile.ZIP_LZMA), "cannot be checked"),
    "behind an archive": ("more.zip", corpus.package({"a": b"b"}) + corpus.SCRIPT, "beside"),
    "in front of an archive": ("more.zip", b"PK\x03\x04" + corpus.SCRIPT + corpus.package({"a": b"b"}), "beside"),
    "a cut archive": ("cut.zip", corpus.package({"a": b"b" * 9999})[:-30], "damaged"),
    "a damaged archive": ("bad.zip", corpus.package({"a": b"abc" * 99}, zipfile.ZIP_STORED).replace(b"abc", b"abd", 1), "damaged"),
    "a bomb": ("bomb.zip", corpus.bomb({}), "far too much"),
    "a bomb as a document": ("bomb.docx", corpus.bomb(corpus.DOCX), "far too much"),
    "a bomb that says it is small": ("bomb.zip", corpus.lying_about_its_size(), ""),
    "a bomb of overlapping members": ("bomb.zip", corpus.overlapping(), "far too much"),
    "an archive of thousands": ("many.zip", corpus.package({f"{n}": b"" for n in range(archives.MOST_MEMBERS + 1)}), "too many"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_could_do_harm_is_refused_and_told_why(case: str) -> None:
    name, data, word = BAD[case]
    with pytest.raises(FileRefusedError) as refused:
        examine(name, io.BytesIO(data), MOST)
    assert word in str(refused.value.message)
    assert refused.value.fields.keys() == {"/file"}


def test_many_members_may_not_unfold_to_more_than_one_could(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_UNPACKED", 20 << 20)
    members = {f"{n}.txt": b"%d" % n * (1 << 20) for n in range(10)}
    examine("fine.zip", io.BytesIO(corpus.package(members)), MOST)
    with pytest.raises(FileRefusedError, match="far too much"):
        examine("more.zip", io.BytesIO(corpus.package(members | {f"{n}.txt": b"%d" % n * (1 << 20) for n in range(40)})), MOST)


def test_a_bomb_is_not_unfolded_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0
    original = zipfile.ZipExtFile.read

    def counted(self: zipfile.ZipExtFile, size: int = -1) -> bytes:
        nonlocal read
        piece = original(self, size)
        read += len(piece)
        return piece

    monkeypatch.setattr(zipfile.ZipExtFile, "read", counted)
    with pytest.raises(FileRefusedError):
        examine("bomb.zip", io.BytesIO(corpus.bomb({}, megabytes=256)), MOST)
    assert 0 < read < 80 << 20


def test_a_picture_of_too_many_pixels_is_not_drawn() -> None:
    data = corpus.huge_picture(8000)
    assert len(data) < 20_000
    with pytest.raises(FileRefusedError, match="million pixels"):
        examine("huge.png", io.BytesIO(data), MOST)


def test_above_what_pillow_itself_allows_is_refused_too() -> None:
    with pytest.raises(FileRefusedError, match="million pixels"):
        examine("huge.png", io.BytesIO(corpus.huge_picture(20_000)), MOST)


def test_a_file_may_have_so_many_bytes_and_no_more() -> None:
    assert examine("a.txt", io.BytesIO(b"x" * 1000), 1000)
    with pytest.raises(FileTooLargeError):
        examine("a.txt", io.BytesIO(b"x" * 1001), 1000)




def test_a_photo_keeps_its_pixels_upright_and_nothing_of_who_and_where() -> None:
    given = corpus.photo_with_a_place()
    assert b"Canary Photographer" in given
    assert b"Canary comment" in given
    _found, data = kept("me.jpg", given)
    assert b"Canary" not in data
    assert b"Exif" not in data
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (30, 40), "turned as the camera was"
        assert not picture.getexif()
        assert "comment" not in picture.info


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_what_hangs_on_a_picture_is_gone(kind: str) -> None:
    data = corpus.picture(kind) + corpus.SCRIPT + corpus.package({"a.txt": b"x"})
    found, drawn = kept("picture." + kind.lower(), data)
    assert corpus.SCRIPT not in drawn
    assert b"PK\x03\x04" not in drawn
    with Image.open(io.BytesIO(drawn)) as picture:
        assert picture.format == kind
        assert picture.size == (40, 30)
    assert not found.format.active


def test_texts_in_a_png_are_gone() -> None:
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text("Comment", corpus.SCRIPT.decode())
    given = corpus.picture("PNG", pnginfo=texts)
    assert corpus.SCRIPT in given
    assert corpus.SCRIPT not in kept("a.png", given)[1]


def test_a_transparent_picture_stays_transparent() -> None:
    _found, data = kept("a.png", corpus.picture("PNG", "RGBA"))
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode == "RGBA"
        assert picture.getpixel((0, 0)) == (0, 0, 0, 0)


def test_a_pdf_with_scripts_is_taken_as_it_is_and_marked() -> None:
    """It is given out for downloading alone; so is every other."""
    found, data = kept("form.pdf", corpus.SCRIPTED_PDF)
    assert data == corpus.SCRIPTED_PDF
    assert found.format.active


def test_pictures_are_drawn_one_at_a_time() -> None:
    """So that a hundred large ones at once need the memory of one."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with pictures._ONE_AT_A_TIME:
            drawing = pool.submit(kept, "a.png", corpus.picture("PNG"))
            assert not concurrent.futures.wait([drawing], timeout=0.2).done
        assert drawing.result(timeout=30)[1]
