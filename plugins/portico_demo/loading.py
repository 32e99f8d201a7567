"""Sets up the three demo companies in the portal, on their databases: what a person would click, done once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.app import Portico, UnknownTenantError, build
from portico.branding import service as branding
from portico.cli.people import create_person
from portico.connections import check
from portico.db import setup
from portico.jobs import enqueue
from portico.organisation import sites
from portico.settings import Settings
from portico.tenancy.models import AccountMember
from portico.tenancy.service import add_member, open_account
from portico.tenancy.setup import create_company
from portico_demo import backoffice, databases, opening

PASSWORD = "portico-demo"
CONNECTOR = "companydb"


@dataclass(frozen=True)
class Showcase:
    """How one demo company looks and what it has on. `off`: plugins that its people can switch on. `on`: those that are off
    elsewhere."""

    slug: str
    name: str
    locale: str
    locales: tuple[str, ...]
    time_zone: str
    theme: str
    colour: str
    welcome: dict[str, str]
    off: tuple[str, ...] = ()
    on: tuple[str, ...] = ()


SHOWCASES = (
    Showcase(
        "regency",
        "Regency Giftware",
        "en",
        ("en",),
        "Europe/London",
        "portico_clear",
        "#7A3E65",
        {"en": "Wholesale gifts, live stock and your own prices. Order by Thursday for delivery next week."},
    ),
    Showcase(
        "turinova",
        "Turinova",
        "fr",
        ("fr", "en"),
        "Europe/Paris",
        "portico_ledger",
        "#0F5C8C",
        {
            "fr": "Tôles, panneaux et découpe sur mesure. Vos prix, en direct de l'atelier.",
            "en": "Sheet metal, panels and cutting to size. Your prices, live from the workshop.",
        },
        on=("portico_signatures",),
    ),
    Showcase(
        "nile",
        "نايل لنقاط البيع",
        "ar",
        ("ar", "en"),
        "Africa/Cairo",
        "portico_clear",
        "#0B6E4F",
        {
            "ar": "أجهزة نقاط البيع ومستلزماتها، مع الدعم الفني في جميع المحافظات.",
            "en": "Point-of-sale hardware and supplies, with support in every governorate.",
        },
        off=("portico_customers",),
    ),
)
STAFF = (("agent", "agent"), ("admin", "admin"))
NAMES = {
    "customer": {"regency": "Grace Hughes", "turinova": "Camille Marchand", "nile": "منى عبد الرحمن"},
    "agent": {"regency": "Oliver Reed", "turinova": "Luc Ferrand", "nile": "كريم حسن"},
    "admin": {"regency": "Amelia Stone", "turinova": "Inès Caron", "nile": "سارة محمود"},
    "purchaser": {"regency": "Ben Archer", "turinova": "Hugo Lemaire", "nile": "عمر فؤاد"},
    "finance": {"regency": "Fiona Clarke", "turinova": "Nadia Roussel", "nile": "هدى سليم"},
    "viewer": {"regency": "Victor Lane", "turinova": "Paul Vidal", "nile": "ياسر عادل"},
}
SITES = {
    "regency": ("Bath shop", "Bristol warehouse"),
    "turinova": ("Atelier de Lyon", "Dépôt de Nantes"),
    "nile": ("فرع الزمالك", "فرع المعادي"),
}
LIMITS = {"regency": Decimal(500), "turinova": Decimal(500), "nile": Decimal(5000)}
"""What the purchaser orders alone, in the company's currency."""


def load(settings: Settings, parts: Portico | None = None) -> str:
    """Make what is missing; what somebody changed since stays as it is. Returns the text with the logins.

    Parts that are given were built with these settings, and are not used afterwards.
    """
    parts = parts or build(settings)
    admin_url, reports = setup.admin_url(settings), []
    for showcase in SHOWCASES:
        login, report = databases.create(admin_url, settings.home, showcase.slug)
        if report is not None:
            reports.append(f"{showcase.slug}: {report}")
        try:
            tenant_id = parts.tenant(slug=showcase.slug).id
        except UnknownTenantError:
            tenant_id = _company(parts, showcase, login)
        _connect(parts, tenant_id, showcase, login)
    if not _known(parts, "operator@portico.example"):
        create_person(parts, "operator@portico.example", "Olga Operator", PASSWORD, operator=True)
    parts.connections.close()
    parts.engine.dispose()
    return "\n".join([*reports, "", logins(settings)])


def logins(settings: Settings) -> str:
    lines = [
        f"  {settings.public_url}/c/{one.slug}/".ljust(44) + f"customer@{one.slug}.example  agent@…  admin@…"
        for one in SHOWCASES
    ]
    return "\n".join(
        [
            "Companies and logins:",
            *lines,
            f"  {settings.public_url}/operator".ljust(44) + "operator@portico.example",
            "The customer's colleagues, who may do less: purchaser@…  finance@…  viewer@…",
            f"Every password is {PASSWORD}. Mails are at {settings.public_url}/demo/mail",
            "Claim codes: " + ", ".join(f"{slug} {code}" for slug, code in databases.CLAIM_CODES.items()),
        ]
    )


