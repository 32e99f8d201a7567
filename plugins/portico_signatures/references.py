"""The short word that a signed document is verified by: printed on its page of evidence, with an address."""

from __future__ import annotations

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without letters that are read as others (Crockford's base 32)."""
LENGTH, GROUP = 20, 5
"""100 bits: nobody guesses one."""
_READ_AS = str.maketrans("OIL", "011", " -\u2010\u2011")
_REFERENCE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_HASH = re.compile(r"[0-9a-f]{64}")


def new() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def shown(reference: str) -> str:
    return "-".join(reference[at : at + GROUP] for at in range(0, len(reference), GROUP))


def read(text: str) -> str | None:
    """As people type one, or find it in an address; None: it is none."""
    found = text.strip().upper().translate(_READ_AS)
    return found if _REFERENCE.fullmatch(found) else None


def read_hash(text: str) -> str | None:
    """SHA-256 in hex, also in groups, as some programs show it."""
    found = re.sub(r"[\s:]", "", text).lower()
    return found if _HASH.fullmatch(found) else None
