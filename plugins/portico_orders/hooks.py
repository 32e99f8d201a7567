"""What the plugin adds to the portal; thin, each line leads to where the work is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from portico.connections.sync import SyncEntity
from portico.pluginhost import hookimpl
from portico.pluginhost.values import (
    AccountAction,
    Activity,
    AuditWords,
    DocumentKind,
    KnownRecord,
    NavItem,
    NotificationKind,
    QuickAction,
    Related,
    SyncedRecord,
    Widget,
)
from portico.tenancy.scope import Scope
from portico_orders import api, documents, insight_views, reading, resources, samples, schemas, views
from portico_orders import jobs as actors
from portico_orders.entity import ENTITY
from portico_orders.i18n import _
from portico_orders.reordering import PERMISSION as REORDER
from portico_orders.statuses import LOOKS
from portico_orders.words import CONFIRMED, EVENTS, ORDER, PARCEL

VIEW, SYNC = "orders:view", "orders:sync"
T = "portico_orders/"


@hookimpl
def register_routes(routes: Any) -> None:
    routes.page("orders.list", "/orders", views.list_orders, permission=VIEW, renderer=T + "list.jinja2")
    routes.action("orders.refresh_all", "/orders/sync", views.refresh_all, permission=SYNC)
    routes.action("orders.export", "/orders/export", views.export, permission=VIEW)
    routes.page("orders.insights", "/orders/insights", insight_views.page, permission=VIEW, renderer=T + "insights.jinja2")
    routes.api(
        "insights",
        "/orders/insights",
        insight_views.get,
        permission=VIEW,
        query=schemas.InsightQuery,
        response=schemas.Insights,
        title="What was spent: by month, product and kind of item",
    )
    routes.page(
        "orders.detail",
        "/orders/{order_id}",
        views.detail,
        permission=VIEW,
        context=resources.order,
        renderer=T + "detail.jinja2",
    )
    routes.page(
        "orders.confirmation",
        "/orders/{order_id}/confirmation.pdf",
        views.confirmation,
        permission=VIEW,
        context=resources.order,
    )
    routes.action("orders.refresh", "/orders/{order_id}/sync", views.refresh, permission=SYNC, context=resources.order)
    routes.action(
        "orders.reorder", "/orders/{order_id}/reorder", views.reorder, permission=REORDER, context=resources.order
    )
    routes.page("orders.expected", "/orders/{order_id}/expected.ics", views.expected, permission=VIEW, context=resources.order)
    routes.fragment("orders.widget", "/orders-summary", views.widget, permission=VIEW, renderer=T + "widget.jinja2")
    routes.api(
        "orders",
        "/orders",
        api.list_orders,
        permission=VIEW,
        query=schemas.OrderQuery,
        response=schemas.OrderPage,
        title="Orders",
    )
    routes.api(
        "order",
        "/orders/{order_id}",
        api.get_order,
        permission=VIEW,
        context=resources.order,
        response=schemas.OrderDocument,
        title="One order with lines, deliveries and history",
    )
    routes.api(
        "order_confirmation",
        "/orders/{order_id}/confirmation.pdf",
        api.get_confirmation,
        permission=VIEW,
        context=resources.order,
        media_type="application/pdf",
        title="The confirmation of an order as a PDF, in the language that Accept-Language asks for",
    )
    routes.api(
        "order_sync",
        "/orders/{order_id}/sync",
        api.refresh,
        method="POST",
        permission=SYNC,
        context=resources.order,
        response=schemas.Refreshed,
        title="Fetch the order's state from the company",
    )
    routes.api(
        "order_reorder",
        "/orders/{order_id}/reorder",
        api.reorder,
        method="POST",
        permission=REORDER,
        context=resources.order,
        response=schemas.Reordered,
        status=201,
        idempotent=True,
        title="Start a draft with the order's lines at today's prices",
    )


@hookimpl
def register_jobs(jobs: Any) -> None:
    jobs.actor("orders.refresh", actors.refresh, max_attempts=3, queue="sync", time_limit_s=60)
    jobs.actor("orders.learn", actors.learn, max_attempts=2, time_limit_s=120)
    jobs.periodic("orders.learn", every_s=actors.LEARN_EVERY_S, per="tenant")


@hookimpl
def sync_entities() -> list[SyncEntity]:
    return [ENTITY]


@hookimpl
def audit_words() -> AuditWords:
    return AuditWords(
        actions={
            "orders.refresh": _("Orders refreshed by hand"),
            "orders.reorder": _("Order repeated as a draft"),
            "orders.export": _("List of orders exported"),
        },
        subjects={"order": _("Order")},
        fields={
            "number": _("Number"),
            "draft": _("Draft"),
            "q": _("Search"),
            "from": _("From"),
            "to": _("To"),
            "account": _("Customer"),
            "format": _("Format"),
            "rows": _("Rows"),
        },
    )


@hookimpl
def nav_items(scope: Scope) -> list[NavItem]:
    return [NavItem(_("Orders"), "orders.list", "package", VIEW, order=30, active=("orders.",))]


@hookimpl
def quick_actions(scope: Scope) -> list[QuickAction]:
    return [QuickAction(_("Track orders"), "orders.list", "truck", VIEW, order=30)]


@hookimpl
def dashboard_widgets(scope: Scope) -> list[Widget]:
    return [Widget("orders.summary", _("Open orders"), "orders.widget", VIEW, order=30, live=("orders.*",))]


@hookimpl
def notification_kinds() -> list[NotificationKind]:
    return [
        NotificationKind(
            event,
            words.title,
            words.body,
            "orders.detail",
            {"order_id": "subject"},
            permission=VIEW,
            icon=words.icon,
            description=words.occasion,
            variables=ORDER + (PARCEL if words.parcel else ()),
            document=documents.KIND if event in CONFIRMED else "",
        )
        for event, words in EVENTS.items()
    ]


@hookimpl
def activities() -> list[Activity]:
    return [
        Activity(event, words.title, words.icon, "orders.detail", {"order_id": "subject"})
        for event, words in EVENTS.items()
    ]


@hookimpl
def synchronised_records(db: Any, kind: str, record_id: Any) -> list[SyncedRecord]:
    ref = reading.ref_of(db, record_id) if kind == "order" else None
    return [SyncedRecord(ENTITY.name, ref)] if ref else []


@hookimpl
def related_records(db: Any, references: frozenset[str]) -> list[Related]:
    if not db.info["scope"].has(VIEW):
        return []
    return [
        Related(
            _("Order ${number}", mapping={"number": row.number}),
            "orders.detail",
            {"order_id": str(row.id)},
            icon="package",
            status=LOOKS[row.status].title,
        )
        for row in reading.related(db, references)
    ]


@hookimpl
def known_records(db: Any, kind: str, references: frozenset[str]) -> dict[str, KnownRecord]:
    return reading.known(db, references) if kind == "order" else {}


@hookimpl
def document_kinds() -> list[DocumentKind]:
    return documents.kinds()


@hookimpl
def account_actions(scope: Scope) -> list[AccountAction]:
    return [AccountAction(_("Orders"), "orders.list", "package", VIEW, order=30)]


@hookimpl
def sample_records(db: Any, account_id: UUID) -> dict[str, str]:
    return samples.records(db, account_id)
