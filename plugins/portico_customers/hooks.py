"""Where the plugin listens: somebody asks to join, and an account was linked."""

from __future__ import annotations

from typing import Any

from portico.jobs import enqueue
from portico.pluginhost import hookimpl
from portico.pluginhost.values import AuditWords, NavItem, NotificationKind
from portico.tenancy.scope import Scope
from portico_customers import jobs as actors
from portico_customers import views
from portico_customers.i18n import _
from portico_customers.limits import may_try
from portico_customers.matching import ADMITTED, WAITING

VIEW = "customers:view"


@hookimpl
def register_routes(routes: Any) -> None:
    templates = "portico_customers/"
    routes.page(
        "customers.list", "/customers", views.listing, permission=VIEW, renderer=f"{templates}list.jinja2"
    )
    routes.page(
        "customers.detail",
        "/customers/{account_id}",
        views.detail,
        permission=VIEW,
        context=views.customer,
        renderer=f"{templates}detail.jinja2",
    )


@hookimpl
def audit_words() -> AuditWords:
    return AuditWords(
        actions={"customers.matched": _("Customer recognised and admitted")},
        fields={"by": _("Recognised by")},
        values={"by": {"claim_code": _("Claim code"), "email": _("E-mail address")}},
    )


@hookimpl
def nav_items(scope: Scope) -> list[NavItem]:
    return [
        NavItem(
            _("Customers"),
            "customers.list",
            "building-2",
            VIEW,
            order=15,
            active=("customers.list", "customers.detail"),
        )
    ]


@hookimpl
def register_jobs(jobs: Any) -> None:
    jobs.actor(actors.MATCH, actors.match_claim, max_attempts=5, time_limit_s=60)
    jobs.actor(actors.IMPORT, actors.import_records, max_attempts=5)


@hookimpl
def membership_requested(db: Any, user_id: Any, claim: str) -> None:
    """The answer to the asker is the same in every case; what comes of it is decided by the job."""
    enqueue(
        db,
        actors.MATCH,
        user_id=user_id,
        look_up_claim=may_try(db) if claim else False,
        unique=f"{actors.MATCH}:{user_id}",
    )


@hookimpl
def account_connected(db: Any, account_id: Any) -> None:
    """Many accounts linked at once, as when a company is set up, are one import."""
    enqueue(db, actors.IMPORT, unique=actors.IMPORT)


@hookimpl
def notification_kinds() -> list[NotificationKind]:
    return [
        NotificationKind(
            ADMITTED,
            _("Welcome to ${company}"),
            _("Your access is ready. You can come in now."),
            "dashboard.home",
            audience="user",
            icon="circle-check",
            label=_("Your access to a company is ready"),
        ),
        NotificationKind(
            WAITING,
            _("${name} asks to join"),
            _("${name} (${email}) waits for you to decide."),
            "admin.members",
            audience="staff",
            permission="company:members",
            icon="user-plus",
            label=_("Somebody asks to join"),
        ),
    ]
