"""How passwords are kept."""

from __future__ import annotations

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

from portico.errors import TooManyRequestsError
from portico.identity import passwords
from portico.identity.passwords import hash_password, verify_password


def test_hash_is_argon2id_of_the_recommended_cost() -> None:
    """OWASP Password Storage Cheat Sheet: at least 19 MiB, two passes, one lane."""
    found = extract_parameters(hash_password("a password of somebody"))
    assert found.type is Type.ID
    assert (found.memory_cost, found.time_cost, found.parallelism) >= (19 * 1024, 2, 1)
    assert found.salt_len >= 16


def test_two_hashes_of_one_password_differ_and_fit_it_alone() -> None:
    first, second = hash_password("one and the same"), hash_password("one and the same")
    assert first != second
    assert verify_password(first, "one and the same")
    assert not verify_password(first, "one and the sama")
    assert not verify_password(None, "one and the same")


@pytest.mark.without("portico.identity.passwords:_Slot.__enter__ TooManyRequestsError")
def test_who_would_wait_too_long_for_a_turn_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_WAIT_S", 0.001)
    assert passwords._SLOT.acquire(timeout=10)
    try:
        with pytest.raises(TooManyRequestsError):
            verify_password(None, "one and the same")
    finally:
        passwords._SLOT.release()
