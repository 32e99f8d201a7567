"""Codes, recovery codes and sealing, without a database."""

from __future__ import annotations

import math
import uuid

import pyotp
import pytest

from portico.identity import sealing
from portico.identity.factors import recovery, totp
from portico.identity.factors.sealing import keyed_hash, seal, unseal
from portico.identity.sealing import UnsealableError

KEY, OTHER = b"k" * 32, b"o" * 32
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
AT = 1_700_000_010.0


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_code_of_a_near_step_fits_and_names_its_step(off: int) -> None:
    code = pyotp.TOTP(SECRET).at(int(AT) + off * 30)
    assert totp.step_of(SECRET, code, AT) == int(AT // 30) + off


@pytest.mark.parametrize("off", [-2, 2, 10])
def test_code_of_a_far_step_does_not_fit(off: int) -> None:
    assert totp.step_of(SECRET, pyotp.TOTP(SECRET).at(int(AT) + off * 30), AT) is None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "12345x", "１２３４５６", "\x00" * 6])
def test_what_is_no_code_fits_nothing(typed: str) -> None:
    assert totp.step_of(SECRET, typed, AT) is None


def test_codes_are_taken_as_people_type_them() -> None:
    code = pyotp.TOTP(SECRET).at(int(AT))
    arabic = code.translate({ord(str(n)): chr(ord("٠") + n) for n in range(10)})
    for typed in (f"{code[:3]} {code[3:]}", f"{code[:3]}-{code[3:]}", arabic):
        assert totp.step_of(SECRET, typed, AT) is not None


def test_rfc_6238_vector() -> None:
    """Appendix B, SHA-1, 59 s: 94287082, of which apps show the last six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert totp.step_of(secret, "287082", 59) == 1


def test_recovery_codes_differ_and_are_taken_however_they_are_typed() -> None:
    codes = recovery.new_codes()
    assert len(set(codes)) == recovery.COUNT
    one = codes[0]
    assert recovery.plain(one.upper().replace("-", "  ")) == one
    assert recovery.plain(one[:-1]) is None
    assert recovery.plain("O0l1" * 3) is None
    assert recovery.plain("ABCD efgh-2345") == "abcd-efgh-2345", "as they were made before"


def test_recovery_codes_have_112_bits_and_more() -> None:
    """From there on a standard hash is enough (ASVS 5.0 6.5.2)."""
    signs = {sign for _time in range(40) for one in recovery.new_codes() for sign in one.replace("-", "")}
    assert all(len(one.replace("-", "")) * math.log2(len(signs)) > 112 for one in recovery.new_codes())


def test_each_person_has_a_key_of_their_own() -> None:
    keys = {sealing.derived(KEY, f"portico second factor v2|{who}") for who in (uuid.uuid4(), uuid.uuid4())}
    assert len(keys) == 2
    sealed = sealing.seal(KEY, "one purpose", "somebody", b"secret", row=7)
    assert sealing.unseal(KEY, "one purpose", "somebody", sealed, row=7) == b"secret"
    for purpose, who, row in (("another", "somebody", 7), ("one purpose", "else", 7), ("one purpose", "somebody", 8)):
        with pytest.raises(UnsealableError):
            sealing.unseal(KEY, purpose, who, sealed, row=row)


def test_sealed_secret_opens_for_the_same_person_factor_and_key_only() -> None:
    user, factor, other = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    sealed = seal(KEY, user, factor, SECRET)
    assert unseal(KEY, user, factor, sealed) == SECRET
    assert SECRET.encode() not in sealed
    for key, who, what in ((OTHER, user, factor), (KEY, other, factor), (KEY, user, other)):
        with pytest.raises(UnsealableError):
            unseal(key, who, what, sealed)


def test_keyed_hash_needs_the_key_and_the_person() -> None:
    user = uuid.uuid4()
    assert keyed_hash(KEY, user, "a") == keyed_hash(KEY, user, "a")
    assert len({keyed_hash(KEY, user, "a"), keyed_hash(OTHER, user, "a"), keyed_hash(KEY, uuid.uuid4(), "a")}) == 3
