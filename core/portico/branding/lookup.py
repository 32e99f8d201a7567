"""Finds templates: the theme's before the package's own, `core:` past the theme; shares compiled code."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket

from portico.branding.keptcode import Codes, KeptCode

UNTHEMED = "core:"


def package_folder(package: str) -> Path:
    """Where an installed package lies, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"no package {package}")
    return Path(next(iter(spec.submodule_search_locations)))


def package_folders(packages: Iterable[str]) -> dict[str, Path]:
    return {package: package_folder(package) for package in packages}


class Sources(jinja2.BaseLoader):
    """`portico_quotes/list.jinja2`: from the theme, else `templates/portico_quotes/` of that package.

    A package is asked only for names that begin with its own, so that no plugin replaces another's page.
    """

    def __init__(self, folders: Mapping[str, Path], theme: Path | None = None) -> None:
        self.folders = folders
        self.theme = theme

    def path_of(self, name: str) -> Path | None:
        """The file of that name as this theme has it; None: there is none."""
        local = name.removeprefix(UNTHEMED)
        parts = local.split("/")
        if any(part in ("", ".", "..") for part in parts) or "\\" in local:
            return None
        candidates = []
        if self.theme is not None and local == name:
            candidates.append(self.theme / "templates" / local)
        owner = self.folders.get(parts[0])
        if owner is not None:
            candidates.append(owner / "templates" / local)
        return next((path for path in candidates if path.is_file()), None)

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        path = self.path_of(template)
        if path is None:
            raise jinja2.TemplateNotFound(template)
        stamp = path.stat().st_mtime_ns

        def fresh() -> bool:
            return self.path_of(template) == path and path.stat().st_mtime_ns == stamp

        return path.read_text(encoding="utf-8"), str(path), fresh

    def list_templates(self) -> list[str]:
        names = set()
        for folder in [self.theme, *self.folders.values()]:
            root = folder / "templates" if folder else None
            if root is not None and root.is_dir():
                names |= {path.relative_to(root).as_posix() for path in root.rglob("*.jinja2")}
        return sorted(names)


class SharedCode(jinja2.BytecodeCache):
    """One code object per source text for all themes of a process, and for the next start where `kept` is given."""

    def __init__(self, kept: KeptCode | None = None) -> None:
        self.code: Codes = {}
        self._kept = kept
        self._former: Codes | None = None

    def load_bytecode(self, bucket: Bucket) -> None:
        key = bucket.key, bucket.checksum
        code = self.code.get(key)
        if code is None and (code := self._from_before().get(key)) is not None:
            self.code[key] = code
        if code is not None:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self.code[bucket.key, bucket.checksum] = bucket.code

    def keep(self) -> None:
        """For the next start; called once everything is compiled. What no template uses any more is let go."""
        if self._kept is not None and self.code.keys() != self._from_before().keys():
            self._kept.write(self.code)
        self._former = {}

    def _from_before(self) -> Codes:
        if self._former is None:
            self._former = self._kept.read() if self._kept is not None else {}
        return self._former
