"""Keeps the portal's copy of the catalogue: writes what the company's system says has changed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico.connections.models import ConnectionSync
from portico.connections.sync import Counts, SyncEntity
from portico.db.types import kept, new_id, now
from portico_erp.values import Item as RemoteItem
from portico_erp.values import Page
from portico_quotes.folding import fold
from portico_quotes.i18n import _
from portico_quotes.models import Category, Item, Source, Word

NAME = "quotes.catalogue"
PAGE_ROWS = 500
COLUMNS = {
    "code": _("Item number"),
    "name": _("Name"),
    "category": _("Category"),
    "unit": _("Unit"),
    "price": _("List price"),
    "currency": _("Currency"),
}
_KEPT = (
    "code",
    "name",
    "description",
    "kind",
    "category",
    "unit",
    "price",
    "currency",
    "tax_rate",
    "active",
    "remote_updated_at",
    "synced_at",
    "folded_code",
    "folded",
)

_SAID = ("code", "name", "description", "kind", "category", "unit", "price", "currency", "tax_rate", "active")
"""What the company says of an item, by the same names there and here."""


def entity() -> SyncEntity:
    return SyncEntity(
        NAME,
        "catalogue",
        pull,
        apply,
        title=_("Catalogue"),
        order=10,
        columns=COLUMNS,
        gone=gone,
        retire=retire,
        always_some=True,
    )


def pull(client: Any, cursor: str | None) -> Page[RemoteItem]:
    page: Page[RemoteItem] = client.items(cursor, PAGE_ROWS)
    return page


def apply(db: Session, target: Any, remote: Sequence[RemoteItem]) -> Counts:
    """Insert or update by (connection, ref). Left alone is what is older than ours, or as old and the same: a corrected mapping
    says something else of the same moment.
    """
    newest = {item.ref: item for item in sorted(remote, key=lambda one: one.updated_at)}
    before = {
        row.ref: row
        for row in db.execute(
            sa.select(Item.ref, Item.remote_updated_at, *(getattr(Item, name) for name in _SAID)).where(
                Item.connection_id == target.connection_id, Item.ref.in_(newest)
            )
        )
    }
    changed = [
        item
        for ref, item in newest.items()
        if ref not in before or _differs(before[ref], item)
    ]
    if not changed:
        return Counts(unchanged=len(newest))
    statement = insert(Item).values([_row(target, item) for item in changed])
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "connection_id", "ref"],
            set_={name: statement.excluded[name] for name in _KEPT},
        )
    )
    learn(db, changed)
    moved = {(item.kind.value, item.category) for item in changed}
    moved |= {(before[item.ref].kind, before[item.ref].category) for item in changed if item.ref in before}
    count(db, moved)
    created = sum(1 for item in changed if item.ref not in before)
    return Counts(created, len(changed) - created, len(newest) - len(changed))


def _differs(known: Any, item: RemoteItem) -> bool:
    if known.remote_updated_at != item.updated_at:
        return bool(known.remote_updated_at < item.updated_at)
    said = {name: getattr(item, name) for name in _SAID}
    said |= {"price": kept(item.price), "tax_rate": kept(item.tax_rate)}
    return any(getattr(known, name) != value for name, value in said.items())


def gone(db: Session, target: Any, seen: Collection[str], since: dt.datetime) -> list[str]:
    """Items on sale that the company does not name any more, without what came `since`."""
    present = db.scalars(
        sa.select(Item.ref).where(Item.connection_id == target.connection_id, Item.active, Item.synced_at < since)
    )
    return [ref for ref in present if ref not in seen]


def retire(db: Session, target: Any, refs: Sequence[str]) -> int:
    """They are no longer sold; drafts that hold them say so."""
    shelves, number = set[tuple[str, str]](), 0
    for start in range(0, len(refs), PAGE_ROWS):
        changed = db.execute(
            sa.update(Item)
            .where(Item.connection_id == target.connection_id, Item.active, Item.ref.in_(refs[start : start + PAGE_ROWS]))
            .values(active=False, synced_at=now())
            .returning(Item.kind, Item.category)
        ).all()
        number += len(changed)
        shelves |= {(row.kind, row.category) for row in changed}
    count(db, shelves)
    return number


def _row(target: Any, item: RemoteItem) -> dict[str, Any]:
    return {
        "tenant_id": target.tenant_id,
        "id": new_id(),
        "connection_id": target.connection_id,
        "ref": item.ref,
        "code": item.code,
        "name": item.name,
        "description": item.description,
        "kind": item.kind.value,
        "category": item.category,
        "unit": item.unit,
        "price": item.price,
        "currency": item.currency,
        "tax_rate": item.tax_rate,
        "active": item.active,
        "remote_updated_at": item.updated_at,
        "synced_at": now(),
        "folded_code": fold(item.code),
        "folded": fold(f"{item.name} {item.category} {item.code}"),
    }


def learn(db: Session, remote: Iterable[RemoteItem]) -> None:
    """Note the words of these items. One that no item has any more does no harm: it leads to nothing."""
    words = {word for item in remote for word in fold(f"{item.name} {item.category}").split()}
    plain = sorted(word for word in words if len(word) > 2 and word.isalpha())
    if plain:
        statement = insert(Word).values(
            [{"tenant_id": db.info["tenant_id"], "id": new_id(), "word": word[:100]} for word in plain]
        )
        db.execute(statement.on_conflict_do_nothing())


def count(db: Session, shelves: Iterable[tuple[str, str]]) -> None:
    """Count these kinds and categories anew, so that no page has to."""
    wanted = sorted(set(shelves))
    if not wanted:
        return
    counted = {
        (row.kind, row.category): row.items
        for row in db.execute(
            sa.select(Item.kind, Item.category, sa.func.count().label("items"))
            .where(Item.active, sa.tuple_(Item.kind, Item.category).in_(wanted))
            .group_by(Item.kind, Item.category)
        )
    }
    statement = insert(Category).values(
        [
            {
                "tenant_id": db.info["tenant_id"],
                "id": new_id(),
                "kind": kind,
                "category": category,
                "items": counted.get((kind, category), 0),
            }
            for kind, category in wanted
        ]
    )
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "kind", "category"], set_={"items": statement.excluded["items"]}
        )
    )


def note_age(db: Session, connection_id: uuid.UUID) -> None:
    """Copy the time of the catalogue's last complete run to where customers may read it."""
    read_at = db.scalar(
        sa.select(ConnectionSync.last_success_at).where(
            ConnectionSync.connection_id == connection_id, ConnectionSync.entity == NAME
        )
    )
    if read_at is None:
        return
    statement = insert(Source).values(
        tenant_id=db.info["tenant_id"], id=new_id(), connection_id=connection_id, read_at=read_at
    )
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "connection_id"], set_={"read_at": statement.excluded["read_at"]}
        )
    )
