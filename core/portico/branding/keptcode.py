"""Compiled templates in one file, so that a start compiles only what changed; what is not sealed with our key is not read."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import logging
import marshal
import os
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType

import jinja2

log = logging.getLogger(__name__)

Codes = dict[tuple[str, str], CodeType]
"""(Name and path of a template, hashed by Jinja2; hash of its source) → what it compiles to."""


class KeptCode:
    """The file is `folder/templates-<what compiles>`: another Python, Jinja2 or generator has a file of its own.

    Reading marshalled code means running whatever it says, so the file carries a seal made with the installation's key:
    who can write the file but not read the key changes nothing, and a damaged file is compiled anew.
    """

    def __init__(self, folder: Path, master_key: bytes) -> None:
        self._folder = folder
        self._key = hmac.digest(master_key, b"compiled templates", "sha256")
        self._file = folder / f"templates-{_compiler()}"

    def read(self) -> Codes:
        """Empty where there is nothing, or nothing to be trusted."""
        try:
            content = self._file.read_bytes()
        except OSError:
            return {}
        seal, data = content[:32], content[32:]
        if not hmac.compare_digest(seal, self._seal(data)):
            log.warning("%s is damaged or not ours: templates are compiled anew", self._file)
            return {}
        found: Codes = marshal.loads(data)
        return found

    def write(self, codes: Mapping[tuple[str, str], CodeType]) -> None:
        """All at once, readable by us alone. A folder that cannot be written costs time at the next start, no more."""
        data = marshal.dumps(dict(codes))
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".templates-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(self._seal(data) + data)
                os.replace(name, self._file)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(name)
                raise
            for other in self._folder.glob("templates-*"):
                if other != self._file:
                    other.unlink(missing_ok=True)
        except OSError as error:
            log.info("compiled templates are not kept: %s", error)

    def _seal(self, data: bytes) -> bytes:
        return hmac.digest(self._key, self._file.name.encode() + data, "sha256")


def _compiler() -> str:
    """What a template's code depends on beside its source."""
    parts = (sys.version.encode(), MAGIC_NUMBER, jinja2.__version__.encode(),
             *(Path(__file__).with_name(name).read_bytes() for name in ("compiling.py", "themes.py")))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
