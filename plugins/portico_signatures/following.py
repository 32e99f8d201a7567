"""Looks after rounds that wait: reminds whose turn it is, and ends what cannot be finished any more."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

import sqlalchemy as sa

from portico.db.types import now
from portico.errors import NotFoundError
from portico.jobs.job import Job
from portico.organisation import people
from portico.pluginhost import agreements
from portico.pluginhost.values import AgreementKind
from portico_signatures import rounds, signing
from portico_signatures.models import Round

log = logging.getLogger("portico.signatures")
FOLLOW = "signatures.follow"
EVERY_S = 3600
REMINDED_AFTER = dt.timedelta(days=2)
REMINDERS = 5
"""At most, for each turn."""
MOST = 500


def follow(job: Job) -> None:
    """Each round in a transaction of its own, those first that were looked at the longest time ago."""
    with job.session() as db:
        query = sa.select(Round.id, Round.kind, Round.subject_id).where(Round.state == "open")
        found = db.execute(query.order_by(Round.looked_at.nulls_first(), Round.id).limit(MOST)).all()
    for row in found:
        with job.session() as db:
            db.execute(sa.update(Round).where(Round.id == row.id).values(looked_at=now()))
            try:
                with db.begin_nested():
                    _follow(db, job.portico, row.kind, row.subject_id)
            except Exception as error:  # whatever a plugin's record raises: the other rounds do not wait for that
                assert job.tenant is not None
                log.warning("%s: %s %s is not looked after: %s", job.tenant.slug, row.kind, row.subject_id, error)


def _follow(db: Any, portico: Any, name: str, subject_id: Any) -> None:
    progress = rounds.of(db, name, subject_id, lock=True)
    if progress is None:
        return
    try:
        kind = agreements.kind_of(db, name)
    except NotFoundError:
        return  # switched off for now: nobody can sign it, and nobody is reminded
    record = kind.find(db, subject_id)
    turn, why = progress.turn, _cannot(db, portico, progress, kind, record)
    if not why and turn is not None and now() - (turn.reminded_at or turn.asked_at) >= REMINDED_AFTER:
        why = _late(db, portico, progress, kind, record)
        if not why:
            turn.reminded_at = now()
            db.flush()
            rounds.tell(db, progress.round, "reminded", turn.user_id)
    if why:
        rounds.end(db, name, subject_id, why)


def _late(db: Any, portico: Any, progress: rounds.Progress, kind: AgreementKind, record: Any) -> str:
    """Why nobody is reminded any more; "": somebody is. The document costs time, and is made only here."""
    begun, turn = progress.round, progress.turn
    if turn.reminded_at is not None and now() - turn.asked_at >= (REMINDERS + 1) * REMINDED_AFTER:
        return rounds.UNANSWERED
    made = signing.document(db, portico, kind, record, begun.locale)
    return "changed" if signing.digest(made.content) != begun.document_sha256 else ""


def _cannot(db: Any, portico: Any, progress: rounds.Progress, kind: AgreementKind, record: Any) -> str:
    """Why it cannot be finished; "": it can."""
    begun = progress.round
    if record is None:
        return "changed"
    terms = kind.terms(db, record)
    if terms.version != begun.version:
        return "changed"
    if not terms.is_open:
        return terms.closed_why
    able = {
        one.user_id
        for one in people.colleagues(db, begun.account_id)
        if one.status == "active" and rounds.may(portico, db.info["scope"].tenant, kind, record, one)
    }
    waiting = {one.user_id for one in progress.signers if one.state in (rounds.WAITING, rounds.ASKED)}
    return "signer-left" if waiting - able else ""
