"""The application's parts, built once per process for web, workers and commands alike. Nothing here is global."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa

from portico.admin.entries import words_of
from portico.branding.keptcode import KeptCode
from portico.branding.themes import Themes
from portico.connections.host import ConnectionHost
from portico.connections.secrets import Cipher
from portico.db.logins import login_url
from portico.db.roles import APP, OWNER
from portico.db.session import SessionFactory, make_engine
from portico.db.types import new_id
from portico.documents.service import Documents
from portico.files import download
from portico.files.service import Files
from portico.identity.breached import Known
from portico.identity.csrf import SessionCSRF
from portico.identity.devices.places import Places
from portico.identity.sso import host as sso
from portico.jobs import JobRegistry
from portico.notify.mail_texts import KeptTexts
from portico.pluginhost.host import PluginHost
from portico.pluginhost.permissions import Grants
from portico.pluginhost.relay import Relay
from portico.pluginhost.values import AuditWords
from portico.settings import Settings
from portico.tenancy.scope import Scope
from portico.tenancy.tenant import Tenant, TenantCache
from portico.web import domains, health
from portico.web.asgi import AsyncRoutes
from portico.web.assets import Assets
from portico.web.catalogues import KeptMessages
from portico.web.limits import Limits
from portico.web.live import Hub
from portico.web.live_gate import LiveGate
from portico.web.live_source import postgres_source
from portico.web.observe import count_queries
from portico.web.refusals import Refusals
from portico.web.routes import RouteTable

log = logging.getLogger("portico.app")
TENANT_CONFIG = sa.text("SELECT * FROM tenant_config(:id, :slug, :known)")


class UnknownTenantError(LookupError):
    """No active company has this id or slug."""


class Portico:
    """What `request.registry.portico`, a job's `job.portico` and a command hold."""

    def __init__(self, settings: Settings, plugins: PluginHost) -> None:
        self.settings, self.plugins = settings, plugins
        self.grants = Grants(plugins)
        self.tenants = TenantCache()
        self.routes = RouteTable()
        self.limits = Limits(settings, lambda: self.sessions)
        self.csrf = SessionCSRF()
        self.mail_texts = KeptTexts()
        self.jobs = JobRegistry()
        folders = {"portico": package_folder("portico")} | {m.name: m.folder for m in plugins.in_order()}
        self.assets = Assets({name: folder / "static" for name, folder in folders.items()}, base=settings.static_base,
                             reload=settings.reload)
        themes = [m.name for m in plugins.of_kind("theme")]
        self.themes = Themes({n: f for n, f in folders.items() if n not in themes}, {n: folders[n] for n in themes},
                             assets=self.assets, auto_reload=settings.reload,
                             kept=KeptCode(settings.home / "cache", settings.master_key),
                             kept_messages=KeptMessages(settings.home / "cache", settings.master_key))
        self.documents = Documents(self.themes, max(settings.threads, settings.worker_threads))
        self.refusals = Refusals(self.themes, settings)
        self.async_routes = AsyncRoutes()
        health.add_routes(self.async_routes, self)
        domains.add_routes(self.async_routes, self)
        self.cipher = Cipher(settings.master_key)
        self.files = Files(settings, lambda: self.sessions, self.system_scope, self.cipher)
        download.add_routes(self.async_routes, self)
        self.connections = ConnectionHost(settings, self)
        sso.register(self.connections, settings)
        self.places = Places(settings.place_database)
        self.breached = Known(settings.breached_passwords)

    @cached_property
    def engine(self) -> sa.Engine:
        """The application login's engine; connects at first use, after forking."""
        engine = make_engine(self.database_url(APP), pool_size=self.settings.threads + 2, max_overflow=4)
        count_queries(engine)
        return engine

    @cached_property
    def sessions(self) -> SessionFactory:
        info = {"jobs": self.jobs, "breached": self.breached, "files": self.files, "connections": self.connections}
        return SessionFactory(self.engine, relay=self.relay, **info)

    @cached_property
    def audit_words(self) -> AuditWords:
        """What entries of the audit trail are called, by core and every installed plugin."""
        return words_of(self)

    @cached_property
    def live(self) -> Hub:
        """Live events of this process."""
        gate = LiveGate(self)
        return Hub(postgres_source(self.database_url(APP)), gate.authorise, gate.revalidate)

    def database_url(self, role: str = APP) -> str:
        """A libpq URL for one of our logins."""
        return login_url(self.settings, role)

    def owner_engine(self) -> sa.Engine:
        return make_engine(self.database_url(OWNER), pool_size=2, application="portico owner")

    def after_fork(self) -> None:
        """In a child process: forget the parent's connections without closing them under it."""
        if "engine" in self.__dict__:
            self.engine.dispose(close=False)
        self.connections.after_fork()

    def relay(self, tenant: Tenant | None) -> Relay:
        return self.plugins.relay(tenant.plugins if tenant else frozenset())

    def tenant(self, tenant_id: UUID | None = None, slug: str | None = None) -> Tenant:
        """The current configuration of a company, for jobs and commands. Raises UnknownTenantError."""
        kind, address = ("id", str(tenant_id)) if tenant_id else ("name", slug or "")
        with self.engine.begin() as connection:
            row = connection.execute(TENANT_CONFIG, {"id": tenant_id, "slug": slug,
                                                     "known": self.tenants.known_version(kind, address)}).one_or_none()
        if row is None or row.status != "active":
            raise UnknownTenantError(address)
        return self.tenants.store(kind, address, row.snapshot) if row.snapshot else self.tenants.held(row.tenant_id)

    def system_scope(self, tenant: Tenant, request_id: str = "") -> Scope:
        """A scope that acts for the company itself, with every permission of its plugins."""
        return Scope.system(tenant, request_id or new_id().hex, self.grants.everything(tenant.plugins))

    def tenant_url(self, tenant: Tenant | None) -> str:
        """Where browsers reach a company, from what is stored, never from a request: no link can be host-poisoned."""
        return self.company_url(tenant.slug, tenant.host) if tenant is not None else self.settings.public_url.rstrip("/")

    def login_url(self, tenant: Tenant | None) -> str:
        """Where people have what is their own, a company's look about it: never at the company's own host, for it may lead to a
        machine that is not ours (docs/decisions/0028)."""
        return self.company_url(tenant.slug, None) if tenant is not None else self.tenant_url(None)

    def company_url(self, slug: str, host: str | None) -> str:
        """The same of a company that is only known by these. An installation on plain http, for development, has all its hosts
        at one port."""
        if host is None:
            return f"{self.settings.public_url.rstrip('/')}/c/{slug}"
        ours = urlsplit(self.settings.public_url)
        return f"https://{host}" if self.settings.secure else f"http://{host}" + (f":{ours.port}" if ours.port else "")


@contextmanager
def opened(settings: Settings) -> Iterator[Portico]:
    """The parts for a command; their connections are closed at its end."""
    parts = build(settings)
    try:
        yield parts
    finally:
        parts.connections.close()
        if "engine" in parts.__dict__:
            parts.engine.dispose()


def package_folder(name: str) -> Any:
    from portico.pluginhost.host import package_folder as folder

    return folder(name)


def build(settings: Settings) -> Portico:
    """Discover the plugins and put the parts together; registers jobs, connectors and what is synchronised."""
    plugins = PluginHost.discover(only=settings.plugins or None)
    portico = Portico(settings, plugins)
    from portico.coreparts import register_core_jobs

    register_core_jobs(portico)
    plugins.start_up("register_jobs", jobs=lambda manifest: portico.jobs.for_plugin(manifest.name))
    portico.connections.register(plugins.start_up("connector_types"), plugins.start_up("sync_entities"))
    domains = {one.title.domain for one in portico.connections.words.values()} - plugins.manifests.keys()
    portico.themes.catalogues.read({name: package_folder(name) for name in sorted(domains)})
    portico.themes.catalogues.keep()
    return portico
