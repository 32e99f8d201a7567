"""Names of files: what remains of what somebody called theirs, and how an answer says it (RFC 6266)."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

LONGEST = 120
_JOINERS = "\u200c\u200d"  # part of words in Persian and Indian scripts
_NOT_IN_NAMES = re.compile(r'[/\\:*?"<>|;%]+')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def cleaned(given: str, extension: str) -> str:
    """The last part of the path that was given, of printable characters alone, ending in `.extension`.

    No control characters, none that turn the direction of writing (so that `exe.fdp` cannot look like `pdf.exe`), none that a
    file system or a header takes for something else; at most LONGEST characters.
    """
    stem = stem_of(given) or "file"
    if _DEVICES.match(stem):
        stem = "_" + stem
    return stem[: LONGEST - 1 - len(extension)].rstrip(" .") + "." + extension


def stem_of(given: str) -> str:
    name = _tidy(given)
    stem, dot, extension = name.rpartition(".")
    if dot and stem and 0 < len(extension) <= 10:
        name = stem
    return " ".join(_NOT_IN_NAMES.sub(" ", name).split()).strip(" .")


def extension_of(given: str) -> str:
    """In lower case, without the dot; empty if there is none."""
    stem, dot, extension = _tidy(given).rpartition(".")
    return extension.lower() if dot and stem and 0 < len(extension) <= 10 else ""


def _tidy(given: str) -> str:
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    return "".join(one for one in last if one in _JOINERS or one == " " or unicodedata.category(one)[0] not in "CZ").strip()


def disposition(name: str) -> str:
    """Content-Disposition: to be kept, under that name. The plain form is for programs of before 2011."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^\w. ()-]", "_", plain, flags=re.ASCII).strip()
    if plain.startswith(".") or not plain:
        plain = "file" + plain
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
