"""What a start worked out, in one file for the next; what is not sealed with our key is not read."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import logging
import marshal
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


class KeptFile:
    """The file is `folder/<what>-<made by>`: another Python, library, version of what makes it or key has a file of its own.

    Reading marshalled code means running whatever it says, so the file carries a seal made with the installation's key:
    who can write the file but not read the key changes nothing, and a damaged file is made anew.
    """

    what = ""

    def __init__(self, folder: Path, master_key: bytes, made_by: str) -> None:
        self._folder = folder
        self._key = hmac.digest(master_key, self.what.encode(), "sha256")
        self._file = folder / f"{self.what}-{made_by}{hmac.digest(self._key, b'name', 'sha256').hex()[:8]}"

    def read(self) -> dict[Any, Any]:
        """Empty where there is nothing, or nothing to be trusted."""
        try:
            content = self._file.read_bytes()
        except OSError:
            return {}
        seal, data = content[:32], content[32:]
        if not hmac.compare_digest(seal, self._seal(data)):
            log.warning("%s is damaged or not ours: it is made anew", self._file)
            return {}
        found: dict[Any, Any] = marshal.loads(data)
        return found

    def write(self, found: Mapping[Any, Any]) -> None:
        """All at once, readable by us alone. A folder that cannot be written costs time at the next start, no more."""
        data = marshal.dumps(dict(found))
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=f".{self.what}-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(self._seal(data) + data)
                os.replace(name, self._file)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(name)
                raise
            for other in self._folder.glob(f"{self.what}-*"):
                if other != self._file:
                    other.unlink(missing_ok=True)
        except OSError as error:
            log.info("%s are not kept: %s", self.what, error)

    def _seal(self, data: bytes) -> bytes:
        return hmac.digest(self._key, self._file.name.encode() + data, "sha256")


def made_by(libraries: Iterable[str], files: Iterable[Path]) -> str:
    """Short name of this Python, these versions and the sources of these files: of what a result depends on beside its source."""
    parts = (sys.version.encode(), MAGIC_NUMBER, *(one.encode() for one in libraries), *(file.read_bytes() for file in files))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
