"""What quotes give to the portal: thin answers to its hooks."""

from __future__ import annotations

from typing import Any

from portico.pluginhost import hookimpl
from portico.pluginhost.values import (
    AccountAction,
    Activity,
    AgreementKind,
    ApprovalKind,
    AttachmentKind,
    AuditWords,
    DocumentKind,
    MailVariable,
    NavItem,
    NotificationKind,
    Origin,
    PurchaseDraft,
    QuickAction,
    Related,
    SyncedRecord,
    Widget,
)
from portico.tenancy.scope import Scope
from portico_quotes import (
    agreeing,
    approved,
    attachments,
    documents,
    former,
    history,
    mail_links,
    reading,
    reordering,
    samples,
    sync_catalogue,
    sync_quotes,
)
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
    "quotes.undone",
    "quotes.revision_asked",
    "quotes.revision_withdrawn",
    "quotes.revision_refused",
    "quotes.answer_void",
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


_NUMBER = MailVariable("number", _("The quote's number, once it has one"), "QU-1042")
_REASON = MailVariable("reason", _("The reason that was given, if any"), _("Please offer a smaller amount."))


def _kind(event: str, title: Any, body: Any, icon: str = "file-text", **options: Any) -> NotificationKind:
    return NotificationKind(
        f"quotes.{event}",
        title,
        body,
        "quotes.detail",
        _TO_QUOTE,
        icon=icon,
        **({"permission": "quotes:view", "variables": (_NUMBER,)} | options),
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
            description=_("When your system has taken a quote that a customer submitted."),
        ),
        _kind(
            "processed",
            _("Quote ${number} is priced"),
            _("The company has named its prices. Your answer is awaited."),
            "tag",
            description=_("When your prices are there, and the customer is to answer."),
            document=documents.KIND,
            link=mail_links.LINK,
        ),
        _kind(
            "offered",
            _("New quote ${number}"),
            _("The company made a quote for you. Your answer is awaited."),
            "tag",
            description=_("When your company makes a quote that nobody asked for here."),
            document=documents.KIND,
            link=mail_links.LINK,
        ),
        _kind(
            "revised",
            _("Quote ${number} was revised"),
            _("The company changed its offer. Look at what is different."),
            "pencil",
            description=_("When you change an offer that the customer has."),
            document=documents.KIND,
            link=mail_links.LINK,
        ),
        _kind(
            "ordered",
            _("Quote ${number} was ordered"),
            _("The company made an order of it."),
            "package",
            description=_("When a quote has become an order."),
        ),
        _kind(
            "accepted",
            _("Quote ${number} accepted"),
            _("The offer was accepted."),
            "circle-check",
            mail=False,
        ),
        _kind(
            "declined",
            _("Quote ${number} declined"),
            _("The quote was declined. ${reason}"),
            "circle-x",
            description=_("When a quote is declined, by whichever side."),
            variables=(_NUMBER, _REASON),
        ),
        _kind(
            "cancelled",
            _("Quote ${number} cancelled"),
            _("The company cancelled the quote. ${reason}"),
            "circle-x",
            description=_("When your company cancels a quote."),
            variables=(_NUMBER, _REASON),
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
            description=_("When prices changed while a submitted quote waited for your system."),
        ),
        _kind(
            "returned",
            _("Your quote came back"),
            _("The company's system did not take it. Look at why and submit again."),
            "triangle-alert",
            description=_("When your system refuses a quote."),
        ),
        _kind(
            "answer_void",
            _("The offer changed before your answer to quote ${number} was sent"),
            _("The company did not get your answer, as it had changed its offer meanwhile. Look at it and answer again."),
            "triangle-alert",
            description=_("When you change an offer while the customer's answer to it can still be undone."),
        ),
        _kind(
            "answer_refused",
            _("Your answer to quote ${number} was not taken"),
            _("The company's system did not take it. Please ask the company."),
            "triangle-alert",
            description=_("When your system refuses a customer's answer to a quote."),
        ),
        _kind(
            "revision_refused",
            _("The company keeps its offer ${number}"),
            _("You asked for changes, and the offer stays as it is. ${reason}"),
            "info",
            description=_("When you keep an offer that a customer wanted to be different."),
            variables=(_NUMBER, _REASON),
        ),
        _kind(
            "revision_asked",
            _("Changes of quote ${number} are asked for"),
            _("A customer wants your offer to be different. Look at what, and make another or keep it."),
            "pencil",
            description=_("To staff, when a customer wants an offer to be different."),
            **staff,
        ),
        _kind(
            "problem",
            _("A quote could not be sent"),
            _("A customer's quote is parked. Look at why and send it again."),
            "triangle-alert",
            description=_("To staff, when a quote cannot be handed over and waits for somebody."),
            **staff,
        ),
        _kind(
            "fault",
            _("A quote waits: the company's system has a fault"),
            _("It goes on by itself once the system works again. The quote's page says what is wrong."),
            "triangle-alert",
            description=_("To staff, when your system answers with faults."),
            **staff,
        ),
        _kind(
            "stuck",
            _("A quote waits for the company's system"),
            _("The system has not answered for half an hour."),
            "cloud-off",
            description=_("To staff, when your system has been silent for half an hour."),
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
def synchronised_records(db: Any, kind: str, record_id: Any) -> list[SyncedRecord]:
    known = reading.known_as(db, record_id) if kind == "quote" else None
    return [SyncedRecord(sync_quotes.NAME, *known)] if known else []


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
def agreement_kinds() -> list[AgreementKind]:
    return agreeing.kinds()


@hookimpl
def attachment_kinds() -> list[AttachmentKind]:
    return attachments.kinds()


@hookimpl
def document_kinds() -> list[DocumentKind]:
    return [*documents.kinds(), *former.kinds()]


@hookimpl
def record_origins(db: Any, references: frozenset[str]) -> dict[str, Origin]:
    return reading.origins(db, references)


@hookimpl
def purchase_drafts(scope: Scope) -> list[PurchaseDraft]:
    return [PurchaseDraft("quotes:edit", reordering.start)]


@hookimpl
def account_actions(scope: Scope) -> list[AccountAction]:
    return [
        AccountAction(_("New quote"), "quotes.create", "plus", "quotes:edit", method="post", order=10),
        AccountAction(_("Quotes"), "quotes.list", "file-text", "quotes:view", order=20),
    ]


@hookimpl
def sample_records(db: Any, account_id: Any) -> dict[str, str]:
    return samples.make(db, account_id)
