"""The steps of bringing a customer's changes to the company and its addresses back, each a short transaction of the job.

One job at a time per customer. Each step is conditional on the row's version, so that what people change meanwhile is
neither overwritten nor taken for sent.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import events
from portico.db.types import now
from portico.tenancy.models import Account
from portico_customers.addresses import CHANGED, CONTACT_FIELDS, FIELDS
from portico_customers.models import Address, Contact
from portico_customers.states import State
from portico_erp.values import Address as RemoteAddress
from portico_erp.values import Contact as RemoteContact

BY_HAND, REFUSED = "customers.by-hand", "customers.refused"
_COPIED = (*FIELDS, "email", "billing")


@dataclass(frozen=True)
class Parcel:
    """One change as it is sent. remote None: the address is to be removed, or was never there if it has no `erp_ref`."""

    model: type[Address] | type[Contact]
    id: uuid.UUID
    version: int
    erp_ref: str | None
    remote: RemoteAddress | RemoteContact | None


def customer_ref(db: Session, account_id: uuid.UUID) -> str | None:
    found: str | None = db.scalar(sa.select(Account.erp_ref).where(Account.id == account_id))
    return found


def pack(db: Session, account_id: uuid.UUID) -> list[Parcel]:
    """What waits, addresses first."""
    waiting = sa.select(Address).where(Address.account_id == account_id, Address.state == State.WAITING)
    parcels = [
        Parcel(Address, row.id, row.version, row.erp_ref, _remote(row)) for row in db.scalars(waiting.order_by(Address.id))
    ]
    waiting_contact = sa.select(Contact).where(Contact.account_id == account_id, Contact.state == State.WAITING)
    parcels += [
        Parcel(Contact, row.id, row.version, None, RemoteContact(row.name, row.email, row.phone))
        for row in db.scalars(waiting_contact)
    ]
    return parcels


def _remote(row: Address) -> RemoteAddress | None:
    if row.removed_at is not None:
        return None
    values = {name: getattr(row, name) for name in _COPIED}
    return RemoteAddress(ref=row.erp_ref, delivery=True, reference=str(row.id), **values)


def record(db: Session, parcel: Parcel, erp_ref: str | None) -> None:
    """The company has it. Changed since: only its ref is kept, and it goes on waiting."""
    if parcel.model is Address and erp_ref is not None:
        twin = sa.select(Address.id).where(
            Address.erp_ref == erp_ref,
            Address.id != parcel.id,
            Address.account_id == sa.select(Address.account_id).where(Address.id == parcel.id).scalar_subquery(),
        )
        if db.scalar(twin) is not None:  # the company takes the two for one
            _step(db, parcel, state=State.KNOWN, problem=None, removed_at=now(), is_default=False)
            return
        db.execute(_row(parcel).values(erp_ref=erp_ref))
    _step(db, parcel, state=State.KNOWN, problem=None)


def forget_ref(db: Session, parcel: Parcel) -> None:
    """The company does not know the address by that ref any more."""
    db.execute(_row(parcel).values(erp_ref=None))


def refuse(db: Session, account_id: uuid.UUID, parcel: Parcel, message: Any) -> None:
    """The company does not take it as it is: whoever may change it is told."""
    if _step(db, parcel, state=State.REFUSED, problem=message):
        events.by_company(db)
        events.publish(db, REFUSED, account_id=account_id, subject=("customer", account_id))


def leave_to_staff(db: Session, account_id: uuid.UUID, message: Any = None) -> None:
    """The company's system cannot be told what waits: its staff are, once for all of it."""
    moved = 0
    for model in (Address, Contact):
        rows = db.execute(
            sa.update(model)
            .where(model.account_id == account_id, model.state == State.WAITING)
            .values(state=State.BY_HAND, problem=message)
            .returning(model.id)
            .execution_options(synchronize_session=False)
        )
        moved += len(rows.all())
    if moved:
        name = db.scalar(sa.select(Account.name).where(Account.id == account_id))
        events.publish(db, BY_HAND, subject=("customer", account_id), data={"customer": name})
        events.nudge(db, CHANGED, account_id=account_id)


