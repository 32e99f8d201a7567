"""Joins style sheets, or scripts, into one file, so that a first view asks for few; knows no file system and no server.

Remarks are left out. Only what never changes between pages is joined: what a page needs besides stays a file of its own.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

FOLDER = "portico/bundle"
_RELATIVE = re.compile(rb"""url\((["']?)([^"'():/][^"'():]*)\1\)""")
_REMARK = re.compile(rb"/\*.*?\*/", re.DOTALL)
_INDENT = re.compile(rb"\s*\n\s*")
_REMARKS_OF_SCRIPTS = re.compile(rb"^[ \t]*(//[^\n]*|/\*(?:(?!\*/).)*\*/[ \t]*)\n", re.DOTALL | re.MULTILINE)
_RESPONSIVE_UTILITIES = re.compile(
    rb"@media \(min-width:\d+px\)\{(?:\.[a-z0-9-]+-(?:sm|md|lg|xl|xxl)(?:-[a-z0-9-]+)?\{(?:[^{};]+!important;?)+\})+\}"
)
_SCRIPTED = re.compile(
    rb"\.(?:accordion|carousel|collapse|collapsing|dropdown|dropend|dropstart|dropup|modal|navbar|offcanvas|popover|toast|tooltip)"
    rb"(?![a-z])"
)
"""Components that do nothing without the framework's own script, which is not shipped."""
_RULE = re.compile(rb"(?<=[{}/])([^{}@/]*" + _SCRIPTED.pattern + rb"[^{}]*)\{[^{}]*\}")
_EXPORT = re.compile(rb"^export (?=(async )?(function|class|const|let) )", re.MULTILINE)
_IMPORT = re.compile(rb"^(import\b|export\s*[{*]|export default)", re.MULTILINE)


class BundleError(ValueError):
    """Files that cannot be joined; the text says which and why."""


def join(name: str, parts: Iterable[tuple[str, bytes]]) -> bytes:
    """`name` ends like the parts: .css or .js. A part: its asset's name and body."""
    one = _sheet if name.endswith(".css") else _script
    return b"\n".join(one(name, part, body) for part, body in parts)


def _sheet(bundle: str, part: str, body: bytes) -> bytes:
    """What a sheet names beside itself is named from the bundle's folder."""

    def moved(found: re.Match[bytes]) -> bytes:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(part), found[2].decode()))
        return b"url(" + found[1] + posixpath.relpath(target, posixpath.dirname(bundle)).encode() + found[1] + b")"

    plain = _lighter(body) if ".min." in part else _INDENT.sub(b"\n", _REMARK.sub(b"", body)).strip()
    return _RELATIVE.sub(moved, plain)


def _lighter(framework: bytes) -> bytes:
    """Without a quarter of its weight that none of our pages can use: `.d-md-none` and the like, and what needs its script."""

    def kept(rule: re.Match[bytes]) -> bytes:
        selectors = [one for one in rule[1].split(b",") if not _SCRIPTED.search(one)]
        return rule[0].replace(rule[1], b",".join(selectors), 1) if selectors else b""

    return _RULE.sub(kept, _RESPONSIVE_UTILITIES.sub(b"", framework))


def _script(bundle: str, part: str, body: bytes) -> bytes:
    """A module keeps its names to itself; a minified library stays as it is, since others look for its global."""
    if part.endswith(".min.js"):
        return body.rstrip().rstrip(b";") + b";"
    if _IMPORT.search(body):
        raise BundleError(f"{part} imports or re-exports: it cannot become part of {bundle}")
    return b'(() => {\n"use strict";\n' + _EXPORT.sub(b"", _REMARKS_OF_SCRIPTS.sub(b"", body)) + b"\n})();"
