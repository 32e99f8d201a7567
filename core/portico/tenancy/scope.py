"""Who acts, for which company, seeing what: the one value that decides every query of a transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
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


Reach = Literal["own", "site", "all"]


def _no_rights() -> Mapping[uuid.UUID, frozenset[str]]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Place:
    """Where a person stands in a customer organisation. role: of `identity.permissions.ACCOUNT_ROLES`.

    reach: which of its records they see: their own, those of their sites as well, or all.
    """

    account_id: uuid.UUID
    role: str
    reach: Reach = "all"
    sites: tuple[uuid.UUID, ...] = ()


@dataclass(frozen=True)
class Scope:
    """Set once at the start of a transaction and never changed within it.

    kind: "public" nobody signed in; "user" signed in, but at the apex or no member here; "customer" and "staff" of the
        tenant; "operator" of the installation, at the apex; "system" a job or a command acting for the tenant.
    places: of a customer, one for each customer organisation that they act for; empty for all other kinds.
    permissions: all that the actor may do anywhere; `rights`: what a customer may do in which organisation.
    gate: what is still in the way of this session: "second-factor" (nobody is signed in yet; `pending_user_id` may become
        so), "enrol" (signed in, but no member until a second factor is set up) or "sso" (staff whom their company lets in
        by its own sign-in alone: signed in as themselves, but no member).
    elevated_at: when the person last proved who they are, in this session. session_kind: "browser", "api", "personal".
    from_company: what the portal itself ("system") writes was said by the company's system, which is its author.
    methods: how the person came in: "password", "passkey", "link", "sso" …
    host: the company's own host by which this was reached; None: one of the portal's own. Sessions are opened for it alone.
    actor_id, actor_name, actor_email, actor_permissions: the member of staff who sees the portal as `user_id` does.
    only_id: the one record that a link from a mail opens (`portico.links.opening`): this customer sees and does nothing else.
    """

    kind: Kind = "public"
    tenant: Tenant | None = None
    user_id: uuid.UUID | None = None
    user_name: str = ""
    user_email: str = ""
    locale: str = "en"
    colour_mode: str = "system"
    session_id: uuid.UUID | None = None
    places: tuple[Place, ...] = ()
    roles: tuple[str, ...] = ()
    permissions: frozenset[str] = frozenset()
    rights: Mapping[uuid.UUID, frozenset[str]] = field(default_factory=_no_rights, hash=False)
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
    only_id: uuid.UUID | None = None
    request_id: str = ""
    address: str = ""
    host: str | None = None

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
    def handed_over(self) -> bool:
        """Came from another host, where the person's own session is."""
        return "handoff" in self.methods

    @property
    def of_company(self) -> bool:
        """This session is good for what is the company's, and for nothing of the person's own: their login, factors, address,
        devices, tokens and other companies (SEC-8). The company made it, or it is one of the company's own host."""
        return self.by_sso or self.host is not None or self.actor_id is not None

    @property
    def accounts(self) -> tuple[uuid.UUID, ...]:
        """The customer organisations whose rows are visible, within the person's reach in each."""
        return tuple(place.account_id for place in self.places)

    @property
    def owned(self) -> tuple[uuid.UUID, ...]:
        return tuple(place.account_id for place in self.places if place.role == "owner")

    @property
    def keys(self) -> tuple[uuid.UUID, ...]:
        """What opens rows to a customer (docs/decisions/0017): their own id, their sites', their organisations'; by a link from a
        mail that record's alone."""
        if self.only_id is not None:
            return (self.only_id,)
        if not self.places or self.user_id is None:
            return ()
        sites = (site for place in self.places if place.reach == "site" for site in place.sites)
        return (self.user_id, *sites, *(place.account_id for place in self.places if place.reach == "all"))

    @property
    def narrow(self) -> bool:
        """True if there is an organisation of which this customer does not see everything."""
        return any(place.reach != "all" for place in self.places)

    def place(self, account_id: uuid.UUID) -> Place | None:
        return next((place for place in self.places if place.account_id == account_id), None)

    def has(self, permission: str, account_id: uuid.UUID | None = None) -> bool:
        """True if this actor may do what `permission` names, and its plugin is on for the tenant.

        account_id: the customer organisation whose records it is about, as a person may be more in one than in another.
        """
        if account_id is None or self.kind != "customer":
            return permission in self.permissions
        return permission in self.rights.get(account_id, frozenset())

    def plugin_on(self, plugin: str) -> bool:
        """The one answer to "is plugin P on for tenant T": for routes, hooks, jobs, menus and the API alike."""
        return self.tenant is not None and plugin in self.tenant.plugins

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
