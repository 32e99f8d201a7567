"""The tenant's data keys and sealed secrets in the database: made when first needed, rotated, read for a
call.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico.connections.models import ConnectionSecret, TenantKey
from portico.connections.secrets import Cipher, DataKey
from portico.db.base import Base
from portico.db.types import new_id


def tenant_of(db: Session) -> uuid.UUID:
    tenant_id: uuid.UUID = db.info["tenant_id"]
    return tenant_id


def current_key(db: Session, cipher: Cipher) -> DataKey:
    """The newest key of the session's tenant, made if there is none. Two at once make one."""
    if (row := _newest(db)) is None:
        _add(db, cipher, 1)
        row = _newest(db)
        assert row is not None
    return cipher.data_key(row.wrapped, tenant_of(db), row.version)


def _newest(db: Session) -> sa.Row[int, bytes] | None:
    return db.execute(
        sa.select(TenantKey.version, TenantKey.wrapped).order_by(TenantKey.version.desc()).limit(1)
    ).one_or_none()


def _add(db: Session, cipher: Cipher, version: int) -> None:
    tenant_id = tenant_of(db)
    db.execute(
        insert(TenantKey)
        .values(
            tenant_id=tenant_id, id=new_id(), version=version, wrapped=cipher.new_data_key(tenant_id, version)
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "version"])
    )


def store_secrets(
    db: Session, cipher: Cipher, owner_id: uuid.UUID, secrets: Mapping[str, str], table: Any = ConnectionSecret
) -> None:
    """Write these fields; others stay as they are. `table`: a model whose `__owner__` names the column of the owner."""
    if not secrets:
        return
    key = current_key(db, cipher)
    for field, secret in secrets.items():
        values = {"sealed": key.seal(owner_id, field, secret), "key_version": key.version}
        db.execute(
            insert(table)
            .values(tenant_id=tenant_of(db), id=new_id(), field=field, **{table.__owner__: owner_id}, **values)
            .on_conflict_do_update(index_elements=["tenant_id", table.__owner__, "field"], set_=values)
        )


def read_secrets(db: Session, cipher: Cipher, owner_id: uuid.UUID, table: Any = ConnectionSecret) -> dict[str, str]:
    """Field → secret, for the host alone: nothing that answers a person may call this."""
    rows = db.execute(
        sa.select(table.field, table.sealed, TenantKey.version, TenantKey.wrapped)
        .join(TenantKey, sa.and_(TenantKey.tenant_id == table.tenant_id, TenantKey.version == table.key_version))
        .where(_owner(table) == owner_id)
    ).all()
    tenant_id = tenant_of(db)
    return {
        row.field: cipher.data_key(row.wrapped, tenant_id, row.version).open(owner_id, row.field, row.sealed)
        for row in rows
    }


def rotate_data_key(db: Session, cipher: Cipher) -> int:
    """Seal all secrets of the session's tenant with a new key and forget the old ones; how many secrets."""
    _add(db, cipher, current_key(db, cipher).version + 1)
    key = current_key(db, cipher)
    count = 0
    for table in sealed_tables():
        for owner_id in db.execute(sa.select(_owner(table)).distinct()).scalars().all():
            secrets = read_secrets(db, cipher, owner_id, table)
            store_secrets(db, cipher, owner_id, secrets, table)
            count += len(secrets)
    db.execute(sa.delete(TenantKey).where(TenantKey.version < key.version))
    return count


def sealed_tables() -> Iterator[Any]:
    """Every model that holds secrets sealed by the tenant's keys: a rotation that forgot one would lose them."""
    for mapper in Base.registry.mappers:
        if hasattr(mapper.class_, "__owner__"):
            yield mapper.class_


def _owner(table: Any) -> Any:
    return getattr(table, table.__owner__)
