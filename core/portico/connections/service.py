"""What staff do with connections: propose settings, have them tested, put them to use. Secrets go in and
never out.

Testing is an outside call and so cannot happen in the transaction that writes. Hence two steps: `propose`
stores settings as a draft, then somebody calls the host with the draft (a page by `portico.web.outside`, a
command or a job by `check.run`) and hands the outcome to `record_test`, which puts the draft to use if it
passed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import colander
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.connections import keys
from portico.connections.connector import CapabilityReport, Rate
from portico.connections.host import ConnectionHost
from portico.connections.messages import kept
from portico.connections.models import ACTIVE, DRAFT, PAUSED, Connection, ConnectionSecret, ConnectionSync
from portico.connections.secrets import Cipher
from portico.db.types import now
from portico.errors import ConflictError, InvalidError, NotFoundError
from portico.jobs import enqueue
from portico.pluginhost import toggles
from portico.web.i18n import _

ADDRESS = ("host", "port", "url")
"""Settings that say where secrets are sent, unless the connector names its own."""
NOTHING_WORKS = _("Your system answers, but nothing of what the portal needs works.")


UNVERIFIED = _(
    "Choose the one that checks the server's certificate. Only a database whose address is in a network that the operator "
    "has opened can do without."
)


UNENCRYPTED = _(
    "Begin with https://. Only a system whose address is in a network that the operator has opened can do without."
)


class UnknownConnectionError(NotFoundError):
    code = "connection-not-found"
    message = _("This connection does not exist.")
    remedy = _(
        "The connection was deleted, or was never the company's. Open the list of connections and choose one "
        "from there."
    )


def propose(
    db: Session,
    host: ConnectionHost,
    cipher: Cipher,
    *,
    connector: str,
    name: str,
    values: Mapping[str, Any],
    replaces_id: uuid.UUID | None = None,
    held: bool = False,
) -> uuid.UUID:
    """Store settings as a draft to be tested; the id of the draft. held: once it passed, it waits for somebody to resume it.

    `values`: all settings, secret ones included. With `replaces_id`, a secret that is empty or absent stays
    as it is in the connection that is replaced, unless the draft goes to another host: a stored secret is
    never sent elsewhere. Nor does it stay when another kind of system takes the connection over.
    """
    if connector not in host.connectors:
        raise InvalidError(fields={"connector": _("This kind of connection is not installed.")})
    kind = host.connectors[connector]
    given = {key: value for key, value in values.items() if key not in kind.secret_fields or value}
    if replaces_id is not None:
        old = get(db, replaces_id)
        if old.connector == connector:
            leads = getattr(kind, "address_fields", ADDRESS)
            given = _kept_secrets(db, cipher, old, kind.secret_fields, given, leads) | given
    settings = _validated(kind.settings_schema(), given)
    opened = host.egress.opened(address(settings))
    if (field := unverified(kind, settings, opened=opened)) and not opened:
        raise InvalidError(fields={field: UNENCRYPTED if field == "url" else UNVERIFIED})
    secrets = {field: settings.pop(field) for field in kind.secret_fields if settings.get(field)}
    if not name.strip() or len(name) > 200:
        raise InvalidError(fields={"name": _("Enter a name of at most 200 characters.")})
    _forget_failed(db, connector, replaces_id)
    if connector in host.plugins:
        toggles.bring(db, host.plugins[connector])
    draft = Connection(
        connector=connector, name=name.strip(), config=settings, status=DRAFT, replaces_id=replaces_id, held=held
    )
    db.add(draft)
    db.flush()
    keys.store_secrets(db, cipher, draft.id, secrets)
    facts = _facts(draft) | ({"replaces": str(replaces_id)} if replaces_id else {})
    audit.record(db, "connections.propose", subject=("connection", draft.id), after=facts)
    return draft.id


def unverified(kind: Any, config: Mapping[str, Any], *, opened: bool) -> str | None:
    """The setting by which nobody checks who answers (ASVS 12.3.2); None: it is checked, or there is no such setting.
    opened: the address is in a network that the operator has opened."""
    said = getattr(kind, "unverified", None)
    return said(config, opened=opened) if said is not None else None


def address(config: Mapping[str, Any]) -> str:
    """The host that the settings lead to, by its name or out of a web address; "": none is named."""
    try:
        return str(config.get("host") or urlsplit(str(config.get("url", ""))).hostname or "")
    except ValueError:
        return ""


def _forget_failed(db: Session, connector: str, replaces_id: uuid.UUID | None) -> None:
    """Earlier tries at the same that did not pass their test go, with their secrets: each was corrected by the next."""
    same = Connection.replaces_id == replaces_id if replaces_id else Connection.replaces_id.is_(None)
    failed = list(
        db.scalars(
            sa.select(Connection.id).where(
                Connection.connector == connector,
                Connection.status == DRAFT,
                Connection.tested_at.is_not(None),
                Connection.id != replaces_id if replaces_id else sa.true(),
                same,
            )
        )
    )
    for chosen in (Connection.replaces_id.in_(failed), Connection.id.in_(failed)):
        db.execute(sa.delete(Connection).where(Connection.status == DRAFT, chosen))


def _kept_secrets(
    db: Session, cipher: Cipher, old: Connection, fields: Sequence[str], given: Mapping[str, Any], leads: Sequence[str]
) -> dict[str, str]:
    moved = [key for key in leads if key in given and key in old.config and str(given[key]) != str(old.config[key])]
    if moved:
        missing = [field for field in fields if not given.get(field)]
        if missing:
            raise InvalidError(fields=dict.fromkeys(missing, _("Enter this again: the address has changed.")))
        return {}
    return {
        field: secret for field, secret in keys.read_secrets(db, cipher, old.id).items() if field in fields
    }


def _validated(schema: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dict(schema.deserialize(dict(values)))
    except colander.Invalid as error:
        raise InvalidError(fields=error.asdict(translate=None)) from error


def record_test(
    db: Session,
    cipher: Cipher,
    connection_id: uuid.UUID,
    *,
    reports: Sequence[CapabilityReport] = (),
    error: Exception | None = None,
) -> uuid.UUID | None:
    """Keep the outcome. A draft whose system answered is put to use; the id of the connection then in use,
    else None.

    A capability that fails does not stop that: it is shown as failing, and its features stay away.
    """
    found = get(db, connection_id)
    found.tested_at = now()
    found.reports = [
        {
            "capability": one.capability,
            "title": kept(one.title),
            "ok": one.ok,
            "detail": kept(one.detail),
            "rows": one.rows_seen,
        }
        for one in reports
    ]
    works = error is None and any(one.ok for one in reports)
    failing = sorted(one.capability for one in reports if not one.ok)
    audit.record(
        db, "connections.test", subject=("connection", connection_id), after={"answers": works, "failing": failing}
    )
    if not works:
        found.last_error = getattr(error, "message", None) or (str(error) if error is not None else NOTHING_WORKS)
        found.last_error_at = now()
        db.flush()
        return None
    found.last_ok_at, found.last_error = now(), None
    if found.status == DRAFT:
        found = _put_to_use(db, cipher, found)
    db.flush()
    return found.id


def _put_to_use(db: Session, cipher: Cipher, draft: Connection) -> Connection:
    """The draft becomes the connection, or the new settings of the one it replaces."""
    if draft.replaces_id is None:
        draft.status, draft.version = PAUSED if draft.held else ACTIVE, draft.version + 1
        audit.record(db, "connections.create", subject=("connection", draft.id), after=_facts(draft))
        return draft
    old = get(db, draft.replaces_id)
    before = _facts(old)
    if old.connector != draft.connector:
        # What one connector wrote down of its reading says nothing to another: all is read anew, from nothing.
        anew = {"cursor": None, "rows": 0, "total_rows": 0, "error": None, "moved_at": now()}
        db.execute(sa.update(ConnectionSync).where(ConnectionSync.connection_id == old.id).values(**anew))
        old.alarmed_at = None
        # What the system of before had and this one has not is not offered until the night.
        enqueue(db, "connections.compare", connection_id=old.id, unique=f"connections.compare/{old.id}")
    old.connector, old.name, old.config = draft.connector, draft.name, draft.config
    old.status, old.version = PAUSED if old.held else ACTIVE, old.version + 1
    old.reports, old.tested_at, old.last_ok_at, old.last_error = draft.reports, draft.tested_at, now(), None
    db.flush()
    _adopt_secrets(db, cipher, draft.id, old.id)
    audit.record(db, "connections.update", subject=("connection", old.id), before=before, after=_facts(old))
    return old


def _adopt_secrets(db: Session, cipher: Cipher, draft_id: uuid.UUID, connection_id: uuid.UUID) -> None:
    """The draft's secrets are sealed anew for the connection that it replaces, and the draft goes."""
    secrets = keys.read_secrets(db, cipher, draft_id)
    db.execute(sa.delete(ConnectionSecret).where(ConnectionSecret.connection_id == connection_id))
    keys.store_secrets(db, cipher, connection_id, secrets)
    db.execute(sa.delete(Connection).where(Connection.id == draft_id))


