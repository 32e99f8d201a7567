"""What a role may do in a company: built-in grants of core and of the plugins that are on, or the company's own list."""

from __future__ import annotations

from functools import lru_cache

from portico.identity.permissions import ACCOUNT_ROLES, CORE_PERMISSIONS, CORE_ROLES, ORGANISATION_PERMISSIONS
from portico.pluginhost.host import PluginHost
from portico.tenancy.tenant import Tenant


class Grants:
    """Resolves roles to permissions, for one process. A permission of a plugin that is off is never granted."""

    def __init__(self, plugins: PluginHost) -> None:
        self._plugins = plugins
        self._resolve = lru_cache(maxsize=2048)(self._compute)

    def of(self, tenant: Tenant, roles: tuple[str, ...]) -> frozenset[str]:
        custom = tuple((role, tenant.roles[role]) for role in roles if role in tenant.roles)
        built_in = tuple(role for role in roles if role not in tenant.roles)
        return self._resolve(tenant.plugins, built_in, custom)

    def in_account(self, tenant: Tenant, roles: tuple[str, ...], account_role: str) -> frozenset[str]:
        """What a customer with these roles may do in an organisation where they are `account_role`.

        The organisation's role adds to the built-in role "customer" alone: where a company gave somebody roles of its own
        instead, those count and nothing else does.
        """
        granted = self.of(tenant, roles)
        if "customer" in roles and account_role in ACCOUNT_ROLES:
            granted |= self._resolve(tenant.plugins, (account_role,), ())
        return granted

    def everything(self, enabled: frozenset[str]) -> frozenset[str]:
        """For jobs and commands: all that exists for a company with these plugins."""
        return self._allowed(enabled)

    def _allowed(self, enabled: frozenset[str]) -> frozenset[str]:
        found = {*CORE_PERMISSIONS, *ORGANISATION_PERMISSIONS}
        for name in enabled & self._plugins.manifests.keys():
            found |= self._plugins.manifests[name].permissions.keys()
        return frozenset(found)

    def _compute(
        self, enabled: frozenset[str], built_in: tuple[str, ...], custom: tuple[tuple[str, frozenset[str]], ...]
    ) -> frozenset[str]:
        granted: set[str] = set()
        for role in built_in:
            granted |= CORE_ROLES.get(role, frozenset())
            for name in enabled & self._plugins.manifests.keys():
                granted |= set(self._plugins.manifests[name].roles.get(role, ()))
        for _, permissions in custom:
            granted |= permissions
        return frozenset(granted & self._allowed(enabled))
