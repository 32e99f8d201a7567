"""The rules of contact details and delivery addresses: who changes what becomes of it on its way to the company.

A change waits for the job `customers.exchange`, which exists if and only if the change was committed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit, events
from portico.db.types import now
from portico.errors import InvalidError, NotFoundError
from portico.jobs import enqueue
from portico_customers import countries
from portico_customers.i18n import _
from portico_customers.models import Address, Contact
from portico_customers.states import State

EXCHANGE, CHANGED = "customers.exchange", "customers.addresses"
MOST = 200
FIELDS = ("name", "street", "postcode", "city", "region", "country", "phone")
CONTACT_FIELDS = ("name", "email", "phone")
_SHOWN = (
    Address.id, Address.account_id, *(getattr(Address, name) for name in FIELDS), Address.is_default, Address.state,
    Address.problem, Address.updated_at,
)  # fmt: skip


def listing(db: Session, account_id: uuid.UUID) -> list[Any]:
    """Those in use, the default one first. One query."""
    query = sa.select(*_SHOWN).where(Address.account_id == account_id, Address.removed_at.is_(None))
    return list(db.execute(query.order_by(Address.is_default.desc(), Address.name, Address.id).limit(MOST)))


def one(db: Session, account_id: uuid.UUID, address_id: uuid.UUID) -> Any:
    """Raises NotFoundError: also for one that was removed, or is somebody else's."""
    query = sa.select(*_SHOWN).where(
        Address.account_id == account_id, Address.id == address_id, Address.removed_at.is_(None)
    )
    found = db.execute(query).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def contact(db: Session, account_id: uuid.UUID) -> Any:
    """name, email, phone, state, problem; None: nobody said anything yet."""
    query = sa.select(
        Contact.id, Contact.name, Contact.email, Contact.phone, Contact.state, Contact.problem, Contact.updated_at
    )
    return db.execute(query.where(Contact.account_id == account_id)).one_or_none()


def unsent(db: Session, account_id: uuid.UUID) -> int:
    """How many changes the company's system was not told, removed addresses among them."""
    stuck = (State.BY_HAND, State.REFUSED)
    counts = (
        sa.select(sa.func.count()).where(model.account_id == account_id, model.state.in_(stuck)).scalar_subquery()
        for model in (Address, Contact)
    )
    first, second = counts
    return int(db.scalar(sa.select(first + second)) or 0)


def add(db: Session, account_id: uuid.UUID, values: Mapping[str, Any], *, default: bool = False) -> uuid.UUID:
    """The new address's id; the first one is the default. Raises InvalidError."""
    there = _locked(db, account_id)
    if len(there) >= MOST:
        raise InvalidError(_("There are too many addresses. Remove one first."))
    made = Address(account_id=account_id, **checked(values), is_default=not there)
    db.add(made)
    db.flush()
    audit.record(db, "customers.address-added", subject=("account", account_id), after=_told(checked(values)))
    if default and there:
        make_default(db, account_id, made.id)
    _send(db, account_id)
    return made.id


def change(db: Session, account_id: uuid.UUID, address_id: uuid.UUID, values: Mapping[str, Any]) -> None:
    """`values`: those of FIELDS that are to be different. Raises NotFoundError, InvalidError."""
    before = one(db, account_id, address_id)
    old = {name: getattr(before, name) for name in FIELDS}
    new = checked({**old, **values})
    if new == old:
        return
    done = _change(db, account_id, address_id, **new)
    if done is None:
        raise NotFoundError
    audit.record(
        db, "customers.address-changed", subject=("account", account_id), before=_told(old), after=_told(new)
    )
    _send(db, account_id)


def remove(db: Session, account_id: uuid.UUID, address_id: uuid.UUID) -> None:
    """Of those that stay, the first by name becomes the default if this one was. Raises NotFoundError."""
    there = _locked(db, account_id)
    before = one(db, account_id, address_id)
    _change(db, account_id, address_id, removed_at=now(), is_default=False)
    others = [row.id for row in there if row.id != address_id]
    if before.is_default and others:
        _set_default(db, account_id, others[0])
    audit.record(
        db, "customers.address-removed", subject=("account", account_id),
        before=_told({name: getattr(before, name) for name in FIELDS}),
    )  # fmt: skip
    _send(db, account_id)


def make_default(db: Session, account_id: uuid.UUID, address_id: uuid.UUID) -> None:
    """The portal's own matter: the company is not told. Raises NotFoundError."""
    _locked(db, account_id)
    chosen = one(db, account_id, address_id)
    if chosen.is_default:
        return
    _set_default(db, account_id, address_id)
    audit.record(db, "customers.address-default", subject=("account", account_id), after={"name": label(chosen)})
    events.nudge(db, CHANGED, account_id=account_id)


