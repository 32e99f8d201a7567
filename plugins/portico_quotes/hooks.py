"""What quotes give to the portal: thin answers to its hooks."""

from __future__ import annotations

from typing import Any

from portico.pluginhost import hookimpl
from portico.pluginhost.values import (
    AccountAction,
    Activity,
    ApprovalKind,
    AttachmentKind,
    AuditWords,
    NavItem,
    NotificationKind,
    Origin,
    QuickAction,
    Related,
    Widget,
)
from portico.tenancy.scope import Scope
from portico_quotes import approved, attachments, history, reading, samples, sync_catalogue, sync_quotes
from portico_quotes import jobs as background
from portico_quotes import routes as routing
from portico_quotes.i18n import _
from portico_quotes.states import TITLES, State

_TO_QUOTE = {"quote_id": "subject"}
LIVE = (
    "quotes.changed",
    "quotes.submitted",
    "quotes.received",
    "quotes.processed",
    "quotes.revised",
    "quotes.accepted",
    "quotes.declined",
    "quotes.expired",
    "quotes.ordered",
    "quotes.cancelled",
    "quotes.returned",
    "quotes.problem",
    "quotes.needs_confirmation",
    "quotes.taken_back",
    "quotes.offered",
    "quotes.stuck",
    "quotes.fault",
    "quotes.answer_received",
    "quotes.answer_refused",
)


@hookimpl
def register_routes(routes: Any) -> None:
    routing.register(routes)


@hookimpl
def register_jobs(jobs: Any) -> None:
    background.register(jobs)


@hookimpl
def sync_entities() -> list[Any]:
    return [sync_catalogue.entity(), sync_quotes.entity()]


@hookimpl
def audit_words() -> AuditWords:
    return history.words()


@hookimpl
def nav_items(scope: Scope) -> list[NavItem]:
    return [
        NavItem(
            _("Quotes"),
            "quotes.list",
            "file-text",
            "quotes:view",
            order=20,
            active=("quotes.list", "quotes.detail", "quotes.edit", "quotes.hidden", "quotes.choose", "quotes.submit"),
        ),
        NavItem(
            _("Catalogue"), "quotes.catalogue", "boxes", "quotes:view", order=25, active=("quotes.catalogue",)
        ),
    ]


@hookimpl
def quick_actions(scope: Scope) -> list[QuickAction]:
    if scope.kind == "staff":
        return [QuickAction(_("New quote for…"), "quotes.choose", "plus", "quotes:edit", order=10)]
    return [
        QuickAction(_("Build a quote"), "quotes.catalogue", "plus", "quotes:edit", order=10),
        QuickAction(_("Your quotes"), "quotes.list", "file-text", "quotes:view", order=20),
    ]


@hookimpl
def dashboard_widgets(scope: Scope) -> list[Widget]:
    return [
        Widget("quotes.tracker", _("Quotes"), "quotes.widget", "quotes:view", size=2, order=20, live=LIVE)
    ]


def _kind(event: str, title: Any, body: Any, icon: str = "file-text", **options: Any) -> NotificationKind:
    return NotificationKind(
        f"quotes.{event}",
        title,
        body,
        "quotes.detail",
        _TO_QUOTE,
        icon=icon,
        **({"permission": "quotes:view"} | options),
    )


