"""Rules that hold for every template and script that ships."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted(
    path
    for root in ("core", "plugins", "themes", "connectors")
    for path in (ROOT / root).rglob("templates/**/*.jinja2")
    if "mail" not in path.parts
)
MAILS = sorted((ROOT / "core").rglob("templates/portico/mail/*.html.jinja2"))
DRAWN = {
    "core/portico/branding/head.py": 1,
    "core/portico/branding/icons.py": 1,
    "core/portico/branding/once.py": 1,
    "core/portico/branding/template_globals.py": 2,
    "core/portico/branding/themes.py": 1,
    "core/portico/forms/renderer.py": 1,
    "core/portico/forms/submission.py": 1,
    "core/portico/identity/factors/views.py": 1,
}
"""Modules that make markup, and how often: of templates that were rendered, of drawings of ours, and of texts that are escaped first."""
FORBIDDEN = {
    "inline style": re.compile(r"\sstyle\s*="),
    "style element": re.compile(r"<style"),
    "inline script": re.compile(r"<script(?![^>]*\ssrc=)"),
    "event handler": re.compile(r"\son[a-z]+\s*="),
    "evaluated htmx": re.compile(r"hx-on|hx-vals=['\"]js:|hx-trigger=\"[^\"]*\["),
    "outside address": re.compile(r"(?:src|href)=\"https?://"),
    "gettext of a variable, which would not be escaped": re.compile(r"\b(?:n?gettext|n?pgettext)\(\s*[a-z]"),
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_are_templates_to_look_at() -> None:
    assert len(TEMPLATES) > 30


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_templates_need_no_exception_from_the_content_security_policy(path: Path) -> None:
    text = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]
    assert not found


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_templates_say_what_they_are_and_what_they_need(path: Path) -> None:
    assert path.read_text(encoding="utf-8").lstrip().startswith("{#")


MARKED_SAFE = re.compile(r"\|\s*safe\b|{%-?\s*autoescape|\bMarkup\b")


@pytest.mark.parametrize("path", sorted({*TEMPLATES, *MAILS}), ids=name_of)
def test_no_template_takes_html_for_granted(path: Path) -> None:
    """ASVS 1.3.1: whatever people write is text; what is markup comes from templates and drawings of ours."""
    assert not MARKED_SAFE.search(re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL))


def test_no_field_takes_html() -> None:
    """ASVS 1.3.1: no form has an editor of rich text, and nobody's text is made markup outside of the drawing of pages."""
    found = {}
    for root in ("core", "plugins", "connectors", "themes"):
        for path in (ROOT / root).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if re.search(r"RichTextWidget|contenteditable|\bMarkup\(", text):
                found[name_of(path)] = len(re.findall(r"\bMarkup\(", text))
    assert found == DRAWN


GLUED = re.compile(r"{{ _\(\"[^\"]*\"\) }} {{ ui\.(?:time|date|datetime|money)\(|}} {{ _\(\"[a-z]")
"""A word beside a value, where other languages put it before, after or around: the value belongs into the message."""
WHOLE = ("identity", "organisation", "privacy", "approvals")
"""Folders of templates whose sentences are whole."""


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.parent.name in WHOLE], ids=name_of)
def test_sentences_are_whole(path: Path) -> None:
    assert GLUED.findall(path.read_text(encoding="utf-8")) == []


SWAPPED_ITSELF = re.compile(r"<[a-z]+\b(?=[^<>]*\bhx-get=)(?=[^<>]*\bhx-swap=\"outerHTML)(?=[^<>]*\baria-live=)")


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_what_is_read_aloud_stays_while_its_content_changes(path: Path) -> None:
    """A live region that is taken out and put in anew is silent: the mark belongs to what stays around it."""
    assert not SWAPPED_ITSELF.search(path.read_text(encoding="utf-8"))


def test_scripts_evaluate_nothing() -> None:
    script = (ROOT / "core/portico/static/portico/js/portico.js").read_text()
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write", script)