def note_away(db: Session, parcel: Parcel, message: Any) -> None:
    _step(db, parcel, problem=message)


def told(db: Session, account_id: uuid.UUID) -> None:
    """Open pages are drawn anew."""
    events.nudge(db, CHANGED, account_id=account_id)


def take_over(db: Session, account_id: uuid.UUID, remote: Sequence[RemoteAddress]) -> bool:
    """The company's addresses; what people here changed and the company does not have yet stays. True: something is new."""
    rows = list(db.scalars(sa.select(Address).where(Address.account_id == account_id).with_for_update()))
    by_ref = {row.erp_ref: row for row in rows if row.erp_ref is not None}
    good = {one.ref: one for one in remote if one.ref is not None and (one.delivery or not one.billing)}
    news = False
    for ref, one in good.items():
        news |= _take(db, account_id, by_ref.get(ref) or _ours(rows, one), one)
    for row in by_ref.values():
        removed_there = row.state == State.KNOWN and row.removed_at is None
        removed_by_hand = row.state == State.BY_HAND and row.removed_at is not None
        if row.erp_ref not in good and (removed_there or removed_by_hand):
            row.state, row.problem, row.removed_at, row.is_default = State.KNOWN, None, row.removed_at or now(), False
            news = True
    db.flush()
    return _one_default(db, account_id) or news


def _ours(rows: Sequence[Address], one: RemoteAddress) -> Address | None:
    """One that staff entered by hand, or whose receipt was lost."""
    for row in rows:
        if row.erp_ref is None and row.removed_at is None and (str(row.id) == one.reference or _same(row, one)):
            return row
    return None


def _same(row: Address, one: RemoteAddress) -> bool:
    return all(getattr(row, name) == getattr(one, name) for name in FIELDS)


def _take(db: Session, account_id: uuid.UUID, row: Address | None, one: RemoteAddress) -> bool:
    values = {name: getattr(one, name) for name in _COPIED}
    if row is None:
        db.add(Address(account_id=account_id, erp_ref=one.ref, state=State.KNOWN, **values))
        return True
    if row.erp_ref is None:
        row.erp_ref = one.ref
    if row.state == State.BY_HAND and row.removed_at is None and _same(row, one):
        row.state, row.problem = State.KNOWN, None
        return True
    if row.state != State.KNOWN:
        return False
    if row.removed_at is None and all(getattr(row, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    row.removed_at = None  # the company has it in use (again)
    return True


def _one_default(db: Session, account_id: uuid.UUID) -> bool:
    """Where there are addresses, one is the default."""
    query = sa.select(Address).where(Address.account_id == account_id, Address.removed_at.is_(None))
    rows = list(db.scalars(query.order_by(Address.erp_ref, Address.id)))
    if not rows or any(row.is_default for row in rows):
        return False
    rows[0].is_default = True
    db.flush()
    return True


def take_contact(db: Session, account_id: uuid.UUID, remote: RemoteContact) -> bool:
    row = db.scalars(sa.select(Contact).where(Contact.account_id == account_id).with_for_update()).one_or_none()
    if row is None:
        row = Contact(account_id=account_id, state=State.KNOWN, name="", email="", phone="")
        db.add(row)
    new = {name: getattr(remote, name) for name in CONTACT_FIELDS}
    same = all(getattr(row, name) == value for name, value in new.items())
    if row.state not in (State.KNOWN, State.BY_HAND) or (row.state == State.BY_HAND and not same):
        return False
    changed = not same or row.state != State.KNOWN
    row.state, row.problem = State.KNOWN, None
    for name, value in new.items():
        setattr(row, name, value)
    db.flush()
    return changed


def _row(parcel: Parcel) -> Any:
    model = parcel.model
    return sa.update(model).where(model.id == parcel.id).execution_options(synchronize_session=False)


def _step(db: Session, parcel: Parcel, **values: Any) -> bool:
    """If nobody changed it since it was packed."""
    model = parcel.model
    done = _row(parcel).where(model.version == parcel.version, model.state == State.WAITING).values(**values)
    return db.execute(done.returning(model.id)).first() is not None