@hookimpl
def notification_kinds() -> list[NotificationKind]:
    staff = {"audience": "staff", "permission": "quotes:manage"}
    return [
        _kind(
            "received",
            _("Quote ${number} received"),
            _("The company has your quote. It is now called ${number}."),
            "send",
        ),
        _kind(
            "processed",
            _("Quote ${number} is priced"),
            _("The company has named its prices. Your answer is awaited."),
            "tag",
        ),
        _kind(
            "offered",
            _("New quote ${number}"),
            _("The company made a quote for you. Your answer is awaited."),
            "tag",
        ),
        _kind(
            "revised",
            _("Quote ${number} was revised"),
            _("The company changed its offer. Look at what is different."),
            "pencil",
        ),
        _kind("ordered", _("Quote ${number} was ordered"), _("The company made an order of it."), "package"),
        _kind(
            "accepted",
            _("Quote ${number} accepted"),
            _("The offer was accepted."),
            "circle-check",
            mail=False,
        ),
        _kind("declined", _("Quote ${number} declined"), _("The quote was declined. ${reason}"), "circle-x"),
        _kind(
            "cancelled",
            _("Quote ${number} cancelled"),
            _("The company cancelled the quote. ${reason}"),
            "circle-x",
        ),
        _kind(
            "expired",
            _("Quote ${number} expired"),
            _("Nobody answered the offer in time."),
            "clock",
            mail=False,
        ),
        _kind(
            "needs_confirmation",
            _("Prices of your quote have changed"),
            _("While the company's system was away, prices changed. Look at them and submit again."),
            "triangle-alert",
        ),
        _kind(
            "returned",
            _("Your quote came back"),
            _("The company's system did not take it. Look at why and submit again."),
            "triangle-alert",
        ),
        _kind(
            "answer_refused",
            _("Your answer to quote ${number} was not taken"),
            _("The company's system did not take it. Please ask the company."),
            "triangle-alert",
        ),
        _kind(
            "problem",
            _("A quote could not be sent"),
            _("A customer's quote is parked. Look at why and send it again."),
            "triangle-alert",
            **staff,
        ),
        _kind(
            "fault",
            _("A quote waits: the company's system has a fault"),
            _("It goes on by itself once the system works again. The quote's page says what is wrong."),
            "triangle-alert",
            **staff,
        ),
        _kind(
            "stuck",
            _("A quote waits for the company's system"),
            _("The system has not answered for half an hour."),
            "cloud-off",
            **staff,
        ),
    ]


@hookimpl
def activities() -> list[Activity]:
    words = {
        "submitted": (_("Quote submitted"), "send"),
        "received": (_("Quote ${number} received"), "check"),
        "processed": (_("Quote ${number} is priced"), "tag"),
        "offered": (_("New quote ${number}"), "tag"),
        "revised": (_("Quote ${number} was revised"), "pencil"),
        "accepted": (_("Quote ${number} accepted"), "circle-check"),
        "declined": (_("Quote ${number} declined"), "circle-x"),
        "expired": (_("Quote ${number} expired"), "clock"),
        "ordered": (_("Quote ${number} was ordered"), "package"),
        "cancelled": (_("Quote ${number} cancelled"), "circle-x"),
        "needs_confirmation": (_("Prices of your quote have changed"), "triangle-alert"),
        "returned": (_("Your quote came back"), "triangle-alert"),
    }
    return [
        Activity(f"quotes.{event}", title, icon, "quotes.detail", _TO_QUOTE)
        for event, (title, icon) in words.items()
    ]


@hookimpl
def account_connected(db: Any, account_id: Any) -> None:
    sync_quotes.read_again(db)


@hookimpl
def related_records(db: Any, references: frozenset[str]) -> list[Related]:
    return [
        Related(
            _("Quote ${number}", mapping={"number": row.number or ""}),
            "quotes.detail",
            {"quote_id": str(row.id)},
            "file-text",
            TITLES[State(row.state)],
        )
        for row in reading.by_references(db, references)
        if str(row.id) not in references  # the quote that asks
    ]


@hookimpl
def approval_kinds() -> list[ApprovalKind]:
    return approved.kinds()


@hookimpl
def attachment_kinds() -> list[AttachmentKind]:
    return attachments.kinds()


@hookimpl
def record_origins(db: Any, references: frozenset[str]) -> dict[str, Origin]:
    return reading.origins(db, references)


@hookimpl
def account_actions(scope: Scope) -> list[AccountAction]:
    return [
        AccountAction(_("New quote"), "quotes.create", "plus", "quotes:edit", method="post", order=10),
        AccountAction(_("Quotes"), "quotes.list", "file-text", "quotes:view", order=20),
    ]


@hookimpl
def sample_records(db: Any, account_id: Any) -> dict[str, str]:
    return samples.make(db, account_id)