def _facts(connection: Connection) -> dict[str, Any]:
    """For the audit trail: settings, and no secret."""
    return {"connector": connection.connector, "name": connection.name, "config": dict(connection.config)}


def get(db: Session, connection_id: uuid.UUID) -> Connection:
    found = db.execute(sa.select(Connection).where(Connection.id == connection_id)).scalar_one_or_none()
    if found is None:
        raise UnknownConnectionError
    return found


def listing(db: Session) -> Sequence[Connection]:
    """Connections in use or paused, and first drafts; never the drafts of a change."""
    return (
        db.execute(sa.select(Connection).where(Connection.replaces_id.is_(None)).order_by(Connection.id))
        .scalars()
        .all()
    )


def failed_change(db: Session, connection_id: uuid.UUID) -> Connection | None:
    """The newest settings proposed for this connection, if their test failed; they are not in use."""
    query = sa.select(Connection).where(
        Connection.replaces_id == connection_id, Connection.status == DRAFT, Connection.tested_at.is_not(None)
    )
    return db.scalars(query.order_by(Connection.id.desc()).limit(1)).one_or_none()


def known_secrets(db: Session, connection_id: uuid.UUID) -> set[str]:
    """Which secret fields are set: all that a page may show of them."""
    return set(
        db.execute(
            sa.select(ConnectionSecret.field).where(ConnectionSecret.connection_id == connection_id)
        ).scalars()
    )


