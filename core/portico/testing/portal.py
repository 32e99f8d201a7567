"""A portal for tests: companies, people and signed-in clients in a line each."""

from __future__ import annotations

import fcntl
import hashlib
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.orm import Session

import portico
from portico.app import Portico, build
from portico.db import setup
from portico.db.roles import APP, OWNER
from portico.db.types import new_id
from portico.identity import asked
from portico.jobs.application import job_queue
from portico.jobs.worker import run_pending
from portico.notify.mail import opened
from portico.pluginhost.host import PluginHost
from portico.settings import Settings
from portico.tenancy import setup as tenancy_setup
from portico.tenancy.models import AccountMember
from portico.tenancy.scope import Place, Scope
from portico.tenancy.service import add_member, open_account
from portico.testing.client import Client
from portico.testing.person import Person
from portico.web import outside
from portico.web.prefix import WSGIPrefixMiddleware

_TEMPLATE = "portico_template"


class Portal:
    """The application on a database of its own. `app` is the WSGI application as the server would call it, `wsgi` the
    one within, for tests that run the server's own stack."""

    def __init__(self, settings: Settings, parts: Portico) -> None:
        self.settings, self.parts = settings, parts
        self.wsgi = portico.make_app(parts)
        direct = outside.direct(self.wsgi, parts.connections.make_call)
        self.app = WSGIPrefixMiddleware(direct, settings.apex_hosts)
        self._operator: Person | None = None

    @classmethod
    def build(cls, home: Path, database: str, external: str | None = None) -> Portal:
        """Copies a migrated template database: migrations run once per server, not per process."""
        home.mkdir(parents=True, exist_ok=True)
        key = hashlib.sha256(b"tests").digest()
        settings = Settings.read(
            {
                "portico.home": str(home),
                "portico.master_key": _text(key),
                "portico.demo": "true",
                "portico.egress_allow": "127.0.0.0/8 ::1/128",
                "portico.dns_server": "127.0.0.1:0",  # nothing can be sent there: no test asks a real one, or waits for none
                "portico.log_level": "WARNING",
                **({"portico.database_url": external} if external else {}),
            },
            {},
        )
        plugins = PluginHost.discover()
        digest = "_".join(f"{lineage.name}{lineage.head()}" for lineage in plugins.lineages())
        template = f"{_TEMPLATE}_{hashlib.sha256(digest.encode()).hexdigest()[:10]}"
        with _alone(home):
            setup.start_embedded(settings, fsync="off", full_page_writes="off", synchronous_commit="off")
            setup.prepare(replace(settings, database=template), plugins)
            _clone(settings, template, database)
        # Of their own as the database is: the home is shared, and a trail is compared with what was anchored of it.
        settings = replace(settings, database=database, audit_anchors=str(home / "anchors" / database))
        return cls(settings, build(settings))

    def close(self) -> None:
        for engine in (self.parts.engine, self._owner_engine, self._superuser_engine):
            engine.dispose()
        self.parts.connections.close()
        with psycopg.connect(setup.admin_url(self.settings), autocommit=True) as admin:
            admin.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.settings.database))
            )

    # -- companies and people ----------------------------------------------------------------------------------

    def company(self, *, plugins: Iterable[str] | None = None, slug: str | None = None, **options: Any) -> Company:
        """A new company. plugins: those that are on; None: the manifests' defaults."""
        slug = slug or "t" + secrets.token_hex(5)
        values = {
            "name": f"Company {slug}",
            "currency": "EUR",
            "locale": "en",
            "locales": ["en", "fr", "ar"],
            "signup": "open",
            **options,
        }
        tenant_id = tenancy_setup.create_company(self.parts, slug=slug, plugins=plugins, **values)
        return Company(self, tenant_id, slug)

    def person(self, name: str = "Pat Person", *, operator: bool = False) -> Person:
        """Somebody with a confirmed address and no membership; the password is `Person.PASSWORD`."""
        email = f"{name.split()[0].lower()}-{secrets.token_hex(5)}@example.com"
        with self.owner() as connection:
            user_id = connection.scalar(
                sa.text("SELECT user_create_verified(:email, :name, :hash, :operator, NULL)"),
                {"email": email, "name": name, "hash": Person.HASH, "operator": operator},
            )
        return Person(user_id, email, name)

    def operator(self) -> Client:
        self._operator = self._operator or self.person("Olga Operator", operator=True)
        return self.client(self._operator)

    def client(self, person: Person | None = None, prefix: str = "") -> Client:
        """A browser, signed in if a person is given."""
        client = Client(self.app, prefix)
        if person is not None:
            client.set_session(self.session(person))
        return client

    def session(
        self, person: Person, kind: str = "browser", tenant_id: UUID | None = None, host: str | None = None
    ) -> str:
        """A session's token, made without the cost of a password; past every gate, as after a second factor.

        host: the company's own host where alone it is good, as when it was handed over; None: the portal's.
        """
        from portico.identity import service

        with self.parts.sessions.scoped(Scope(address="127.0.0.1", request_id=new_id().hex, host=host)) as db:
            someone = service.Person(person.id, person.email, person.name, None)
            shown = service.WayIn(("password", "totp", *(["handoff"] if host else [])), second_factor=True)
            session_id, token = service.open_session(
                db, someone, kind=kind, tenant_id=tenant_id, agent="tests", way_in=shown
            )
        return token if kind == "browser" else str(session_id)

    def answer_asked(self) -> None:
        """Run what requests left behind for links in mails: who it is that asked, and the mail."""
        run_pending(job_queue(self.parts), self.parts, queues=[asked.QUEUE])

    def mails(self, address: str) -> list[Any]:
        """Rows of the mails to it, the oldest first, as their reader has them; what was asked for is answered first."""
        self.answer_asked()
        with self.superuser() as db:
            query = sa.text("SELECT * FROM mail WHERE recipient = :a ORDER BY created_at, id")
            rows = db.execute(query, {"a": address}).all()
        read = [{name: opened(self.settings, row, getattr(row, name)) for name in ("text", "html")} for row in rows]
        return [SimpleNamespace(**(dict(row._mapping) | one)) for row, one in zip(rows, read, strict=True)]

    @contextmanager
    def owner(self) -> Iterator[sa.Connection]:
        """A transaction of the owner's login: rows are still walled from it (FORCE), functions are not."""
        with self._owner_engine.begin() as connection:
            yield connection

    @contextmanager
    def superuser(self) -> Iterator[sa.Connection]:
        """Sees every row of every company: for assertions only."""
        with self._superuser_engine.begin() as connection:
            yield connection

    # Kept, for tests make people all the time, and a connection costs as much as all that is done over it.
    @cached_property
    def _owner_engine(self) -> sa.Engine:
        return _engine(self.parts.database_url(OWNER))

    @cached_property
    def _superuser_engine(self) -> sa.Engine:
        return _engine(setup.admin_url(self.settings, self.settings.database))

    @property
    def app_url(self) -> str:
        return self.parts.database_url(APP)


