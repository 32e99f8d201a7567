"""What a reader sees of a page: its texts, those of attributes, and those that scripts show later."""

from __future__ import annotations

from html.parser import HTMLParser

SAID_BY = ("title", "aria-label", "placeholder", "alt", "aria-description", "aria-roledescription")
KEPT_FOR_LATER = ("data-saving", "data-saved", "data-failed", "data-editing", "hx-confirm", "data-label")
UNREAD = {"script", "style", "pre", "code", "textarea", "bdi", "time", "kbd"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Words(HTMLParser):
    """`texts`: pairs of where (element or attribute) and what. Other languages' names, code and data marked as such
    (bdi, time) are left out."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language
        self.texts: list[tuple[str, str]] = []
        self._open: list[tuple[str, bool]] = []

    @classmethod
    def of(cls, html: str, language: str) -> list[tuple[str, str]]:
        reader = cls(language)
        reader.feed(html)
        return reader.texts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        quiet = tag in UNREAD or bool(values.get("lang")) and values["lang"] != self.language or "data-verbatim" in values
        silent = quiet or self._silent()
        if tag not in VOID:
            self._open.append((tag, quiet))
        if silent and tag != "html":
            return
        for name in SAID_BY:
            self._add(f"<{tag} {name}>", values.get(name, ""))
        if tag == "meta" and values.get("name", "").startswith("text-"):
            self._add("<meta>", values.get("content", ""))
        if tag == "input" and values.get("type") in ("submit", "button"):
            self._add("<input value>", values.get("value", ""))
        for name in KEPT_FOR_LATER:
            self._add(f"<{tag} {name}>", values.get(name, ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if self._open and not self._silent():
            self._add(f"<{self._open[-1][0]}>", data)

    def _silent(self) -> bool:
        return any(quiet for tag, quiet in self._open if tag != "html")

    def _add(self, where: str, text: str) -> None:
        text = " ".join(text.split())
        if text:
            self.texts.append((where, text))
