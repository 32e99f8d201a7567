"""The way out of one company's connections: the guard of them all, and the files that the operator put into its own folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from portico.connections.connector import PinnedAddress
from portico.connections.egress import EgressGuard
from portico.connections.errors import ConnectorRejectedError
from portico.web.i18n import _

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
"""One name: no folder, nothing hidden, no way up."""


@dataclass(frozen=True)
class CompanyEgress:
    """folder: where the operator puts files of companies, each into a folder called by the company's id; None: nowhere."""

    guard: EgressGuard
    tenant_id: UUID
    folder: Path | None = None

    def pin(self, host: str, port: int) -> PinnedAddress:
        return self.guard.pin(host, port)

    def opened(self, host: str) -> bool:
        return self.guard.opened(host)

    def file(self, name: str) -> Path:
        """A regular file of the company's own, links followed. Raises ConnectorRejectedError (field "database") for whatever
        is none, or lies elsewhere.
        """
        if self.folder is None:
            words = _("The operator of this portal has opened no folder for database files.")
            raise ConnectorRejectedError("database", words, code="not-listed")
        if len(name) > 100 or not _NAME.fullmatch(name):
            raise ConnectorRejectedError("database", _("Enter the name of a file, without a folder."), code="file")
        own = (self.folder / str(self.tenant_id)).resolve()
        try:
            found = (own / name).resolve(strict=True)
            there = found.is_relative_to(own) and found.is_file()
        except (OSError, RuntimeError):
            there = False
        if not there:
            words = _(
                "There is no file “${name}” in the folder ${folder} that the operator of this portal keeps for your company.",
                mapping={"name": name, "folder": str(self.tenant_id)},
            )
            raise ConnectorRejectedError("database", words, code="file")
        return found
