"""Files as people and attackers make them, in memory."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image

Members = dict[str, bytes]
DOCX: Members = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"}
XLSX: Members = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}
PPTX: Members = {"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"}
ODT: Members = {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<office/>"}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n"
SCRIPTED_PDF = PDF.replace(b"<<>>\nendobj", b"<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>\nendobj")
SCRIPT = b"<script>alert(document.cookie)</script>"


def package(members: Members, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind, **options)
    return file.getvalue()


def photo_with_a_place() -> bytes:
    """A JPEG that says where it was taken, by whom, and that it lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x013B] = "Canary Photographer"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 29.6)
    return picture("JPEG", size=(40, 30), exif=exif, comment=b"Canary comment")


def huge_picture(side: int) -> bytes:
    """A PNG of side × side pixels in some kilobytes; made without ever having them."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row, packer = b"\0" * (1 + side // 8), zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def bomb(members: Members, megabytes: int = 64) -> bytes:
    return package(members | {"bomb.xml": b"\0" * (megabytes << 20)})


def lying_about_its_size() -> bytes:
    """The directory says that the member is small."""
    data = bytearray(package({"a.txt": b"\0" * (64 << 20)}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.find(mark)
        data[start + at : start + at + 4] = struct.pack("<I", 100)
    return bytes(data)


def overlapping() -> bytes:
    """A hundred entries of the directory that are one and the same member."""
    data = package({"a.txt": b"\0" * (3 << 20)})
    directory = data.find(b"PK\x01\x02")
    end = data.find(b"PK\x05\x06")
    entry, count = data[directory:end], 100
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, directory, 0)
    return data[:directory] + entry * count + tail


def encrypted() -> bytes:
    data = bytearray(package({"a.txt": b"secret"}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(mark)
        data[start + at] |= 1
    return bytes(data)
