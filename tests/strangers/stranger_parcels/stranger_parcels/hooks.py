"""What parcels add to the portal."""

from __future__ import annotations

import uuid
from typing import Any

from portico.pluginhost import hookimpl
from portico.pluginhost.values import Activity, AuditWords, MailVariable, NavItem, NotificationKind, QuickAction, Widget
from portico.tenancy.scope import Scope
from stranger_parcels import schemas, services, views
from stranger_parcels.i18n import _
from stranger_parcels.models import Parcel

VIEW, ANNOUNCE = "stranger_parcels:view", "stranger_parcels:announce"
PAGES = "stranger_parcels/{}.jinja2"
TO_PARCEL = {"stranger_parcels_id": "subject"}


@hookimpl
def register_routes(routes: Any) -> None:
    routes.page("stranger_parcels.list", "/parcels", views.listing, permission=VIEW, renderer=PAGES.format("list"))
    routes.page(
        "stranger_parcels.announce",
        "/parcels/new",
        views.announce,
        permission=ANNOUNCE,
        renderer=PAGES.format("announce"),
        methods=("GET", "POST"),
    )
    routes.page(
        "stranger_parcels.detail",
        "/parcels/{stranger_parcels_id}",
        views.detail,
        permission=VIEW,
        context=views.load,
        renderer=PAGES.format("detail"),
    )
    routes.fragment(
        "stranger_parcels.widget",
        "/parcels-widget",
        views.listing,
        permission=VIEW,
        renderer=PAGES.format("widget"),
    )
    routes.api("list", "/parcels", views.api_list, permission=VIEW, response=schemas.ParcelList, title="My parcels")
    routes.api(
        "list",
        "/parcels",
        views.api_announce,
        method="POST",
        permission=ANNOUNCE,
        body=schemas.NewParcel,
        response=schemas.Parcel,
        status=201,
        title="Announce a parcel",
    )


@hookimpl
def register_jobs(jobs: Any) -> None:
    jobs.actor("stranger_parcels.weigh", weigh)


def weigh(job: Any, parcel_id: str) -> None:
    with job.session() as db:
        services.weigh(db, uuid.UUID(parcel_id))


@hookimpl
def audit_words() -> AuditWords:
    return AuditWords(
        actions={"stranger_parcels.announce": _("Parcel announced")},
        subjects={"parcel": _("Parcel")},
        fields={"contents": _("What is in it?")},
    )


@hookimpl
def nav_items(scope: Scope) -> list[NavItem]:
    return [NavItem(_("Parcels"), "stranger_parcels.list", "package", VIEW, active=("stranger_parcels.",))]


@hookimpl
def quick_actions(scope: Scope) -> list[QuickAction]:
    return [QuickAction(_("Announce a parcel"), "stranger_parcels.announce", "plus", ANNOUNCE)]


@hookimpl
def dashboard_widgets(scope: Scope) -> list[Widget]:
    return [Widget("stranger_parcels.newest", _("Newest parcels"), "stranger_parcels.widget", VIEW)]


@hookimpl
def notification_kinds() -> list[NotificationKind]:
    return [
        NotificationKind(
            "stranger_parcels.weighed",
            _("Parcel weighed: ${contents}"),
            _("The company has weighed your parcel “${contents}”."),
            "stranger_parcels.detail",
            TO_PARCEL,
            icon="package",
            variables=(MailVariable("contents", _("What is in it?"), "A lamp"),),
        )
    ]


@hookimpl
def activities() -> list[Activity]:
    return [
        Activity(
            "stranger_parcels.weighed",
            _("Parcel weighed: ${contents}"),
            "package",
            "stranger_parcels.detail",
            TO_PARCEL,
        )
    ]


@hookimpl
def sample_records(db: Any, account_id: Any) -> dict[str, str]:
    parcel = Parcel(account_id=account_id, contents="Sample")
    db.add(parcel)
    db.flush()
    return {"stranger_parcels_id": str(parcel.id)}
