"""Finds who somebody is in the company's database, and lets them in; or tells the staff that somebody waits."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit, events
from portico.db.types import now
from portico.events.models import Event
from portico.tenancy.models import AccountMember, Membership
from portico.tenancy.service import admit, open_account
from portico.tenancy.tenant import Tenant
from portico_erp.values import Customer

PLUGIN = "portico_customers"
CLAIM, EMAIL = "claim", "email"
ADMITTED, WAITING = "customers.admitted", "customers.waiting"
AGAIN = dt.timedelta(days=1)
"""After which staff are told anew of somebody who still tries."""


def ways(tenant: Tenant) -> frozenset[str]:
    """How people may prove to be a customer of this company; by claim code alone unless it says otherwise."""
    given = (tenant.plugin_settings.get(PLUGIN) or {}).get("match", [CLAIM])
    return frozenset({CLAIM, EMAIL} & set(given if isinstance(given, list) else [CLAIM]))


def pending(db: Session, user_id: uuid.UUID) -> Any:
    """The request of this person that nobody has answered yet: id, claim, display_name, email; None if there is none."""
    return db.execute(
        sa.select(Membership.id, Membership.claim, Membership.display_name, Membership.email).where(
            Membership.user_id == user_id, Membership.status == "pending", Membership.kind == "customer"
        )
    ).one_or_none()


def questions(row: Any, allowed: frozenset[str], look_up_claim: bool) -> list[dict[str, str]]:
    """What to ask the company's database, the surest proof first: arguments of `find_customer`.

    An address counts because nobody can ask to join before having confirmed it.
    """
    asked = []
    if row.claim and look_up_claim and CLAIM in allowed:
        asked.append({"claim_code": row.claim})
    if row.email and EMAIL in allowed:
        asked.append({"email": row.email})
    return asked


def let_in(db: Session, user_id: uuid.UUID, asked: Any, customer: Customer, by: str) -> bool:
    """Link and admit, unless the request was answered, withdrawn or changed while the company was asked.

    The first person of a customer becomes its owner; those who follow can be given more by them.
    """
    now = db.execute(
        sa.select(Membership.status, Membership.claim).where(Membership.id == asked.id).with_for_update()
    ).one_or_none()
    if now is None or now.status != "pending" or now.claim != asked.claim:
        return False
    account_id = open_account(db, name=customer.name, erp_ref=customer.ref, email=customer.email or None)
    first = db.scalar(sa.select(AccountMember.id).where(AccountMember.account_id == account_id).limit(1)) is None
    admit(db, asked.id, account_id, role="owner" if first else "purchaser")
    audit.record(db, "customers.matched", subject=("user", user_id), after={"by": by, "account": str(account_id)})
    events.publish(db, ADMITTED, user_id=user_id, data={"company": db.info["scope"].tenant.name})
    return True


def tell_staff(db: Session, asked: Any) -> None:
    """Somebody waits for a decision: told once a day, however often a code is tried. The code itself is told to nobody."""
    told = sa.select(Event.id).where(
        Event.kind == WAITING, Event.subject_id == str(asked.id), Event.at > now() - AGAIN
    )
    if db.execute(told.limit(1)).first() is not None:
        return
    events.publish(
        db, WAITING, subject=("membership", asked.id), data={"name": asked.display_name, "email": asked.email}
    )
