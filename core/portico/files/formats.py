"""Which files come in: told by their content, checked to be what their name says, and nothing else as well.

A format that is not in the list is not taken, whatever its name. puremagic says what the first bytes of a binary file are; what
is behind them is looked at by the format's own check: pictures are drawn anew, archives are measured, texts are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

import puremagic

from portico.files import archives, names, pictures
from portico.files.errors import FileRefusedError, FileTooLargeError
from portico.web.i18n import _

HEAD = 8192
"""Bytes that tell what a file is."""


@dataclass(frozen=True)
class Format:
    """extensions: the first is given to a file without one. active: programs can be in it that we cannot rule out.
    check(source): raises FileRefusedError; what it returns (if not None) is kept instead."""

    media_type: str
    extensions: tuple[str, ...]
    check: Callable[[IO[bytes]], IO[bytes] | None]
    active: bool = False


@dataclass(frozen=True)
class Examined:
    """source: what is to be kept, at its beginning. name: ends in an extension of the format. To be closed."""

    format: Format
    name: str
    source: IO[bytes]
    anew: bool = False

    def close(self) -> None:
        """What was made here; what was given stays open."""
        if self.anew:
            self.source.close()


def examine(name: str, source: IO[bytes], most_bytes: int) -> Examined:
    """source: can be sought, is left open. Raises FileRefusedError, FileTooLargeError."""
    size = source.seek(0, 2)
    if size == 0:
        raise FileRefusedError(_("This file is empty. Choose another."))
    if size > most_bytes:
        most = {"size": most_bytes >> 20}
        raise FileTooLargeError(_("This file is larger than ${size} MB. Make it smaller, or send it in parts.", mapping=most))
    found = recognise(source)
    given = names.extension_of(name)
    if given and given not in found.extensions:
        words = {"given": given, "real": found.extensions[0]}
        raise FileRefusedError(
            _("This file is called “.${given}”, but its content is “.${real}”. Save it anew as what it is.", mapping=words)
        )
    source.seek(0)
    made = found.check(source)
    kept = source if made is None else made
    kept.seek(0)
    return Examined(found, names.cleaned(name, given or found.extensions[0]), kept, made is not None)


def recognise(source: IO[bytes]) -> Format:
    """By content alone. Raises FileRefusedError."""
    source.seek(0)
    head = source.read(HEAD)
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return PACKAGES[archives.kind_of(source)]
    if looks_like_text(head):  # before the rest: what is typical for something is how many a text begins
        _check_no_page(head)
        return TEXT
    media_type = _told(head)
    if media_type in PICTURES:
        return PICTURES[media_type]
    raise FileRefusedError(
        _("Files of this kind are not taken. Choose a picture, a PDF, an office document, a text, a table or a ZIP archive.")
    )


def _told(head: bytes) -> str:
    """The media type that the first bytes are typical for; empty if there is none."""
    try:
        found: list[Any] = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return ""
    return next((str(one.mime_type) for one in found if one.mime_type in PICTURES), "")


_MARKUP = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<(?:\?|!|[A-Za-z])")


def _check_no_page(head: bytes) -> None:
    """No text that a browser takes for a page or a drawing, or that a system takes for a program. Raises FileRefusedError."""
    if head.startswith((b"#!", b"MZ")):
        raise FileRefusedError(_("Programs are not taken."))
    if _MARKUP.match(head):
        if b"<svg" in head.lower():
            raise FileRefusedError(_("SVG drawings can hold programs and are not taken. Save it as a PNG or PDF file."))
        raise FileRefusedError(_("Web pages can hold programs and are not taken. Save it as a PDF file."))


def looks_like_text(head: bytes) -> bool:
    """UTF-8 or a Latin alphabet of one byte a letter, without control characters."""
    return not re.search(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]", head)


def _check_text(source: IO[bytes]) -> None:
    while piece := source.read(1 << 16):
        if not looks_like_text(piece):
            raise FileRefusedError(
                _("This is called a text, but holds something else. Save it as a plain text, or choose another.")
            )


def _check_pdf(source: IO[bytes]) -> None:
    """Nothing that is an archive as well: both kinds of readers would find what they look for."""
    if archives.has_directory(source):
        raise FileRefusedError(_("This file is a PDF and an archive at once. Save the PDF anew."))
    size = source.seek(0, 2)
    source.seek(max(0, size - 2048))
    if b"%%EOF" not in source.read():
        raise FileRefusedError(_("This PDF is damaged or cut off. Save it anew and choose the new file."))


PDF = Format("application/pdf", ("pdf",), _check_pdf, active=True)
TEXT = Format("text/plain", ("txt", "csv", "tsv", "log", "md"), _check_text)
PICTURES = {
    "image/png": Format("image/png", ("png",), pictures.drawn_anew("PNG")),
    "image/jpeg": Format("image/jpeg", ("jpg", "jpeg", "jpe", "jfif"), pictures.drawn_anew("JPEG")),
    "image/webp": Format("image/webp", ("webp",), pictures.drawn_anew("WEBP")),
    "image/gif": Format("image/gif", ("gif",), pictures.drawn_anew("GIF")),
}
_OOXML, _ODF = "application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument."
PACKAGES = {
    "docx": Format(_OOXML + "wordprocessingml.document", ("docx",), archives.check_document, active=True),
    "xlsx": Format(_OOXML + "spreadsheetml.sheet", ("xlsx",), archives.check_document, active=True),
    "pptx": Format(_OOXML + "presentationml.presentation", ("pptx",), archives.check_document, active=True),
    "odt": Format(_ODF + "text", ("odt",), archives.check_document, active=True),
    "ods": Format(_ODF + "spreadsheet", ("ods",), archives.check_document, active=True),
    "odp": Format(_ODF + "presentation", ("odp",), archives.check_document, active=True),
    "zip": Format("application/zip", ("zip",), archives.check, active=True),
}
EXTENSIONS = tuple(sorted({one for each in (PDF, TEXT, *PICTURES.values(), *PACKAGES.values()) for one in each.extensions}))
"""All that a file may be called; for the browser's own choice of files."""
