"""Makes documents: a plugin's content, on the company's paper, in one language. Knows no request and no database."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from portico.branding.brand import brand_of
from portico.branding.fonts import FONTS
from portico.branding.themes import Themes
from portico.documents import paper, rendering
from portico.documents.sources import DocumentSources
from portico.documents.texts import cleaned
from portico.errors import BusyError
from portico.files import names
from portico.pluginhost.values import Document
from portico.tenancy.tenant import Tenant
from portico.web.i18n import Localiser, _, localiser

FONTS_FOLDER = "fonts/print"
"""Below `static/<package>` of core and of a theme: TrueType fonts, which no browser is given."""
_WAIT_S = 10.0
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Made:
    """A PDF and what to call it."""

    name: str
    content: bytes


class Documents:
    """Of one process."""

    def __init__(self, themes: Themes, threads: int) -> None:
        self._themes = themes
        self._sources = {
            name: DocumentSources(themes.folders, themes.folders.get(name), reload=themes.auto_reload)
            for name in themes.environments
        }
        # The rest of a process's threads stays for pages, however long documents take; and nobody has two made at a time.
        self._free = max(1, threads // 2)
        self._most_waiting = max(0, threads // 2 - 1)
        self._waiting = 0
        self._served: set[UUID] = set()
        self._changed = threading.Condition()

    def speaker(self, tenant: Tenant, locale: str) -> Localiser:
        """For whom a document is written: their language, the company's time zone."""
        return localiser(self._themes.catalogues, locale, tenant.time_zone)

    def make(self, tenant: Tenant, locale: str, document: Document, person: UUID | None = None) -> Made:
        """person: who asks; their others wait meanwhile. Raises DocumentError, BusyError, DocumentTemplateError."""
        speaker = self.speaker(tenant, locale)
        theme = self._themes.name_for(tenant.theme)
        source = self._sources[theme].whole(document.template)
        values = json.dumps(self.values(tenant, speaker, document), ensure_ascii=False, sort_keys=True)
        with self._slot(person):
            content = rendering.typeset(
                source, {"document": values}, int(document.date.timestamp()), list(self._fonts(theme))
            )
        return Made(names.cleaned(speaker.translate(document.title) + ".pdf", "pdf"), content)

    def values(self, tenant: Tenant, speaker: Localiser, document: Document) -> dict[str, Any]:
        """What a template reads as `document`; docs/plugins/documents.md lists it."""
        brand, date = brand_of(tenant.brand), document.date.astimezone(tenant.zone)
        chosen = paper.settings_of(tenant)
        found: dict[str, Any] = cleaned(
            {
                "title": speaker.translate(document.title),
                "language": speaker.locale.replace("_", "-").partition("-")[0],
                "direction": speaker.direction,
                "date": [date.year, date.month, date.day, date.hour, date.minute, date.second],
                "paper": paper.PAPERS[paper.size(tenant)],
                "palette": paper.print_palette(brand),
                "fonts": list(FONTS[brand.font].print),
                "company": {
                    "name": tenant.name,
                    "address": str(chosen.get("address") or ""),
                    "footer": str(chosen.get("footer") or ""),
                },
                "content": document.content,
            }
        )
        found["page_of"] = speaker.translate(_("Page ${page} of ${pages}", mapping={"page": "{page}", "pages": "{pages}"}))
        found["company"]["logo"] = _logo(tenant)
        return found

    def _fonts(self, theme: str) -> Iterator[Path]:
        for package in dict.fromkeys(("portico", theme)):
            folder = self._themes.folders.get(package)
            path = folder / "static" / package / FONTS_FOLDER if folder else None
            if path is not None and path.is_dir():
                yield path

    def _may_begin(self, person: UUID | None) -> bool:
        return self._free > 0 and person not in self._served

    @contextmanager
    def _slot(self, person: UUID | None) -> Iterator[None]:
        with self._changed:
            if not self._may_begin(person):
                if self._waiting >= self._most_waiting:
                    raise BusyError
                self._waiting += 1
                try:
                    if not self._changed.wait_for(lambda: self._may_begin(person), _WAIT_S):
                        raise BusyError
                finally:
                    self._waiting -= 1
            self._free -= 1
            if person is not None:
                self._served.add(person)
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._served -= {person}
                self._changed.notify_all()


def _logo(tenant: Tenant) -> dict[str, Any] | None:
    """Its bytes, one by one: the typesetter opens no file. None, and the name stands there, for what is no picture."""
    stored = tenant.brand.get("logo") or {}
    picture = base64.b64decode(stored.get("data") or "")
    kind = "png" if picture.startswith(_PNG) else "webp" if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP" else ""
    return {"format": kind, "bytes": list(picture)} if kind else None
