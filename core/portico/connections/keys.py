"""The tenant's data keys and sealed secrets in the database: made when first needed, rotated, read for a
call.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico.connections.models import ConnectionSecret, TenantKey
from portico.connections.secrets import Cipher, DataKey
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


def store_secrets(db: Session, cipher: Cipher, connection_id: uuid.UUID, secrets: Mapping[str, str]) -> None:
    """Write these fields; others stay as they are."""
    if not secrets:
        return
    key = current_key(db, cipher)
    for field, secret in secrets.items():
        values = {"sealed": key.seal(connection_id, field, secret), "key_version": key.version}
        db.execute(
            insert(ConnectionSecret)
            .values(tenant_id=tenant_of(db), id=new_id(), connection_id=connection_id, field=field, **values)
            .on_conflict_do_update(index_elements=["tenant_id", "connection_id", "field"], set_=values)
        )


def read_secrets(db: Session, cipher: Cipher, connection_id: uuid.UUID) -> dict[str, str]:
    """Field → secret, for the host alone: nothing that answers a person may call this."""
    rows = db.execute(
        sa.select(ConnectionSecret.field, ConnectionSecret.sealed, TenantKey.version, TenantKey.wrapped)
        .join(
            TenantKey,
            sa.and_(
                TenantKey.tenant_id == ConnectionSecret.tenant_id,
                TenantKey.version == ConnectionSecret.key_version,
            ),
        )
        .where(ConnectionSecret.connection_id == connection_id)
    ).all()
    tenant_id = tenant_of(db)
    return {
        row.field: cipher.data_key(row.wrapped, tenant_id, row.version).open(
            connection_id, row.field, row.sealed
        )
        for row in rows
    }


def rotate_data_key(db: Session, cipher: Cipher) -> int:
    """Seal all secrets of the session's tenant with a new key and forget the old ones; how many secrets."""
    _add(db, cipher, current_key(db, cipher).version + 1)
    key = current_key(db, cipher)
    owners = db.execute(sa.select(ConnectionSecret.connection_id).distinct()).scalars().all()
    count = 0
    for connection_id in owners:
        secrets = read_secrets(db, cipher, connection_id)
        store_secrets(db, cipher, connection_id, secrets)
        count += len(secrets)
    db.execute(sa.delete(TenantKey).where(TenantKey.version < key.version))
    return count
