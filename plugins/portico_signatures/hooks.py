"""What signatures give to the portal: thin answers to its hooks."""

from __future__ import annotations

from typing import Any

from portico.pluginhost import hookimpl
from portico.pluginhost.values import AgreementCondition, AttachmentKind, AuditWords, NotificationKind, Related
from portico_signatures import condition, kept, notices, reading, samples, views
from portico_signatures import jobs as background
from portico_signatures.i18n import _
from portico_signatures.routes import add_routes


@hookimpl
def register_routes(routes: Any) -> None:
    add_routes(routes)


@hookimpl
def register_jobs(jobs: Any) -> None:
    background.register(jobs)


@hookimpl
def audit_words() -> AuditWords:
    return AuditWords(
        actions={
            "signatures.signed": _("Signed electronically"),
            "signatures.voided": _("Signature void"),
            "signatures.sealed": _("Signed document made"),
            "signatures.round": _("Signatures of several asked for"),
            "signatures.delegated": _("Signature handed on"),
            "signatures.round_ended": _("Signatures of several ended"),
            "signatures.certificate": _("Certificate for signing documents put to use"),
        },
        subjects={"signature": _("Signature")},
        fields={
            "signature": _("Signature"),
            "method": _("Way of signing"),
            "why": _("Reason"),
            "reason": _("What they wrote"),
            "to": _("To"),
            "signers": _("Signers"),
            "document": _("Document"),
            "sha256": _("SHA-256"),
            "subject": _("Certificate of"),
            "until": _("Valid until"),
            "brought": _("Brought by the operator"),
        },
        values={"method": {"typed": _("Typed"), "drawn": _("Drawn")}, "why": dict(views.WHY)},
    )


@hookimpl
def notification_kinds() -> list[NotificationKind]:
    return notices.kinds()


@hookimpl
def agreement_conditions() -> list[AgreementCondition]:
    return condition.conditions()


@hookimpl
def attachment_kinds() -> list[AttachmentKind]:
    return kept.kinds()


@hookimpl
def related_records(db: Any, references: frozenset[str]) -> list[Related]:
    return [
        Related(
            _("Signature of ${name}", mapping={"name": row.name}),
            "signatures.detail",
            {"signature_id": str(row.id)},
            "pencil",
            views.STATES[row.state][0],
        )
        for row in reading.by_subjects(db, references)
    ]


@hookimpl
def sample_records(db: Any, account_id: Any) -> dict[str, str]:
    return samples.make(db, account_id)
