"""A company as every process holds it: an immutable snapshot, replaced when its `config_version` changes."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from portico.tenancy.choices import usable_locale, usable_zone

EMPTY: Mapping[str, Any] = MappingProxyType({})


def _empty() -> Mapping[str, Any]:
    return EMPTY


@dataclass(frozen=True)
class Tenant:
    """One company. `plugins` are the import names of the plugins that are on; `roles` maps a role to permissions."""

    id: uuid.UUID
    slug: str
    name: str
    locale: str
    locales: tuple[str, ...]
    currency: str
    time_zone: str
    theme: str
    config_version: int
    host: str | None = None
    signup: str = "open"
    brand: Mapping[str, Any] = field(default_factory=_empty, hash=False)
    plugins: frozenset[str] = frozenset()
    roles: Mapping[str, frozenset[str]] = field(default_factory=_empty, hash=False)
    settings: Mapping[str, Any] = field(default_factory=_empty, hash=False)
    plugin_settings: Mapping[str, Mapping[str, Any]] = field(default_factory=_empty, hash=False)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @classmethod
    def from_snapshot(cls, snapshot: Mapping[str, Any]) -> Tenant:
        """From the JSON that the database's `tenant_snapshot` gives; unknown languages and time zones are replaced."""
        plugins = snapshot["plugins"]
        return cls(
            id=uuid.UUID(snapshot["id"]),
            slug=snapshot["slug"],
            name=snapshot["name"],
            locale=usable_locale(snapshot["locale"]),
            locales=tuple(dict.fromkeys(map(usable_locale, snapshot["locales"]))),
            currency=snapshot["currency"],
            time_zone=usable_zone(snapshot["time_zone"]),
            theme=snapshot["theme"],
            config_version=snapshot["config_version"],
            host=snapshot["host"],
            signup=snapshot["signup"],
            brand=MappingProxyType(snapshot["brand"]),
            plugins=frozenset(plugins),
            plugin_settings=MappingProxyType(plugins),
            roles=MappingProxyType({name: frozenset(granted) for name, granted in snapshot["roles"].items()}),
            settings=MappingProxyType(snapshot["settings"]),
        )


class TenantCache:
    """The snapshots that this process holds, by id and by the address they were reached at. Safe for threads."""

    def __init__(self) -> None:
        self._by_id: dict[uuid.UUID, Tenant] = {}
        self._by_address: dict[tuple[str, str], uuid.UUID] = {}
        self._lock = threading.Lock()

    def known_version(self, kind: str, address: str) -> int | None:
        """The version to tell the database that we hold; `kind` is "slug", "host" or "id"."""
        tenant_id = self._by_address.get((kind, address))
        tenant = self._by_id.get(tenant_id) if tenant_id else None
        return tenant.config_version if tenant else None

    def held(self, tenant_id: uuid.UUID) -> Tenant:
        return self._by_id[tenant_id]

    def store(self, kind: str, address: str, snapshot: Mapping[str, Any]) -> Tenant:
        tenant = Tenant.from_snapshot(snapshot)
        with self._lock:
            self._by_id[tenant.id] = tenant
            self._by_address[kind, address] = tenant.id
        return tenant
