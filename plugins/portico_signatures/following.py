"""Looks after rounds that wait: reminds whose turn it is, and ends what cannot be finished any more."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from portico.db.types import now
from portico.errors import NotFoundError
from portico.jobs.job import Job
from portico.organisation import people
from portico.pluginhost import agreements
from portico_signatures import rounds
from portico_signatures.models import Round

FOLLOW = "signatures.follow"
EVERY_S = 3600
REMINDED_AFTER = dt.timedelta(days=2)
MOST = 500


def follow(job: Job) -> None:
    """Each round in a transaction of its own."""
    with job.session() as db:
        query = sa.select(Round.kind, Round.subject_id).where(Round.state == "open").order_by(Round.created_at).limit(MOST)
        found = db.execute(query).all()
    for row in found:
        with job.session() as db:
            _follow(db, job.portico, row.kind, row.subject_id)


def _follow(db: Any, portico: Any, name: str, subject_id: Any) -> None:
    progress = rounds.of(db, name, subject_id, lock=True)
    if progress is None:
        return
    turn, why = progress.turn, _cannot(db, portico, progress)
    if why:
        rounds.end(db, name, subject_id, why)
    elif turn is not None and now() - (turn.reminded_at or turn.asked_at) >= REMINDED_AFTER:
        turn.reminded_at = now()
        db.flush()
        rounds.tell(db, progress.round, "reminded", turn.user_id)


def _cannot(db: Any, portico: Any, progress: rounds.Progress) -> str:
    """Why it cannot be finished; "": it can."""
    begun = progress.round
    try:
        kind = agreements.kind_of(db, begun.kind)
    except NotFoundError:
        return ""  # switched off for now
    record = kind.find(db, begun.subject_id)
    if record is None:
        return "changed"
    terms = kind.terms(db, record)
    if terms.version != begun.version:
        return "changed"
    if not terms.is_open:
        return "expired"
    able = {
        one.user_id
        for one in people.colleagues(db, begun.account_id)
        if one.status == "active" and rounds.may(portico, db.info["scope"].tenant, kind, record, one)
    }
    waiting = {one.user_id for one in progress.signers if one.state in (rounds.WAITING, rounds.ASKED)}
    return "signer-left" if waiting - able else ""
