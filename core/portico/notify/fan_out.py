"""From an event to the people it concerns: a notice in the portal for each, and a mail that carries it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico import events
from portico.db.types import new_id
from portico.documents import attaching
from portico.events.models import Event
from portico.jobs.job import Job
from portico.links.mailed import link_for
from portico.notify.declared import of_kind
from portico.notify.kinds import all_kinds
from portico.notify.mail import queue_mail, words_for
from portico.notify.models import Mail, Notification, NotificationChoice
from portico.pluginhost.values import ApprovalKind, NotificationKind
from portico.tenancy.models import AccountMember, Membership

CHOICES = "/account/notifications"
"""The page where people choose what they are told; each mail leads to it."""


def fan_out(job: Job, event_id: str) -> None:
    """The job: once per event; a second run finds the notices there and adds nothing (unique by event and user)."""
    with job.session() as db:
        event = db.execute(sa.select(Event.__table__).where(Event.id == event_id)).one_or_none()
        if event is None:
            return
        for kind in all_kinds(job.relay):
            if kind.event == event.kind:
                for person in recipients(db, job, event, kind):
                    notify(db, job, event, kind, person)


def recipients(db: Session, job: Job, event: Any, kind: NotificationKind) -> Iterable[Any]:
    """Active members whom the event concerns, with how they want to be told: (user_id, email, display_name, locale, portal,
    mail); None where they chose nothing."""
    # What somebody may do depends on their place in the event's organisation, if it has one.
    here = sa.and_(
        AccountMember.tenant_id == Membership.tenant_id,
        AccountMember.user_id == Membership.user_id,
        AccountMember.account_id == event.account_id,
    )
    theirs = sa.and_(
        NotificationChoice.tenant_id == Membership.tenant_id,
        NotificationChoice.user_id == Membership.user_id,
        NotificationChoice.kind == event.kind,
    )
    chosen = (
        sa.select(
            Membership.user_id,
            Membership.email,
            Membership.display_name,
            Membership.roles,
            Membership.locale,
            AccountMember.role,
            NotificationChoice.portal,
            NotificationChoice.mail,
        )
        .outerjoin(AccountMember, here)
        .outerjoin(NotificationChoice, theirs)
        .where(Membership.status == "active")
    )
    if kind.audience == "user":
        chosen = chosen.where(Membership.user_id == event.user_id)
    elif kind.audience == "staff":
        chosen = chosen.where(Membership.kind == "staff")
    else:
        chosen = chosen.where(Membership.kind == "customer", AccountMember.id.is_not(None), within_reach(event))
    for person in db.execute(chosen):
        granted = job.portico.grants.in_account(job.tenant, tuple(person.roles), person.role or "")
        if kind.permission is None or kind.permission in granted:
            yield person


def within_reach(event: Any) -> sa.ColumnElement[bool]:
    """That a member of the event's organisation sees what it is about: the same as the wall of "reach" says."""
    seen = [AccountMember.reach == "all", AccountMember.user_id == event.author_id]
    if event.site_id is not None:
        seen.append(sa.and_(AccountMember.reach == "site", AccountMember.site_ids.contains([event.site_id])))
    return sa.or_(*seen)


def notify(db: Session, job: Job, event: Any, kind: NotificationKind, person: Any) -> None:
    """Once: a notice and a mail are unique by event and person, so that a second run adds neither."""
    if (person.portal is not False or kind.required) and not add_notice(db, job, event, person):
        return
    if kind.mail and (person.mail is not False or kind.required):
        mail_notice(db, job, event, kind, person)


def add_notice(db: Session, job: Job, event: Any, person: Any) -> bool:
    """Whether it was not there yet."""
    added = db.execute(
        insert(Notification)
        .values(
            tenant_id=job.tenant.id,
            id=new_id(),
            user_id=person.user_id,
            event_id=event.id,
            kind=event.kind,
            subject_type=event.subject_type,
            subject_id=event.subject_id,
            data=event.data,
            at=event.at,
        )
        .on_conflict_do_nothing()
        .returning(Notification.id)
    ).scalar()
    if added is not None:
        events.nudge(db, "notification.new", user_id=person.user_id)
    return added is not None


def mail_notice(db: Session, job: Job, event: Any, kind: NotificationKind, person: Any) -> None:
    locale = locale_of(job.tenant, person.locale)
    said = {**event.data, "recipient": person.display_name}
    page = link_to(job.portico, job.tenant, kind, event.subject_id, event.data)
    once = f"{event.id}:{person.user_id}"
    is_new = kind.link is None or db.scalar(sa.select(Mail.id).where(Mail.dedupe == once)) is None
    made = link_for(db, job, kind.link, event, person, locale) if is_new else None
    queue_mail(
        db,
        job.portico,
        person.email,
        kind.mail_template,
        locale=locale,
        dedupe=once,
        document=attaching.wanted(job.tenant, kind.document, event.subject_id, locale),
        own_words=words_for(db, job.portico, of_kind(kind), locale, said),
        name=person.display_name,
        title=kind.title,
        body=kind.body,
        data={**event.data, "subject": event.subject_id},
        link=made.address if made else page,
        secret=made.secret if made else None,
        opens=made,
        page=page,
        choices=job.portico.tenant_url(job.tenant) + CHOICES,
    )


def locale_of(tenant: Any, chosen: str | None) -> str:
    """The person's language if the company speaks it, else the company's."""
    return chosen if chosen and chosen in tenant.locales else str(tenant.locale)


def parameters(kind: NotificationKind | ApprovalKind, subject_id: str | None, data: dict[str, Any]) -> dict[str, Any]:
    """The route's parameters, from the event's subject and data."""
    known = {**data, "subject": subject_id}
    return {name: known.get(key, "") for name, key in kind.route_params.items()}


def link_to(portico: Any, tenant: Any, kind: NotificationKind, subject_id: str | None, data: dict[str, Any]) -> str:
    """The absolute address of the notice's subject, made without a request."""
    routes = portico.routes.by_name
    pattern = routes[kind.route if kind.route in routes else "notices.list"].pattern
    return portico.tenant_url(tenant) + pattern.format(**parameters(kind, subject_id, data))