def set_paused(db: Session, connection_id: uuid.UUID, paused: bool) -> None:
    found = get(db, connection_id)
    if found.status != DRAFT:
        found.status = PAUSED if paused else ACTIVE
        found.held = found.held and paused  # whoever put it to use has said so; switching it off says nothing of the kind
        found.version += 1
        audit.record(
            db, "connections.pause" if paused else "connections.resume", subject=("connection", found.id)
        )


def set_rate(db: Session, connection_id: uuid.UUID, rate: Rate | None) -> None:
    """How often it may be called from now on. None: as its connector proposes."""
    found = get(db, connection_id)
    before = _rate_facts(found)
    found.rate_calls, found.rate_per_s = (rate.calls, rate.per_s) if rate else (None, None)
    if _rate_facts(found) != before:
        found.version += 1
        after = _rate_facts(found) | {"name": found.name}
        audit.record(db, "connections.rate", subject=("connection", found.id), before=before, after=after)


def _rate_facts(connection: Connection) -> dict[str, Any]:
    return {"calls": connection.rate_calls, "per_s": connection.rate_per_s}


def delete(db: Session, connection_id: uuid.UUID) -> None:
    """With its secrets, cursors and problems. What plugins copied stays theirs. Then call `host.forget`."""
    found = get(db, connection_id)
    audit.record(db, "connections.delete", subject=("connection", found.id), before=_facts(found))
    db.execute(sa.delete(Connection).where(Connection.replaces_id == connection_id))
    db.execute(sa.delete(Connection).where(Connection.id == connection_id))


def keep_paused(db: Session, cipher: Cipher, draft_id: uuid.UUID) -> uuid.UUID:
    """Keep the settings of a draft whose test failed, out of use until somebody resumes them. The id of the
    connection that has them then.
    """
    draft = get(db, draft_id)
    if draft.status != DRAFT:
        raise ConflictError
    failure = draft.last_error, draft.last_error_at
    last_ok_at = get(db, draft.replaces_id).last_ok_at if draft.replaces_id else None
    saved = _put_to_use(db, cipher, draft)
    saved.status, saved.last_ok_at = PAUSED, last_ok_at
    saved.last_error, saved.last_error_at = failure
    db.flush()
    audit.record(db, "connections.keep", subject=("connection", saved.id), after={"name": saved.name})
    return saved.id
