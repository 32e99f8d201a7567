"""Passwords: argon2id, queued so that hashing cannot starve pages, and a refusal of what is guessed first."""

from __future__ import annotations

import threading
from collections.abc import Container

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from zxcvbn import zxcvbn

from portico.errors import InvalidError, TooManyRequestsError
from portico.web.i18n import _

MINIMUM, MAXIMUM = 8, 200
# OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, t=2, p=1. About 40 ms of one core.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_SLOT = threading.BoundedSemaphore(1)
_WAIT_S = 8.0
_GUESSED_FIRST = frozenset(
    """password password1 password12 password123 passw0rd 12345678 123456789 1234567890 11111111 00000000
qwertyui qwertyuiop qwerty123 1q2w3e4r 1qaz2wsx abc12345 abcd1234 iloveyou sunshine princess football baseball superman
trustno1 letmein1 welcome1 welcome123 admin123 administrator changeme changeme1 secret123 dragon12 monkey12 master12
azertyuiop motdepasse bonjour1 soleil123 azerty123 doudou123 87654321 987654321 asdfghjk asdf1234 zaq12wsx""".split()
)


_JUDGED = 72
"""Characters that are judged: longer ones take long, and what is weak at this length is a repetition."""
_WEAK = 2
"""zxcvbn's scores 0 and 1: found within a million guesses. It knows 30,000 common passwords, English words and names, dates,
rows of keys, sequences and repetitions (Wheeler, USENIX Security 2016)."""
_JUDGE = threading.Lock()  # it keeps a person's own words in a table of the module


def _guessed_soon(password: str, own_words: list[str]) -> bool:
    with _JUDGE:
        return int(zxcvbn(password[:_JUDGED], user_inputs=own_words, max_length=_JUDGED)["score"]) < _WEAK


def check_strength(password: str, *, email: str = "", name: str = "", breached: Container[str] = ()) -> None:
    """Raises InvalidError with what is wrong. Length counts, not classes of characters (NIST SP 800-63B §5.1.1.2).

    breached: passwords that are known from breaches (`identity.breached`).
    """
    lowered = password.lower()
    if len(password) < MINIMUM:
        message = _("Use at least ${n} characters. A short sentence is easy to remember.", mapping={"n": MINIMUM})
    elif len(password) > MAXIMUM:
        message = _("Use at most ${n} characters.", mapping={"n": MAXIMUM})
    elif lowered in _GUESSED_FIRST or len(set(lowered)) < 4 or password in breached:
        message = _("This password is one of the first that is guessed. Choose another.")
    elif any(len(part) > 3 and part in lowered for part in (email.split("@")[0], *name.lower().split())):
        message = _("Do not use your name or address as a password.")
    elif _guessed_soon(password, [word for word in (email, *email.split("@"), *name.split()) if word]):
        message = _("This password is guessed within a million tries. A sentence of four words is not.")
    else:
        return
    raise InvalidError(fields={"password": message})


def hash_password(password: str) -> str:
    with _Slot():
        return _HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """True if it fits. Without a stored hash a dummy is checked, so that unknown users take as long."""
    with _Slot():
        try:
            _HASHER.verify(stored or _DUMMY, password[: MAXIMUM + 1])
        except (Argon2Error, InvalidHashError):
            return False
    return stored is not None


class _Slot:
    def __enter__(self) -> None:
        if not _SLOT.acquire(timeout=_WAIT_S):
            raise TooManyRequestsError(5)

    def __exit__(self, *error: object) -> None:
        _SLOT.release()


_DUMMY = "$argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IHRoYXQgaXMgZml4ZWQ$wW7Jm0T5kSg0m9K5X0wAq8b0m0x8rQq4Ew0oT8Qv2xI"
"""The form of a real hash with the parameters above; no password fits it."""
