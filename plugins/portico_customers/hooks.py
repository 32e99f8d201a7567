"""What the plugin adds to the portal; thin, each line leads to where the work is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from portico.connections.sync import SyncEntity
from portico.jobs import enqueue
from portico.pluginhost import hookimpl
from portico.pluginhost.values import (
    AccountAction,
    AccountAddress,
    AuditWords,
    MailVariable,
    NavItem,
    NotificationKind,
    SyncedRecord,
)
from portico.tenancy.scope import Scope
from portico_customers import addresses, reading, samples
from portico_customers import jobs as actors
from portico_customers.entity import ENTITY
from portico_customers.exchange import BY_HAND, REFUSED
from portico_customers.i18n import _
from portico_customers.limits import may_try
from portico_customers.matching import ADMITTED, WAITING
from portico_customers.routes import SEE, VIEW, add_routes


@hookimpl
def register_routes(routes: Any) -> None:
    add_routes(routes)


@hookimpl
def sync_entities() -> list[SyncEntity]:
    return [ENTITY]


@hookimpl
def audit_words() -> AuditWords:
    return AuditWords(
        actions={
            "customers.matched": _("Customer recognised and admitted"),
            "customers.address-added": _("Delivery address added"),
            "customers.address-changed": _("Delivery address changed"),
            "customers.address-removed": _("Delivery address removed"),
            "customers.address-default": _("Default delivery address chosen"),
            "customers.contact-changed": _("Contact details changed"),
            "customers.noted": _("Changes noted as entered by hand"),
            "customers.sent-again": _("Contact and addresses sent again"),
        },
        fields={
            "by": _("Recognised by"),
            "street": _("Street and number"),
            "postcode": _("Postal code"),
            "city": _("Town"),
            "region": _("State or region"),
            "country": _("Country"),
            "phone": _("Telephone"),
        },
        values={"by": {"claim_code": _("Claim code"), "email": _("E-mail address")}},
    )


@hookimpl
def nav_items(scope: Scope) -> list[NavItem]:
    if scope.kind == "customer":  # staff come to an organisation's addresses from its page
        return [NavItem(_("Contact and addresses"), "customers.addresses_home", "truck", SEE, area="account")]
    return [
        NavItem(
            _("Customers"),
            "customers.list",
            "building-2",
            VIEW,
            order=15,
            active=("customers.list", "customers.detail", "customers.address", "customers.contact"),
        )
    ]


@hookimpl
def register_jobs(jobs: Any) -> None:
    jobs.actor(actors.MATCH, actors.match_claim, max_attempts=5, time_limit_s=60)
    jobs.actor(actors.IMPORT, actors.import_records, max_attempts=5)
    jobs.actor(actors.EXCHANGE, actors.exchange, max_attempts=5, time_limit_s=120)


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
def synchronised_records(db: Any, kind: str, record_id: Any) -> list[SyncedRecord]:
    ref = reading.ref_of(db, record_id) if kind == "customer" else None
    return [SyncedRecord(ENTITY.name, ref)] if ref else []


@hookimpl
def account_connected(db: Any, account_id: Any) -> None:
    """Many accounts linked at once, as when a company is set up, are one import."""
    enqueue(db, actors.IMPORT, unique=actors.IMPORT)
    enqueue(db, actors.EXCHANGE, unique=f"{actors.EXCHANGE}:{account_id}", account_id=account_id)


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
            description=_("To a new customer who was recognised in your system, and so let in at once."),
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
            description=_("To staff, when somebody who is not recognised asks to become a customer."),
            variables=(
                MailVariable("name", _("Who asks"), _("Robin Dubois")),
                MailVariable("email", _("Their e-mail address"), "robin@customer.example"),
            ),
        ),
        NotificationKind(
            BY_HAND,
            _("${customer} changed contact or addresses"),
            _("Your system could not be told. Please enter it there, and note that you did."),
            "customers.addresses",
            {"account_id": "subject"},
            audience="staff",
            permission=VIEW,
            icon="truck",
            label=_("Addresses to be entered by hand"),
            description=_("To staff, when a customer changes addresses and your system cannot be told of it."),
            variables=(MailVariable("customer", _("The customer's organisation"), _("Sample Company")),),
        ),
        NotificationKind(
            REFUSED,
            _("Contact or address refused"),
            _("The company's system does not take what you changed. Open it to see why."),
            "customers.addresses",
            {"account_id": "subject"},
            permission=SEE,
            icon="truck",
            description=_("To the customer, when your system refuses what they changed."),
        ),
    ]


@hookimpl
def account_actions(scope: Scope) -> list[AccountAction]:
    return [AccountAction(_("Contact and addresses"), "customers.addresses_home", "truck", VIEW, order=10)]


@hookimpl
def account_addresses(db: Any, account_id: UUID) -> list[AccountAddress]:
    return [
        AccountAddress(
            id=row.id,
            name=row.name,
            street=row.street,
            postcode=row.postcode,
            city=row.city,
            region=row.region,
            country=row.country,
            phone=row.phone,
            is_default=row.is_default,
            route="customers.addresses",
        )
        for row in addresses.listing(db, account_id)
    ]


@hookimpl
def sample_records(db: Any, account_id: UUID) -> dict[str, str]:
    return samples.records(db, account_id)
