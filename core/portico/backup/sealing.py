"""The encryption around a backup: the age format (age-encryption.org/v1), to a key that follows from the master key.

age encrypts in authenticated segments, the last of which is marked, so a file that was changed, cut off or made longer does
not open. The library works from a reader to a writer; here each side gets a pipe and a thread.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import pyrage
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portico.backup.errors import BackupError

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_PREFIX = "age-secret-key-"


def identity(master_key: bytes) -> Any:
    """The key pair of an installation's backups: whoever has the master key can open them, and nobody else."""
    secret = HKDF(SHA256(), 32, salt=None, info=b"portico backups v1").derive(master_key)
    return pyrage.x25519.Identity.from_str(_bech32(_PREFIX, secret).upper())


@contextmanager
def sealed(path: Path, master_key: bytes) -> Iterator[IO[bytes]]:
    """What is written goes encrypted into a new file at `path`, mode 0600. If the block raises, there is no such file."""
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            with _encrypting(out, master_key) as plain:
                yield plain
            out.flush()
            os.fsync(out.fileno())
        part.rename(path)
    except OSError as error:
        raise BackupError(f"The backup cannot be written to {path.parent} ({error}). Nothing was kept.") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _encrypting(out: IO[bytes], master_key: bytes) -> Iterator[IO[bytes]]:
    """Raises what went wrong on the other side of the pipe."""
    read_end, write_end = os.pipe()
    failed: list[BaseException] = []

    def encrypt() -> None:
        with os.fdopen(read_end, "rb") as plain:
            try:
                pyrage.encrypt_io(plain, out, [identity(master_key).to_public()])
            except BaseException as error:
                failed.append(error)

    worker = threading.Thread(target=encrypt)
    worker.start()
    try:
        with suppress(BrokenPipeError), os.fdopen(write_end, "wb") as plain:
            yield plain
    finally:
        worker.join()
    if failed:
        raise failed[0]


@contextmanager
def opened(path: Path, master_key: bytes) -> Iterator[IO[bytes]]:
    """The content of a backup as a stream. Raises BackupError at its end at the latest if it is not whole and ours.

    What was read by then is authentic, but perhaps not all: nothing final may be done before the block has ended.
    """
    read_end, write_end = os.pipe()
    failed: list[BaseException] = []

    def decrypt(source: IO[bytes]) -> None:
        try:
            with os.fdopen(write_end, "wb") as plain:
                pyrage.decrypt_io(source, plain, [identity(master_key)])
        except BaseException as error:
            failed.append(error)

    with _file(path) as source, os.fdopen(read_end, "rb") as plain:
        worker = threading.Thread(target=decrypt, args=(source,))
        worker.start()
        try:
            try:
                yield plain
                while plain.read(1 << 20):
                    """To the end: there the last segment proves that it is the last one."""
            finally:
                plain.close()
                worker.join()
        except BaseException as error:
            if failed and not isinstance(failed[0], BrokenPipeError):
                raise _plain(path, failed[0]) from error
            raise
        if failed:
            raise _plain(path, failed[0])


def _file(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error


def _plain(path: Path, error: BaseException) -> BackupError:
    if isinstance(error, pyrage.DecryptError) and "matching keys" in str(error):
        return BackupError(
            f"{path} was made under another master key. Put the one of that time into PORTICO_MASTER_KEY or "
            "home/secrets/master_key and try again."
        )
    if isinstance(error, pyrage.DecryptError):
        return BackupError(f"{path} is no backup of Portico, or its beginning is damaged.")
    return BackupError(f"{path} is damaged: it was changed or cut off. Take another backup.")


def _bech32(prefix: str, data: bytes) -> str:
    """BIP 173, without its limit of length, as age writes keys."""
    bits = int.from_bytes(data, "big")
    missing = -len(data) * 8 % 5
    count = (len(data) * 8 + missing) // 5
    values = [(bits << missing) >> (5 * (count - 1 - place)) & 31 for place in range(count)]
    spread = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    check = _polymod([*spread, *values, 0, 0, 0, 0, 0, 0]) ^ 1
    values += [check >> 5 * (5 - place) & 31 for place in range(6)]
    return f"{prefix}1{''.join(_LETTERS[value] for value in values)}"


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> place & 1 else 0
    return check