def set_contact(db: Session, account_id: uuid.UUID, values: Mapping[str, Any]) -> None:
    """`values`: those of CONTACT_FIELDS that are to be different."""
    found = db.scalars(sa.select(Contact).where(Contact.account_id == account_id).with_for_update()).one_or_none()
    old = {name: getattr(found, name) if found else "" for name in CONTACT_FIELDS}
    new = {name: " ".join(str(text or "").split()) for name, text in {**old, **values}.items()}
    if new == old and found is not None:
        return
    if found is None:
        found = Contact(account_id=account_id)
        db.add(found)
    else:
        found.version += 1
    for name, text in new.items():
        setattr(found, name, text)
    found.state, found.problem = State.WAITING, None
    db.flush()
    audit.record(db, "customers.contact-changed", subject=("account", account_id), before=old, after=new)
    _send(db, account_id)


def note_by_hand(db: Session, account_id: uuid.UUID) -> None:
    """Staff entered in the company's system what it could not be told."""
    for model in (Address, Contact):
        db.execute(
            sa.update(model)
            .where(model.account_id == account_id, model.state == State.BY_HAND)
            .values(state=State.KNOWN, problem=None)
            .execution_options(synchronize_session=False)
        )
    audit.record(db, "customers.noted", subject=("account", account_id))
    events.nudge(db, CHANGED, account_id=account_id)


def send_again(db: Session, account_id: uuid.UUID) -> None:
    """Try once more what the company's system was not told, and read what it has."""
    for model in (Address, Contact):
        db.execute(
            sa.update(model)
            .where(model.account_id == account_id, model.state.in_((State.BY_HAND, State.REFUSED)))
            .values(state=State.WAITING, problem=None)
            .execution_options(synchronize_session=False)
        )
    audit.record(db, "customers.sent-again", subject=("account", account_id))
    _send(db, account_id)


def checked(values: Mapping[str, Any]) -> dict[str, str]:
    """FIELDS as they are kept. Raises InvalidError."""
    found = {name: _tidy(name, str(values.get(name) or "")) for name in FIELDS}
    wrong: dict[str, Any] = {}
    if found["country"] not in countries.CODES:
        wrong["country"] = _("Choose a country.")
    if not (found["street"] or found["city"]):
        wrong["street"] = _("An address needs a street or a town.")
    sample = countries.example(found["country"], found["postcode"])
    if sample is not None:
        wrong["postcode"] = _("In this country, a postal code looks like ${sample}.", mapping={"sample": sample})
    if wrong:
        raise InvalidError(fields=wrong)
    return found


def label(row: Any) -> str:
    """What an address is called: its name, or where it is."""
    return row.name or ", ".join(part for part in (*row.street.splitlines(), row.city) if part)


def _tidy(name: str, text: str) -> str:
    if name == "street":
        return "\n".join(line for line in (" ".join(one.split()) for one in text.splitlines()) if line)
    return countries.tidy(text) if name in ("postcode", "country") else " ".join(text.split())


def _told(values: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in values.items() if text}


def _locked(db: Session, account_id: uuid.UUID) -> list[Any]:
    """Those in use, by name. Held until the transaction ends, so that there is one default."""
    query = sa.select(Address.id, Address.is_default).where(
        Address.account_id == account_id, Address.removed_at.is_(None)
    )
    return list(db.execute(query.order_by(Address.name, Address.id).with_for_update()))


def _change(db: Session, account_id: uuid.UUID, address_id: uuid.UUID, **values: Any) -> Any:
    return db.execute(
        sa.update(Address)
        .where(Address.account_id == account_id, Address.id == address_id, Address.removed_at.is_(None))
        .values(state=State.WAITING, problem=None, version=Address.version + 1, updated_at=now(), **values)
        .returning(Address.id)
        .execution_options(synchronize_session=False)
    ).first()


def _set_default(db: Session, account_id: uuid.UUID, address_id: uuid.UUID) -> None:
    mine = sa.update(Address).where(Address.account_id == account_id).execution_options(synchronize_session=False)
    db.execute(mine.where(Address.is_default).values(is_default=False))
    db.execute(mine.where(Address.id == address_id).values(is_default=True))


def _send(db: Session, account_id: uuid.UUID) -> None:
    enqueue(db, EXCHANGE, unique=f"{EXCHANGE}:{account_id}", account_id=account_id)
    events.nudge(db, CHANGED, account_id=account_id)
