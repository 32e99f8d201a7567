"""The plugin manager of one process: discovery by entry point, checks at start, and a relay per set of plugins."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from portico import hookspecs
from portico.db.migrate import Lineage, core_lineage
from portico.pluginhost.manifest import Manifest, ManifestError, read_manifest
from portico.pluginhost.relay import Relay

GROUP = "portico.plugins"


class PluginHost:
    """All installed plugins. Nothing here knows which company has which: `relay(enabled)` is told."""

    def __init__(self, manifests: Mapping[str, Manifest]) -> None:
        self.manifests = dict(manifests)
        self.manager = pluggy.PluginManager("portico")
        self.manager.add_hookspecs(hookspecs)
        self.relay = lru_cache(maxsize=512)(self._make_relay)

    @classmethod
    def discover(cls, only: Iterable[str] | None = None, points: Iterable[EntryPoint] | None = None) -> PluginHost:
        """Find every installed plugin (or those named in `only`), read the manifests, then import and register.

        Raises ManifestError for a manifest that is wrong or a requirement that is not installed, and
        pluggy.PluginValidationError for a hook implementation that no specification knows.
        """
        wanted = None if only is None else set(only)
        manifests: dict[str, Manifest] = {}
        for point in points if points is not None else entry_points(group=GROUP):
            if wanted is not None and point.value not in wanted:
                continue
            manifests[point.value] = read_manifest(package_folder(point.value))
        host = cls(manifests)
        for manifest in host.in_order():
            host.register(manifest)
        host.manager.check_pending()
        return host

    def register(self, manifest: Manifest, module: ModuleType | None = None) -> None:
        """Register a plugin's hooks; for tests also of a module made on the spot."""
        self.manifests[manifest.name] = manifest
        if module is None:
            if importlib.util.find_spec(f"{manifest.name}.models"):
                importlib.import_module(f"{manifest.name}.models")
            if importlib.util.find_spec(f"{manifest.name}.hookspecs"):
                self.specify(manifest, importlib.import_module(f"{manifest.name}.hookspecs"))
            if not importlib.util.find_spec(f"{manifest.name}.hooks"):
                return
            module = importlib.import_module(f"{manifest.name}.hooks")
        self.manager.register(module, name=manifest.name)
        self.relay.cache_clear()

    def specify(self, manifest: Manifest, module: ModuleType) -> None:
        """Add the hooks that a plugin offers to others, which answer them as they answer core's. Raises ManifestError for a name
        that does not begin with the plugin's owner word: two plugins never mean different things by one hook."""
        for name in specified(module):
            if not name.startswith(f"{manifest.owner}_"):
                raise ManifestError(f"{manifest.name} specifies the hook {name!r}, which must begin with \"{manifest.owner}_\"")
        self.manager.add_hookspecs(module)

    def in_order(self) -> list[Manifest]:
        """Every plugin after those it requires. Raises ManifestError if one is missing or they go in a circle."""
        ordered: list[Manifest] = []
        waiting = dict(sorted(self.manifests.items()))
        for manifest in waiting.values():
            for need in manifest.requires:
                if need not in self.manifests:
                    raise ManifestError(f"{manifest.name} requires {need}, which is not installed")
        while waiting:
            ready = [m for m in waiting.values() if not set(m.requires) & waiting.keys()]
            if not ready:
                raise ManifestError(f"these plugins require each other: {', '.join(waiting)}")
            for manifest in ready:
                ordered.append(waiting.pop(manifest.name))
        return ordered

    def lineages(self) -> list[Lineage]:
        """Core and every plugin that brings migrations."""
        found = [core_lineage()]
        with_tables = {m.name for m in self.manifests.values() if (m.folder / "migrations").is_dir()}
        for manifest in self.in_order():
            if manifest.name in with_tables:
                found.append(Lineage(manifest.name, manifest.folder / "migrations",
                                     tuple(need for need in manifest.requires if need in with_tables), manifest.core))
        return found

    def start_up(self, hook: str, **arguments: Any) -> list[tuple[Manifest, Any]]:
        """Call a start-up hook plugin by plugin, in order of requirement; an error there stops the start."""
        results = []
        for manifest in self.in_order():
            implementation = self.implementation(manifest.name, hook)
            if implementation is not None:
                values = {key: value(manifest) if callable(value) else value for key, value in arguments.items()}
                results.append((manifest, implementation.function(**{k: values[k] for k in implementation.argnames})))
        return results

    def implementation(self, plugin: str, hook: str) -> pluggy.HookImpl | None:
        for implementation in getattr(self.manager.hook, hook).get_hookimpls():
            if implementation.plugin_name == plugin:
                return implementation
        return None

    def of_kind(self, kind: str) -> list[Manifest]:
        return [manifest for manifest in self.manifests.values() if manifest.kind == kind]

    def permissions(self) -> dict[str, Manifest]:
        """Every permission that a plugin declares → the plugin."""
        return {name: manifest for manifest in self.manifests.values() for name in manifest.permissions}

    def _make_relay(self, enabled: frozenset[str]) -> Relay:
        return Relay(self.manager, enabled)


def specified(module: ModuleType) -> dict[str, Any]:
    """The hooks that a module specifies, in its order."""
    return {name: found for name, found in vars(module).items() if hasattr(found, "portico_spec")}


def package_folder(name: str) -> Path:
    """Where an import package lies, found without importing it. Raises ManifestError."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ManifestError(f"the entry point {GROUP!r} names {name!r}, which is no installed package")
    return Path(spec.submodule_search_locations[0])
