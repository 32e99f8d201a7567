"""What the plugin adds to the portal; thin, each line leads to where the work is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from portico.connections.sync import SyncEntity
from portico.pluginhost import hookimpl
from portico.pluginhost.values import (
    AccountAction,
    Activity,
    AgreementKind,
    AuditWords,
    DocumentKind,
    NavItem,
    NotificationKind,
    Related,
    SyncedRecord,
)
from portico.tenancy.scope import Scope
from portico_contracts import agreeing, documents, entity, reading, samples
from portico_contracts import jobs as background
from portico_contracts.i18n import _
from portico_contracts.routes import VIEW, add_routes
from portico_contracts.statuses import LOOKS
from portico_contracts.words import CONTRACT, EVENTS

_TO_CONTRACT = {"contract_id": "subject"}


@hookimpl
def register_routes(routes: Any) -> None:
    add_routes(routes)


@hookimpl
def register_jobs(jobs: Any) -> None:
    background.register(jobs)


@hookimpl
def sync_entities() -> list[SyncEntity]:
    return [entity.ENTITY]


@hookimpl
def account_connected(db: Any, account_id: Any) -> None:
    entity.read_again(db)


@hookimpl
def audit_words() -> AuditWords:
    return AuditWords(
        actions={
            "contracts.agreed": _("Contract agreed to"),
            "contracts.declined": _("Contract declined"),
            "contracts.received": _("Answer to a contract taken by the company"),
            "contracts.answer_refused": _("Answer to a contract not taken by the company"),
            "contracts.unconfirmed": _("Answer to a contract confirmed by nobody: the connection was deleted"),
            "contracts.left": _("Contract went to another customer"),
        },
        subjects={"contract": _("Contract")},
        fields={
            "number": _("Number"),
            "title": _("Title"),
            "reason": _("Reason"),
            "problem": _("What the company's system said"),
        },
    )


@hookimpl
def nav_items(scope: Scope) -> list[NavItem]:
    return [NavItem(_("Contracts"), "contracts.list", "briefcase", VIEW, order=35, active=("contracts.",))]


@hookimpl
def notification_kinds() -> list[NotificationKind]:
    return [
        NotificationKind(
            event,
            words.title,
            words.body,
            "contracts.detail",
            _TO_CONTRACT,
            audience="staff" if words.staff else "account",
            permission="contracts:manage" if words.staff else VIEW,
            icon=words.icon,
            description=words.occasion,
            variables=CONTRACT + words.variables,
            document=documents.KIND if event == "contracts.offered" else "",
        )
        for event, words in EVENTS.items()
    ]


@hookimpl
def activities() -> list[Activity]:
    return [Activity(event, words.title, words.icon, "contracts.detail", _TO_CONTRACT) for event, words in EVENTS.items()]


@hookimpl
def synchronised_records(db: Any, kind: str, record_id: Any) -> list[SyncedRecord]:
    known = reading.known_as(db, record_id) if kind == "contract" else None
    return [SyncedRecord(entity.NAME, *known)] if known else []


@hookimpl
def related_records(db: Any, references: frozenset[str]) -> list[Related]:
    if not db.info["scope"].has(VIEW):
        return []
    return [
        Related(
            _("Contract ${number}", mapping={"number": row.number}),
            "contracts.detail",
            {"contract_id": str(row.id)},
            "briefcase",
            LOOKS[row.state].title,
        )
        for row in reading.related(db, references)
        if str(row.id) not in references  # the contract that asks
    ]


@hookimpl
def document_kinds() -> list[DocumentKind]:
    return documents.kinds()


@hookimpl
def agreement_kinds() -> list[AgreementKind]:
    return agreeing.kinds()


@hookimpl
def account_actions(scope: Scope) -> list[AccountAction]:
    return [AccountAction(_("Contracts"), "contracts.list", "briefcase", VIEW, order=40)]


@hookimpl
def sample_records(db: Any, account_id: UUID) -> dict[str, str]:
    return samples.records(db, account_id)