class Company:
    """One company of a test."""

    def __init__(self, portal: Portal, tenant_id: UUID, slug: str) -> None:
        self.portal, self.id, self.slug = portal, tenant_id, slug
        self.prefix = f"/c/{slug}"

    @property
    def tenant(self) -> Any:
        return self.portal.parts.tenant(self.id)

    @contextmanager
    def system(self) -> Iterator[Session]:
        """A transaction that acts for the company itself."""
        with self.portal.parts.sessions.scoped(self.portal.parts.system_scope(self.tenant)) as db:
            yield db

    @contextmanager
    def scope_of(self, person: Person) -> Iterator[Session]:
        """A transaction in a customer's own scope, for tests of the wall."""
        with self.portal.parts.sessions.scoped(self.scope(person)) as db:
            yield db

    def scope(self, person: Person) -> Scope:
        """The scope that a request of this member would have, as the database tells it now."""
        tenant, grants = self.tenant, self.portal.parts.grants
        with self.system() as db:
            rows = db.execute(
                sa.select(AccountMember.account_id, AccountMember.role, AccountMember.reach, AccountMember.site_ids)
                .where(AccountMember.user_id == person.id)
                .order_by(AccountMember.created_at, AccountMember.id)
            ).all()
        rights = {row.account_id: grants.in_account(tenant, person.roles, row.role) for row in rows}
        return Scope(
            kind=person.kind,
            tenant=tenant,
            user_id=person.id,
            user_name=person.name,
            user_email=person.email,
            places=tuple(Place(row.account_id, row.role, row.reach, tuple(row.site_ids)) for row in rows),
            roles=person.roles,
            permissions=grants.of(tenant, person.roles).union(*rights.values()),
            rights=rights,
            request_id=new_id().hex,
        )

    def account(self, name: str = "Acme", erp_ref: str | None = None) -> UUID:
        with self.system() as db:
            return open_account(db, name=name, erp_ref=erp_ref or "C-" + secrets.token_hex(4))

    def member(
        self, kind: str, roles: Iterable[str], name: str, account_id: UUID | None = None, **place: Any
    ) -> Person:
        """place: columns of AccountMember: role ("owner" unless said otherwise), reach, site_ids …"""
        person, place = self.portal.person(name), {"role": "owner", **place}
        with self.system() as db:
            add_member(db, email=person.email, name=name, kind=kind, roles=list(roles))
            if account_id is not None:
                db.add(AccountMember(account_id=account_id, user_id=person.id, **place))
        account_role = place["role"] if account_id is not None else ""
        return replace(person, kind=kind, roles=tuple(roles), account_id=account_id, account_role=account_role)

    def customer_person(self, account_id: UUID | None = None, name: str = "Carla Customer", **place: Any) -> Person:
        return self.member("customer", ["customer"], name, account_id or self.account(), **place)

    def customer(self, account_id: UUID | None = None) -> Client:
        """A signed-in customer of a new account (or the given one); `client.person` says who."""
        return self.client(self.customer_person(account_id))

    def agent(self) -> Client:
        return self.client(self.member("staff", ["agent"], "Abel Agent"))

    def admin(self) -> Client:
        return self.client(self.member("staff", ["admin"], "Ada Admin"))

    def anonymous(self) -> Client:
        return self.portal.client(None, self.prefix)

    def client(self, person: Person) -> Client:
        client = self.portal.client(person, self.prefix)
        client.person = person
        return client

    def api(self, person: Person) -> Client:
        """A client that sends an access token; paths are below /api/v1/portal."""
        from portico.identity.tokens import access_token

        session_id = UUID(self.portal.session(person, "api", self.id))
        client = Client(self.portal.app, self.prefix + "/api/v1/portal")
        client.person = person
        client.bearer(access_token(self.portal.settings.master_key, session_id, self.id))
        return client


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One process at a time: they share the server and the template."""
    with (home / "tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _clone(settings: Settings, template: str, database: str) -> None:
    names = {"copy": sql.Identifier(database), "template": sql.Identifier(template)}
    with psycopg.connect(setup.admin_url(settings), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {copy} WITH (FORCE)").format(**names))
        admin.execute(sql.SQL("CREATE DATABASE {copy} TEMPLATE {template} OWNER portico_owner").format(**names))
        admin.execute(sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {copy} FROM PUBLIC").format(**names))
        admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {copy} TO portico_owner, portico_app").format(**names))


def _engine(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1), pool_size=1)


def _text(key: bytes) -> str:
    import base64

    return base64.urlsafe_b64encode(key).decode()
