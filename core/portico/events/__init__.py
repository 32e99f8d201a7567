"""Domain events: a row, a nudge to open pages, and a job that makes notices of it; all three or none."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.session import beside_the_record
from portico.db.types import new_id
from portico.events.models import Event
from portico.jobs import enqueue
from portico.notify.kinds import all_kinds
from portico.tenancy.scope import Scope

CHANNEL = "portico_events"
FAN_OUT = "notify.fan_out"


def publish(
    db: Session,
    kind: str,
    *,
    account_id: uuid.UUID | None = None,
    site_id: uuid.UUID | None = None,
    author_id: uuid.UUID | None = None,
    user_id: uuid.UUID | None = None,
    subject: tuple[str, Any] | None = None,
    data: dict[str, Any] | None = None,
) -> uuid.UUID:
    """Say that `kind` ("quotes.priced") happened. `data` is what notices and feeds print; it is JSON-able.

    account_id: the customer organisation that it concerns; None: staff only (or `user_id` alone).
    site_id, author_id: the subject's, so that those hear of it who see the subject; without them, those who see all of
        the organisation.
    """
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None, "events belong to a company"
    event_id = new_id()
    subject_type, subject_id = (subject[0], str(subject[1])) if subject else (None, None)
    with beside_the_record(db):
        db.execute(
            sa.insert(Event).values(
                tenant_id=scope.tenant.id,
                id=event_id,
                account_id=account_id,
                site_id=site_id,
                author_id=author_id,
                user_id=user_id,
                kind=kind,
                actor=scope.user_name,
                subject_type=subject_type,
                subject_id=subject_id,
                data=data or {},
            )
        )
    nudge(db, kind, account_id=account_id, site_id=site_id, author_id=author_id, user_id=user_id, subject=subject)
    if any(one.event == kind for one in all_kinds(db.info["relay"])):
        enqueue(db, FAN_OUT, event_id=str(event_id))
    return event_id


def by_company(db: Session) -> None:
    """From here on, what this transaction records came from the company's system: its author is the company.

    Nothing changes where a person acts."""
    scope: Scope = db.info["scope"]
    if scope.kind == "system" and scope.tenant is not None:
        db.info["scope"] = replace(scope, user_name=scope.tenant.name, from_company=True)


def nudge(
    db: Session,
    kind: str,
    *,
    account_id: uuid.UUID | None = None,
    site_id: uuid.UUID | None = None,
    author_id: uuid.UUID | None = None,
    user_id: uuid.UUID | None = None,
    subject: tuple[str, Any] | None = None,
) -> None:
    """Tell open pages alone, at commit: something to redraw, nothing to keep. Who hears it: as of `publish`."""
    scope: Scope = db.info["scope"]
    payload = {
        "tenant": str(scope.tenant.id) if scope.tenant else None,
        "account": str(account_id) if account_id else None,
        "keys": [str(key) for key in (account_id, site_id, author_id) if key],
        "user": str(user_id) if user_id else None,
        "staff": True,
        "kind": kind,
        "subject": [subject[0], str(subject[1])] if subject else None,
        "id": str(new_id()),
    }
    db.execute(sa.select(sa.func.pg_notify(CHANNEL, json.dumps(payload, separators=(",", ":")))))
