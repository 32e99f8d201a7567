"""Finds templates of documents as pages' are found, the theme's before the package's own, and puts what they import in place.

A template is `templates/<package>/documents/<name>.typ`. It imports another by `#import "/<package>/documents/<name>.typ": *`,
and with `core:` after the first stroke that of the package itself where a theme replaces it. The typesetter opens no file, so
imports are resolved here, and this is the one way to write them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from portico.branding.lookup import Sources
from portico.documents.errors import DocumentTemplateError

_IMPORT = re.compile(r'^#import "/((?:core:)?[a-z0-9_]+(?:/[a-z0-9_-]+)+\.typ)": \*[ \t]*$', re.MULTILINE)
_OTHER = re.compile(r"^[^/\n]*(?:#|\b)(?:import|include)\b", re.MULTILINE)


class DocumentSources:
    """Of one theme."""

    def __init__(self, folders: Mapping[str, Path], theme: Path | None, *, reload: bool = False) -> None:
        self._sources = Sources(folders, theme)
        self.whole = self._whole if reload else lru_cache(maxsize=256)(self._whole)

    def _whole(self, name: str) -> str:
        """The template with all that it imports, each once. Raises DocumentTemplateError."""
        return self._with_imports(name, set())

    def _with_imports(self, name: str, seen: set[str]) -> str:
        if name in seen:
            return ""
        seen.add(name)
        path = self._sources.path_of(name)
        if path is None:
            raise DocumentTemplateError(name)
        text = path.read_text(encoding="utf-8")
        if found := _OTHER.search(_IMPORT.sub("", text)):
            raise DocumentTemplateError(f'{name}: {found[0].strip()}: write #import "/package/documents/name.typ": *')
        return _IMPORT.sub(lambda one: self._with_imports(one[1], seen), text)
