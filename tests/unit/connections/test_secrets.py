"""What is sealed opens with the same master key, for the same tenant, connection and field only."""

from __future__ import annotations

from uuid import uuid4

import pytest

from portico.connections.secrets import Cipher, SealError

TENANT, OTHER, CONNECTION = uuid4(), uuid4(), uuid4()


@pytest.fixture
def cipher() -> Cipher:
    return Cipher(b"m" * 32)


def test_secret_opens_for_its_own_row_only(cipher: Cipher) -> None:
    key = cipher.data_key(cipher.new_data_key(TENANT, 1), TENANT, 1)
    sealed = key.seal(CONNECTION, "password", "pässwörd")
    assert key.open(CONNECTION, "password", sealed) == "pässwörd"
    for connection, field in ((uuid4(), "password"), (CONNECTION, "api_key")):
        with pytest.raises(SealError):
            key.open(connection, field, sealed)


def test_same_secret_never_looks_the_same(cipher: Cipher) -> None:
    key = cipher.data_key(cipher.new_data_key(TENANT, 1), TENANT, 1)
    assert key.seal(CONNECTION, "password", "x") != key.seal(CONNECTION, "password", "x")


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s[:-1],
        lambda s: s[:-1] + bytes([s[-1] ^ 1]),
        lambda s: b"\x02" + s[1:],
        lambda s: b"",
        lambda s: s[:5],
    ],
)
def test_changed_bytes_do_not_open(cipher: Cipher, change: object) -> None:
    assert callable(change)
    key = cipher.data_key(cipher.new_data_key(TENANT, 1), TENANT, 1)
    with pytest.raises(SealError):
        key.open(CONNECTION, "password", change(key.seal(CONNECTION, "password", "x")))


@pytest.mark.parametrize(("tenant", "version"), [(OTHER, 1), (TENANT, 2)])
def test_data_key_of_another_row_does_not_unwrap(cipher: Cipher, tenant: object, version: int) -> None:
    wrapped = cipher.new_data_key(TENANT, 1)
    cipher.data_key(wrapped, TENANT, 1)
    with pytest.raises(SealError):
        cipher.data_key(wrapped, tenant, version)  # type: ignore[arg-type]


def test_rewrapped_key_opens_old_secrets_under_the_new_master_key_only(cipher: Cipher) -> None:
    wrapped = cipher.new_data_key(TENANT, 1)
    sealed = cipher.data_key(wrapped, TENANT, 1).seal(CONNECTION, "password", "x")
    new = Cipher(b"n" * 32)
    moved = new.rewrap(wrapped, TENANT, 1, cipher)
    assert new.data_key(moved, TENANT, 1).open(CONNECTION, "password", sealed) == "x"
    with pytest.raises(SealError):
        cipher.data_key(moved, TENANT, 1)


def test_short_master_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Cipher(b"short")
