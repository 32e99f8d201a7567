"""How passwords are kept."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

from portico.errors import InvalidError, TooManyRequestsError
from portico.identity import passwords
from portico.identity.passwords import check_strength, hash_password, verify_password


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
    taken = threading.BoundedSemaphore(1)
    assert taken.acquire(timeout=10)
    monkeypatch.setattr(passwords, "_SLOT", taken)
    monkeypatch.setattr(passwords, "_WAIT_S", 0.001)
    with pytest.raises(TooManyRequestsError):
        verify_password(None, "one and the same")


@pytest.mark.parametrize("weak", [
    "password1234", "123456789012", "qwertyuiop12", "abcabcabcabc", "aaaaaaaaaaaaaaaa", "Monkey2000", "z2@new.example", "bonjour123",
    "abc" * 66])
def test_what_is_guessed_soon_is_refused(weak: str) -> None:
    with pytest.raises(InvalidError) as refused:
        check_strength(weak, email="z2@new.example", name="Zoe New")
    assert refused.value.fields.keys() == {"password"}


@pytest.mark.parametrize("good", ["a quiet blue house", "x7$Kp2!qLm", "مرحبا بالعالم الجميل", "grüne Wolken am Abend", "Tr0ub4dor&3-and-more"])
def test_what_is_not_is_taken(good: str) -> None:
    check_strength(good, email="z2@new.example", name="Zoe New")


def test_ones_own_words_of_another_person_do_not_stay() -> None:
    with pytest.raises(InvalidError):
        check_strength("zarquonia77", email="zarquonia77@new.example", name="Zoe New")
    check_strength("zarquonia77-k", email="ann@new.example", name="Ann Other")


def test_many_at_once_are_judged_by_their_own_words() -> None:
    def taken(number: int) -> bool:
        try:
            check_strength(f"blumenkohl{number}x", email=f"blumenkohl{number}x@new.example", name="Zoe New")
        except InvalidError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(taken, range(200)))
