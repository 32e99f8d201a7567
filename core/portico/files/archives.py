"""ZIP archives, and the office documents that are some: what is in them, measured without ever being written out.

What an archive says of itself is not believed: its members are unpacked, and counted as they come, up to limits (ASVS 5.2.3).
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import IO

from portico.files.errors import FileRefusedError
from portico.web.i18n import _

MOST_MEMBERS = 2_000
MOST_UNPACKED = 512 << 20
MOST_RATIO = 200
"""Unpacked bytes for each packed one, of members above FREE bytes. Office documents reach about 50, plain tables 100."""
FREE = 4 << 20
_PIECE = 1 << 16
_END = b"PK\x05\x06"
_END_SIZE = 22
_LONGEST_COMMENT = 0xFFFF
_TAKEN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_MACROS = ("vbaproject.bin", "vbadata.xml", "activex/", "/embeddings/oleobject", "xl/macrosheets/", "basic/", "scripts/")
_MAIN = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}
_MIMETYPES = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}


def kind_of(source: IO[bytes]) -> str:
    """ "docx", "xlsx", "pptx", "odt", "ods", "odp" or "zip". Raises FileRefusedError."""
    with _opened(source) as archive:
        members = {one.filename for one in archive.infolist()}
        if "[Content_Types].xml" in members:
            for name, kind in _MAIN.items():
                if name in members:
                    return kind
        if "mimetype" in members and archive.getinfo("mimetype").file_size < 100:
            return _MIMETYPES.get(_head(archive, "mimetype").strip(), "zip")
    return "zip"


def check(source: IO[bytes]) -> None:
    """Raises FileRefusedError."""
    with _opened(source) as archive:
        _measure(archive)


def check_document(source: IO[bytes]) -> None:
    """Also for macros and what else runs in an office document."""
    with _opened(source) as archive:
        for one in archive.infolist():
            name = one.filename.lower()
            if any(name.startswith(each) or ("/" + each.lstrip("/")) in "/" + name for each in _MACROS):
                raise FileRefusedError(_("This document holds macros, which are programs. Save it without them, or as a PDF."))
        _measure(archive)


def has_directory(source: IO[bytes]) -> bool:
    """Whether a program that looks for an archive would find one, wherever it begins."""
    source.seek(0)
    return zipfile.is_zipfile(source)


def _opened(source: IO[bytes]) -> zipfile.ZipFile:
    source.seek(0)
    _check_frame(source)
    source.seek(0)
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        raise _damaged() from None
    if len(archive.infolist()) > MOST_MEMBERS:
        raise FileRefusedError(_("This archive holds too many files. Send fewer at once."))
    return archive


def _check_frame(source: IO[bytes]) -> None:
    """Begins with a member, ends with its directory: nothing is in front or behind, and no other archive is hidden in it."""
    size = source.seek(0, 2)
    source.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT))
    tail = source.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise _damaged()
    disk, _start, _here, _all, length, offset, comment = struct.unpack("<4xHHHHIIH", tail[at : at + _END_SIZE])
    end = size - len(tail) + at
    zip64 = 0xFFFFFFFF in (length, offset)
    if disk or len(tail) - at != _END_SIZE + comment or (not zip64 and offset + length != end):
        raise FileRefusedError(_("This archive holds something else beside its files. Pack it anew."))
    if zip64:
        raise _unreadable()


def _measure(archive: zipfile.ZipFile) -> None:
    total, seen = 0, set()
    for one in archive.infolist():
        if one.flag_bits & 0x1:
            raise FileRefusedError(_("This archive is locked with a password, so it cannot be checked. Pack it without one."))
        if one.compress_type not in _TAKEN:
            raise _unreadable()
        if one.header_offset in seen:  # members that overlap: a bomb that no count of sizes sees
            raise _bomb()
        seen.add(one.header_offset)
        total = _count(archive, one, total)


def _count(archive: zipfile.ZipFile, one: zipfile.ZipInfo, total: int) -> int:
    allowed = FREE + MOST_RATIO * max(1, one.compress_size)
    size = 0
    try:
        with archive.open(one) as member:
            while piece := member.read(_PIECE):
                size += len(piece)
                if size > allowed or total + size > MOST_UNPACKED:
                    raise _bomb()
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError, struct.error):
        raise _damaged() from None
    return total + size


def _head(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as member:
            return member.read(100)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError, struct.error):
        raise _damaged() from None


def _damaged() -> FileRefusedError:
    return FileRefusedError(_("This archive or document is damaged. Save it anew and choose the new file."))


def _unreadable() -> FileRefusedError:
    return FileRefusedError(_("This archive is packed in a way that cannot be checked. Pack it anew as an ordinary ZIP file."))


def _bomb() -> FileRefusedError:
    return FileRefusedError(_("This archive unfolds into far too much. Send its files one by one."))
