"""Writes XML with lxml, element by element: what is empty is left out, since an empty element is against both syntaxes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree


class Elements:
    """Writes elements whose names have a prefix of `names`, prefix → namespace."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = dict(names)

    def root(self, name: str, default: str | None = None) -> Any:
        """default: the namespace that the root has without a prefix."""
        names: dict[str | None, str] = dict(self._names.items())
        if default is None:
            return etree.Element(self._qualified(name), nsmap=names)
        return etree.Element(f"{{{default}}}{name}", nsmap={None: default, **names})

    def group(self, parent: Any, *path: str) -> Any:
        """A new element below new elements of the names in `path`."""
        for name in path:
            parent = etree.SubElement(parent, self._qualified(name))
        return parent

    def text(self, parent: Any, name: str, text: str, **attributes: str) -> None:
        if text:
            etree.SubElement(parent, self._qualified(name), attributes).text = text

    def _qualified(self, name: str) -> str:
        prefix, local = name.split(":")
        return f"{{{self._names[prefix]}}}{local}"


def written(root: Any) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))
