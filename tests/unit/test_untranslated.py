"""No template says anything that was not marked for translation: neither beside its expressions nor in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes
from tests.browser.words import KEPT_FOR_LATER, SAID_BY

from portico.cli.i18n import KEYWORDS

ROOT = Path(__file__).parents[2]
PLACES = ("core", "plugins", "themes", "connectors")
ENVIRONMENT = jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.i18n"])
TECHNICAL = ("Portico", "OpenID Connect", "SAML", "HTTP", "Authorization: Bearer", "tables/", ".csv", "]object", ", required)")
"""Names of products and protocols, and what programs read: the same in every language."""
UNREAD = {"script", "style", "pre", "code"}
WORD = re.compile(r"[A-Za-z]{2,}")
SENTENCE = re.compile(r"[A-Z][a-z]|.* (the|a|an|is|are|was|of|to|for|and|not|no|with|your|you)( |$)")
"""What people read, among texts that name a class, an icon or a field."""


def templates() -> list[Path]:
    return sorted(file for place in PLACES for file in (ROOT / place).rglob("*.jinja2"))


def complaints(source: str) -> list[str]:
    tree = ENVIRONMENT.parse(source)
    reader = Reader()
    reader.feed("".join(written(tree)))
    reader.close()
    return [f"{where}: {text!r}" for where, text in [*reader.texts, *(("in an expression", one) for one in constants(tree))]
            if WORD.search(untechnical(text))]


def untechnical(text: str) -> str:
    for one in TECHNICAL:
        text = text.replace(one, " ")
    return text


def written(node: nodes.Node) -> Iterator[str]:
    """The template's own text in its order, "x1" for each expression: also where a tag's or an attribute's name stands."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.TemplateData):
            yield child.data
        elif isinstance(child, nodes.Expr) and isinstance(node, nodes.Output):
            yield "x1"
        else:
            yield from written(child)


def constants(node: nodes.Node) -> Iterator[str]:
    """Texts for people in expressions, but for those that are looked up in a catalogue."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in KEYWORDS:
        looked_up = len(KEYWORDS[node.node.name] or (1,))
        found = [one for one in node.args[:looked_up] if not isinstance(one, nodes.Const)]  # which no catalogue can have
        for inner in (*found, *node.args[looked_up:], *node.kwargs):
            yield from constants(inner)
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and SENTENCE.match(node.value):
        yield node.value
    for child in node.iter_child_nodes():
        yield from constants(child)


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []
        self._unread: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {*SAID_BY, *KEPT_FOR_LATER}
        if tag == "meta" and str(dict(attrs).get("name")).startswith("text-"):
            said.add("content")
        self.texts += [(f"<{tag} {name}>", value) for name, value in attrs if name in said and value]
        if tag in UNREAD:
            self._unread.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._unread and self._unread[-1] == tag:
            self._unread.pop()

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.texts.append(("text", " ".join(data.split())))


def test_there_are_templates_in_every_place() -> None:
    assert {file.relative_to(ROOT).parts[0] for file in templates()} == set(PLACES)


@pytest.mark.parametrize("file", templates(), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_template_says_nothing_untranslated(file: Path) -> None:
    assert not complaints(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("source", [
    "<p>Save</p>",
    "Dear {{ name }},",
    '<a aria-label="Close it">{{ icon("x") }}</a>',
    '<input {% if x %}placeholder="Your name"{% endif %}>',
    "{% if x %}{{ name }}{% else %}nobody{% endif %}",
    "{% call ui.cell() %}<span>never</span>{% endcall %}",
    '{% call ui.cell("What") %}{% endcall %}',
    '{{ ui.empty_state("nothing to see") }}',
    '{{ "Yes" if x else _("No") }}',
    '{{ _("%(name)s asks", name="Nobody") }}',
    '{% macro row(title="Orders") %}{% endmacro %}',
    '{% set title = "Orders" %}',
    '{{ _("Open" if x else "Closed") }}',
    '<meta name="text-a" content="Saved">',
    '<button type="submit" value="x">Send</button>',
])  # fmt: skip
def test_a_text_that_was_not_marked_is_found(source: str) -> None:
    assert complaints(source)


@pytest.mark.parametrize("source", [
    '<p class="small">{{ _("Save") }}</p>',
    '<{{ tag }} class="btn btn-sm" id="a-{{ id }}">{{ icon("refresh-cw", 16) }}</{{ tag }}>',
    "{% trans %}Read by Babel{% endtrans %}{% trans n=2 %}One{% pluralize %}{{ n }} of them{% endtrans %}",
    '{{ ngettext("One of %(all)s", "%(num)s of %(all)s", 2, all=3) }}',
    "<script>let words</script><code>curl</code>",
    '<a aria-label="{{ _("Close") }}">×</a>',
])  # fmt: skip
def test_what_was_marked_and_what_is_no_text_passes(source: str) -> None:
    assert not complaints(source)
