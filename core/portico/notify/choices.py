"""What a person wants to be told, kind by kind, and where: in the portal and by mail (ACC-4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico import audit
from portico.db.types import new_id, now
from portico.errors import InvalidError
from portico.notify.kinds import all_kinds, without_names
from portico.notify.models import NotificationChoice
from portico.pluginhost.relay import Relay
from portico.pluginhost.values import NotificationKind
from portico.tenancy.scope import Scope
from portico.web.i18n import _, translate


@dataclass(frozen=True)
class Choice:
    """kind: the event. has_mail: a mail can be had; portal and mail: what is so now. required: it cannot be switched off."""

    kind: str
    label: str
    icon: str
    has_mail: bool
    portal: bool
    mail: bool
    required: bool


def label(reader: Any, kind: NotificationKind) -> str:
    """What it is called, in the language of a request or locale."""
    if kind.label:
        return translate(reader, kind.label)
    return without_names(reader, kind.title)


def offered(relay: Relay, scope: Scope) -> dict[str, NotificationKind]:
    """The kinds that can reach the person in scope, by event."""
    to = ("staff", "user") if scope.kind == "staff" else ("account", "user")
    return {
        kind.event: kind
        for kind in all_kinds(relay)
        if kind.audience in to and (kind.permission is None or scope.has(kind.permission))
    }


def choices(db: Session, relay: Relay, reader: Any) -> list[Choice]:
    """Of the person in scope, in the order of their plugins. `reader`: a request or locale."""
    scope: Scope = db.info["scope"]
    chosen = {row.kind: row for row in db.execute(_mine(scope))}
    found = []
    for event, kind in offered(relay, scope).items():
        row = chosen.get(event)
        portal = kind.required or row is None or row.portal
        mail = kind.mail and (kind.required or row is None or row.mail)
        found.append(Choice(event, label(reader, kind), kind.icon, kind.mail, portal, mail, kind.required))
    return found


def choose(db: Session, relay: Relay, wanted: Mapping[str, Mapping[str, bool]]) -> None:
    """wanted: event → {"portal": …, "mail": …}; what is not named stays. Raises InvalidError for what cannot be chosen."""
    scope: Scope = db.info["scope"]
    kinds = offered(relay, scope)
    if wrong := _wrong(kinds, wanted):
        raise InvalidError(fields=wrong)
    before = {row.kind: {"portal": row.portal, "mail": row.mail} for row in db.execute(_mine(scope))}
    changed = {}
    for event, asked in wanted.items():
        former = before.get(event, {"portal": True, "mail": True})
        after = {**former, **asked}
        if after != former:
            changed[event] = after
    for event, after in changed.items():
        tenant_id = scope.tenant.id if scope.tenant else None
        row = {"tenant_id": tenant_id, "id": new_id(), "user_id": scope.user_id, "kind": event, **after, "updated_at": now()}
        put = insert(NotificationChoice).values(row)
        again = {"portal": put.excluded.portal, "mail": put.excluded.mail, "updated_at": put.excluded.updated_at}
        db.execute(put.on_conflict_do_update(index_elements=["tenant_id", "user_id", "kind"], set_=again))
    if changed:
        said = {event: [where for where in ("portal", "mail") if after[where]] for event, after in changed.items()}
        audit.record(db, "notices.chosen", subject=("user", scope.user_id), after={"kinds": said})


def _wrong(kinds: Mapping[str, NotificationKind], wanted: Mapping[str, Mapping[str, bool]]) -> dict[str, Any]:
    """JSON pointer → why."""
    found: dict[str, Any] = {}
    for number, (event, asked) in enumerate(wanted.items()):
        if event not in kinds:
            found[f"/items/{number}/kind"] = _("There is no such notice for you.")
        elif kinds[event].required and not all(asked.values()):
            found[f"/items/{number}"] = _("This notice keeps your account safe and cannot be switched off.")
        elif asked.get("mail") and not kinds[event].mail:
            found[f"/items/{number}/mail"] = _("There is no mail of this kind.")
    return found


def _mine(scope: Scope) -> sa.Select[Any]:
    columns: Iterable[Any] = (NotificationChoice.kind, NotificationChoice.portal, NotificationChoice.mail)
    return sa.select(*columns).where(NotificationChoice.user_id == scope.user_id)
