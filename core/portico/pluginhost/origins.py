"""Asks the plugins which records they know and whose these are, for those that take over what came of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portico.pluginhost.values import KnownRecord, Origin


def record_origins(db: Any, references: Iterable[str]) -> dict[str, Origin]:
    """Reference → origin, of the records that some plugin knows by it. Whoever uses one compares the organisation first."""
    wanted = frozenset(references)
    answers = db.info["relay"].call("record_origins", db=db, references=wanted) if wanted else []
    return {reference: origin for answer in answers for reference, origin in answer.items()}


def known_records(db: Any, kind: str, references: Iterable[str]) -> dict[str, KnownRecord]:
    """Reference → record, of the records of this kind ("order") that some plugin knows by it. Whoever uses one compares the
    organisation first."""
    wanted = frozenset(references)
    answers = db.info["relay"].call("known_records", db=db, kind=kind, references=wanted) if wanted else []
    return {reference: record for answer in answers for reference, record in answer.items()}
