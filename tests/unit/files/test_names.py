"""What somebody called their file cannot reach another folder, another header or another kind of file."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from portico.files.names import LONGEST, cleaned, disposition, extension_of

HOSTILE = [
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "C:\\Users\\me\\plan.pdf",
    "a\r\nSet-Cookie: portico=stolen\r\n\r\n<script>.pdf",
    "a\nb\tc\x00d\x7f.pdf",
    'quote"; filename="evil.exe',
    "\u202efdp.exe",
    "\u2066\u200b\ufeff.pdf",
    "....",
    ".htaccess",
    "CON",
    "nul.pdf",
    "a" * 5000 + ".pdf",
    "%2e%2e%2fsecret.pdf",
    "name;param=1.pdf",
    "",
    "   ",
    "é" * 300,
]


@pytest.mark.parametrize("given", HOSTILE, ids=range(len(HOSTILE)))
def test_a_name_is_one_harmless_line(given: str) -> None:
    name = cleaned(given, "pdf")
    assert name.endswith(".pdf")
    assert 5 <= len(name) <= LONGEST
    assert not re.search(r'[\x00-\x1f\x7f/\\:*?"<>|;%\u200b\u202a-\u202e\u2066-\u2069\ufeff]', name)
    assert not name.startswith((".", " "))
    assert name.partition(".")[0].lower() not in ("con", "nul")


@pytest.mark.parametrize("given", HOSTILE, ids=range(len(HOSTILE)))
def test_the_header_says_attachment_and_one_name(given: str) -> None:
    header = disposition(cleaned(given, "pdf"))
    assert header.isascii()
    assert "\r" not in header
    assert "\n" not in header
    assert re.fullmatch(r"attachment; filename=\"[\w. ()-]+\"; filename\*=UTF-8''[A-Za-z0-9._~%-]+", header)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Angebot für Müller.pdf", "Angebot für Müller.pdf"),
        ("عرض السعر.pdf", "عرض السعر.pdf"),
        ("plan (2) – final.PDF", "plan (2) – final.pdf"),
        ("v1.2 drawing.pdf", "v1.2 drawing.pdf"),
        ("no ending", "no ending.pdf"),
    ],
)
def test_what_people_call_their_files_stays(given: str, kept: str) -> None:
    assert cleaned(given, "pdf") == kept
    assert unquote(disposition(kept).partition("filename*=UTF-8''")[2]) == kept


def test_what_somebody_may_see_at_the_end_is_the_extension() -> None:
    assert extension_of("report.pdf.exe") == "exe"
    assert extension_of("\u202efdp.exe") == "exe"
    assert extension_of("REPORT.PDF") == "pdf"
    assert extension_of("folder.d/name") == ""
    assert extension_of(".pdf") == ""
