"""plugin.toml: what a plugin says of itself, readable without importing its code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portico.pluginhost.declared import Setting, read_setting

KINDS = ("feature", "connector", "theme")
BUILT_IN_ROLES = ("customer", "owner", "purchaser", "finance", "viewer", "agent", "admin")
_KEYS = {"name", "title", "version", "kind", "requires", "core", "default", "tables", "description", "permissions",
         "roles", "settings"}
_PERMISSION = re.compile(r"^[a-z][a-z0-9_]*:[a-z][a-z0-9_-]*$")


class ManifestError(ValueError):
    """A plugin.toml that cannot be used; the text names the file and the key."""


@dataclass(frozen=True)
class Manifest:
    """One plugin. `name` is its import name and its name everywhere; `title` and `description` are English msgids.

    requires: other plugins that must be on too. core: the core revision its tables need.
    tables: the prefix of its tables; empty if it has none. default: on for a new company.
    permissions: name → one sentence. roles: built-in role → permissions that it gets.
    settings: what a company can set, by name; see `portico.pluginhost.declared`.
    """

    name: str
    title: str
    version: str
    kind: str = "feature"
    requires: tuple[str, ...] = ()
    core: str | None = None
    default: bool = True
    tables: str = ""
    description: str = ""
    permissions: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    folder: Path = Path()

    @property
    def owner(self) -> str:
        """What the names that others can see begin with: `quotes` for `portico_quotes`."""
        return self.name.removeprefix("portico_")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the plugin whose package lies in `folder`. Raises ManifestError."""
    file = folder / "plugin.toml"
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ManifestError(f"{file}: {error.strerror}; a plugin needs a plugin.toml beside its __init__.py") from error
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{file}: {error}") from error
    unknown = sorted(values.keys() - _KEYS)
    if unknown:
        raise ManifestError(f"{file}: unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    for key in ("name", "title", "version"):
        if not isinstance(values.get(key), str) or not values[key]:
            raise ManifestError(f"{file}: {key!r} is missing")
    if values["name"] != folder.name:
        raise ManifestError(f"{file}: name is {values['name']!r} but the package is {folder.name!r}")
    if values.get("kind", "feature") not in KINDS:
        raise ManifestError(f"{file}: kind must be one of {', '.join(KINDS)}")
    _check_permissions(file, values)
    return Manifest(
        folder=folder,
        requires=tuple(values.pop("requires", ())),
        roles={role: tuple(granted) for role, granted in values.pop("roles", {}).items()},
        settings={name: _setting(file, name, given) for name, given in values.pop("settings", {}).items()},
        **values,
    )


def _check_permissions(file: Path, values: Mapping[str, Any]) -> None:
    owner = values["name"].removeprefix("portico_")
    permissions = values.get("permissions", {})
    for name in permissions:
        if not _PERMISSION.match(name) or name.split(":")[0] != owner:
            raise ManifestError(f"{file}: permission {name!r} must look like \"{owner}:verb\"")
    for role, granted in values.get("roles", {}).items():
        if role not in BUILT_IN_ROLES:
            raise ManifestError(f"{file}: unknown role {role!r}; built in are {', '.join(BUILT_IN_ROLES)}")
        for name in granted:
            if name not in permissions:
                raise ManifestError(f"{file}: role {role!r} gets {name!r}, which [permissions] does not declare")


def _setting(file: Path, name: str, given: Any) -> Setting:
    try:
        return read_setting(name, given)
    except (TypeError, ValueError) as error:
        raise ManifestError(f"{file}: setting {name!r} {error}") from error
