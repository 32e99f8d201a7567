"""Who acts, for which company, seeing what: the one value that decides every query of a transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from portico.db.types import now
from portico.tenancy.tenant import Tenant

ELEVATED_FOR = dt.timedelta(minutes=10)
Kind = Literal["public", "user", "customer", "staff", "operator", "system"]

DATABASE_ROLE: Mapping[str, str] = {
    "public": "portico_public",
    "user": "portico_user",
    "customer": "portico_customer",
    "staff": "portico_staff",
    "system": "portico_staff",
    "operator": "portico_operator",
}
AUTOMATIC = "Portico"
"""Who did what nobody asked for: the portal by itself."""


@dataclass(frozen=True)
class Scope:
    """Set once at the start of a transaction and never changed within it.

    kind: "public" nobody signed in; "user" signed in, but at the apex or no member here; "customer" and "staff" of the
        tenant; "operator" of the installation, at the apex; "system" a job or a command acting for the tenant.
    accounts: the customer organisations whose rows are visible; empty for all other kinds.
    gate: what is still in the way of this session: "second-factor" (nobody is signed in yet; `pending_user_id` may become
        so), "enrol" (signed in, but no member until a second factor is set up) or "sso" (staff whom their company lets in
        by its own sign-in alone: signed in as themselves, but no member).
    elevated_at: when the person last proved who they are, in this session. session_kind: "browser", "api", "personal".
    from_company: what the portal itself ("system") writes was said by the company's system, which is its author.
    methods: how the person came in: "password", "passkey", "link", "sso" …
    actor_id, actor_name, actor_email, actor_permissions: the member of staff who sees the portal as `user_id` does.
    """

    kind: Kind = "public"
    tenant: Tenant | None = None
    user_id: uuid.UUID | None = None
    user_name: str = ""
    user_email: str = ""
    locale: str = "en"
    colour_mode: str = "system"
    session_id: uuid.UUID | None = None
    accounts: tuple[uuid.UUID, ...] = ()
    roles: tuple[str, ...] = ()
    permissions: frozenset[str] = frozenset()
    second_factor: bool = False
    is_operator: bool = False
    gate: Literal["", "second-factor", "enrol", "sso"] = ""
    pending_user_id: uuid.UUID | None = None
    elevated_at: dt.datetime | None = None
    session_kind: str = ""
    from_company: bool = False
    methods: tuple[str, ...] = ()
    actor_id: uuid.UUID | None = None
    actor_name: str = ""
    actor_email: str = ""
    actor_permissions: frozenset[str] = frozenset()
    request_id: str = ""
    address: str = ""

    @property
    def database_role(self) -> str:
        return DATABASE_ROLE[self.kind]

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None

    @property
    def elevated(self) -> bool:
        """True for ten minutes after the person proved who they are: what sensitive changes ask for (ASVS 7.5.1)."""
        return self.elevated_at is not None and now() - self.elevated_at < ELEVATED_FOR

    @property
    def is_member(self) -> bool:
        return self.kind in ("customer", "staff")

    @property
    def by_sso(self) -> bool:
        """Came in by the company's own sign-in."""
        return "sso" in self.methods

    @property
    def of_company(self) -> bool:
        """The company made this session, not the person: it is good for what is the company's, and for nothing of the
        person's own: their login, factors, address, devices, tokens and other companies (SEC-8)."""
        return self.by_sso or self.actor_id is not None

    def has(self, permission: str) -> bool:
        """True if this actor may do what `permission` names, and its plugin is on for the tenant."""
        return permission in self.permissions

    def plugin_on(self, plugin: str) -> bool:
        """The one answer to "is plugin P on for tenant T": for routes, hooks, jobs, menus and the API alike."""
        return self.tenant is not None and plugin in self.tenant.plugins

    def with_request(self, request_id: str, address: str) -> Scope:
        return replace(self, request_id=request_id, address=address)

    @classmethod
    def system(cls, tenant: Tenant, request_id: str = "", permissions: frozenset[str] = frozenset()) -> Scope:
        return cls(
            kind="system",
            tenant=tenant,
            user_name=AUTOMATIC,
            locale=tenant.locale,
            request_id=request_id,
            permissions=permissions,
        )
