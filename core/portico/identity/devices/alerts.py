"""Tells a person of a sign-in from a browser or a country that they never used before (SEC-7).

The sign-in itself only leaves a job behind, the same for everybody: its answer is neither slower nor other.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy.orm import Session

from portico import events
from portico.db.types import now
from portico.identity.cookies import device_token, hash_token, set_device_cookie
from portico.identity.devices import agents, places
from portico.jobs import enqueue
from portico.jobs.job import Job
from portico.notify.kinds import NEW_DEVICE
from portico.notify.mail import queue_mail
from portico.tenancy.models import Membership
from portico.tenancy.scope import Scope

JOB, APEX_JOB = "identity.device_seen", "identity.apex_device_seen"


def browser_seen(request: Request, response: Response, user_id: UUID, *, second_factor: bool) -> None:
    """A browser has signed in: it is remembered for a year, and its owner told if it is new."""
    token = device_token(request)
    set_device_cookie(request, response, token)
    _leave(request, user_id, hash_token(token), second_factor)


def program_seen(request: Request, user_id: UUID, *, second_factor: bool) -> None:
    """Programs keep no cookie: they are known by what they say they are."""
    _leave(request, user_id, hash_token("api|" + (request.user_agent or "")[:300]), second_factor)


def _leave(request: Request, user_id: UUID, device: bytes, second_factor: bool) -> None:
    address = request.scope.address
    enqueue(
        request.db,
        JOB if request.tenant else APEX_JOB,
        user_id=str(user_id),
        device=device.hex(),
        agent=(request.user_agent or "")[:300],
        address=address,
        place=request.registry.portico.places.of(address),
        at=now().isoformat(),
        second_factor=second_factor,
    )


def device_seen(
    job: Job, *, user_id: str, device: str, agent: str, address: str, place: str, at: str, second_factor: bool
) -> None:
    """The job. Whoever is still at the gate of the second factor has not signed in, and is not written down."""
    scope = job.scope or Scope(request_id=job.request_id)
    with job.portico.sessions.scoped(scope) as db:
        seen = db.execute(
            sa.text("SELECT * FROM device_seen(:user, :device, :agent, :country, :second_factor)"),
            {
                "user": user_id,
                "device": bytes.fromhex(device),
                "agent": agent,
                "country": places.country(place),
                "second_factor": second_factor,
            },
        ).one_or_none()
        if seen is None or not seen.others and not seen.known:
            return
        if not seen.known or not seen.place_known:
            moment = dt.datetime.fromisoformat(at)
            _tell(db, job, seen, UUID(user_id), agents.read(agent), address, place, moment)


def _tell(
    db: Session, job: Job, who: Any, user_id: UUID, agent: agents.Agent, address: str, place: str, at: dt.datetime
) -> None:
    tenant = job.tenant
    language = (who.locale if tenant is None or who.locale in tenant.locales else tenant.locale) or (
        tenant.locale if tenant else "en"
    )
    queue_mail(
        db,
        job.portico,
        who.email,
        "portico/mail/new-device",
        locale=language,
        dedupe=f"{NEW_DEVICE}:{job.id}",
        name=who.name,
        link=job.portico.login_url(tenant) + "/account/devices",
        at=at,
        agent=agent.words,
        address=address,
        place=places.words(place, language),
    )
    if tenant is not None and db.scalar(sa.select(Membership.id).where(Membership.user_id == user_id)) is not None:
        events.publish(db, NEW_DEVICE, user_id=user_id)