def _company(parts: Portico, showcase: Showcase, login: databases.CompanyLogin) -> UUID:
    manifests = parts.plugins.manifests.values()
    plugins = [m.name for m in manifests if m.name in showcase.on or (m.default and m.name not in showcase.off)]
    tenant_id = create_company(
        parts,
        slug=showcase.slug,
        name=showcase.name,
        currency=databases.CURRENCIES[showcase.slug],
        plugins=plugins,
        locale=showcase.locale,
        locales=list(showcase.locales),
        time_zone=showcase.time_zone,
        theme=showcase.theme,
        signup="open",
        brand={"colour": showcase.colour},
        settings={"welcome": showcase.welcome},
    )
    tenant = parts.tenant(tenant_id)
    for who in NAMES:
        create_person(parts, f"{who}@{showcase.slug}.example", NAMES[who][showcase.slug], PASSWORD, locale=showcase.locale)
    with parts.sessions.scoped(parts.system_scope(tenant)) as db:
        for who, role in STAFF:
            add_member(
                db, email=f"{who}@{showcase.slug}.example", name=NAMES[who][showcase.slug], kind="staff", roles=[role]
            )
        user_id = add_member(
            db,
            email=f"customer@{showcase.slug}.example",
            name=NAMES["customer"][showcase.slug],
            kind="customer",
            roles=["customer"],
        )
        code = databases.DEMO_CUSTOMERS[showcase.slug]
        account = open_account(db, name=databases.customer_name(login, code), erp_ref=code)
        db.add(AccountMember(account_id=account, user_id=user_id))
        _colleagues(db, account, showcase.slug)
    _put_up_logo(parts, tenant_id, showcase.slug)
    return tenant_id


def _colleagues(db: Session, account_id: UUID, slug: str) -> None:
    """What the owner would invite: two sites, and somebody of each role."""
    first, _second = (sites.add(db, account_id, name=name, address="") for name in SITES[slug])
    limited = {"limit_amount": LIMITS[slug], "limit_currency": databases.CURRENCIES[slug]}
    places: dict[str, dict[str, Any]] = {
        "purchaser": {"reach": "site", "site_ids": [first], **limited},
        "finance": {},
        "viewer": {},
    }
    for role, place in places.items():
        user_id = add_member(
            db, email=f"{role}@{slug}.example", name=NAMES[role][slug], kind="customer", roles=["customer"]
        )
        db.add(AccountMember(account_id=account_id, user_id=user_id, role=role, **place))
    db.flush()


def _connect(parts: Portico, tenant_id: UUID, showcase: Showcase, login: databases.CompanyLogin) -> None:
    """The connection, if the company has none; the embedded server's port may have changed since the last start."""
    from portico.connections.models import Connection

    config, secrets = login.settings(databases.CURRENCIES[showcase.slug])
    with parts.sessions.scoped(parts.system_scope(parts.tenant(tenant_id))) as db:
        known = db.execute(sa.select(Connection.id, Connection.config).where(Connection.connector == CONNECTOR)).first()
        if known is not None:
            if known.config.get("host") == login.host and known.config.get("port") != login.port:
                db.execute(
                    sa.update(Connection)
                    .where(Connection.id == known.id)
                    .values(config={**known.config, "port": login.port})
                )
            return
    used = check.create(parts, tenant_id, connector=CONNECTOR, name=f"{showcase.name} ERP", values={**config, **secrets})
    opening.fetch(parts, tenant_id, used)
    backoffice.first_hour(login.dsn, databases.DEMO_CUSTOMERS[showcase.slug])
    opening.fetch(parts, tenant_id, used)
    with parts.sessions.scoped(parts.system_scope(parts.tenant(tenant_id))) as db:
        enqueue(db, "orders.learn", unique="orders.learn")  # or the first predictions come with the hour


def _put_up_logo(parts: Portico, tenant_id: UUID, slug: str) -> None:
    """As an administrator uploads one, so that its page shows it and can take it away."""
    logo = (files("portico_demo") / "data" / f"{slug}.png").read_bytes()
    tenant = parts.tenant(tenant_id)
    with parts.sessions.scoped(parts.system_scope(tenant)) as db:
        branding.save_look(db, parts, {**branding.look(tenant), "logo": logo})


def _known(parts: Portico, email: str) -> bool:
    from portico.tenancy.scope import Scope

    with parts.sessions.scoped(Scope()) as db:
        return db.execute(sa.text("SELECT 1 FROM user_credentials(:email)"), {"email": email}).first() is not None
