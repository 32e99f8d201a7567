"""Sites of a customer organisation: places that people and records belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from portico import audit
from portico.db.types import now
from portico.errors import InvalidError, NotFoundError
from portico.organisation.models import AccountSite
from portico.tenancy.scope import Scope
from portico.web.i18n import _

MOST = 500


def sites(db: Session, account_id: UUID) -> list[Any]:
    """Those that are open, by name: id, name, address."""
    query = sa.select(AccountSite.id, AccountSite.name, AccountSite.address).where(
        AccountSite.account_id == account_id, AccountSite.closed_at.is_(None)
    )
    return list(db.execute(query.order_by(AccountSite.name, AccountSite.id).limit(MOST)))


def choices(db: Session, account_id: UUID) -> list[Any]:
    """Where the person in scope can write for the organisation: their own sites, any for those who see everything."""
    return _writable(db.info["scope"], account_id, sites(db, account_id))


def _writable(scope: Scope, account_id: UUID, found: list[Any]) -> list[Any]:
    place = scope.place(account_id)
    return found if place is None or place.reach == "all" else [one for one in found if one.id in place.sites]


@dataclass(frozen=True)
class Choice:
    id: UUID
    name: str


def folded(account_id: InstrumentedAttribute[UUID]) -> sa.ScalarSelect[Any]:
    """`sites` as one column of a statement whose rows have an `account_id`, to save a query; `unfolded` reads it."""
    query = sa.select(AccountSite.id, AccountSite.name).where(
        AccountSite.account_id == account_id, AccountSite.closed_at.is_(None)
    )
    some = query.correlate(account_id.class_).order_by(AccountSite.name, AccountSite.id).limit(MOST).lateral()
    pair = sa.func.jsonb_build_array(some.c.id, some.c.name)
    return sa.select(sa.func.jsonb_agg(aggregate_order_by(pair, some.c.name, some.c.id), type_=JSONB)).scalar_subquery()


def unfolded(scope: Scope, account_id: UUID, column: list[list[str]] | None) -> list[Choice]:
    """`choices`, from a column of `folded`."""
    return _writable(scope, account_id, [Choice(UUID(one), name) for one, name in column or ()])


def own(scope: Scope, account_id: UUID) -> UUID | None:
    """Where a person writes unless they say otherwise: the first of their sites."""
    place = scope.place(account_id)
    return next(iter(place.sites), None) if place is not None else None


def get(db: Session, account_id: UUID, site_id: UUID) -> Any:
    """An open site: id, account_id, name, address. Raises NotFoundError."""
    columns = (AccountSite.id, AccountSite.account_id, AccountSite.name, AccountSite.address)
    found = db.execute(
        sa.select(*columns).where(
            AccountSite.account_id == account_id, AccountSite.id == site_id, AccountSite.closed_at.is_(None)
        )
    ).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def known(db: Session, account_id: UUID, wanted: Iterable[UUID]) -> list[UUID]:
    """The wanted sites, in a fixed order. Raises InvalidError if one is not an open site of the organisation."""
    asked = sorted(set(wanted))
    if asked:
        there = {one.id for one in sites(db, account_id)}
        if not set(asked) <= there:
            raise InvalidError(fields={"sites": _("Choose among the sites of the organisation.")})
    return asked


def add(db: Session, account_id: UUID, *, name: str, address: str) -> UUID:
    """Raises InvalidError for a name that another open site has."""
    if len(sites(db, account_id)) >= MOST:
        raise InvalidError(fields={"name": _("There are too many sites. Close one first.")})
    site = AccountSite(account_id=account_id, name=_named(name), address=address.strip())
    with _one_of_a_name(db):
        db.add(site)
    audit.record(db, "organisation.site-added", subject=("account", account_id), after={"name": site.name})
    return site.id


def change(db: Session, account_id: UUID, site_id: UUID, *, name: str, address: str) -> None:
    before = get(db, account_id, site_id)
    with _one_of_a_name(db):
        db.execute(
            sa.update(AccountSite)
            .where(AccountSite.account_id == account_id, AccountSite.id == site_id)
            .values(name=_named(name), address=address.strip(), updated_at=now())
        )
    audit.record(
        db,
        "organisation.site-changed",
        subject=("account", account_id),
        before={"name": before.name, "address": before.address},
        after={"name": name, "address": address},
    )


def _named(name: str) -> str:
    words = " ".join(name.split())
    if not 1 <= len(words) <= 120:
        raise InvalidError(fields={"name": _("The name needs 1 to 120 characters.")})
    return words


@contextmanager
def _one_of_a_name(db: Session) -> Iterator[None]:
    """Around a write: the unique index's refusal, at its field. In a savepoint, so that the page can still be drawn."""
    try:
        with db.begin_nested():
            yield
            db.flush()
    except IntegrityError as error:
        raise InvalidError(fields={"name": _("Another site has this name.")}) from error
