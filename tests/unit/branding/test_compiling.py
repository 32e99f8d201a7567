"""Our environments draw and call exactly as Jinja2's own would."""

from __future__ import annotations

import jinja2
import pytest
from markupsafe import Markup

from portico.branding.compiling import Generator, PageContext, PageTemplate, drawn, name_only

SOURCES = [
    "{{ text }}|{{ safe }}|{{ number }}|{{ own }}|{{ none }}",
    "{% for one in texts %}{{ loop.index }}{{ one }}{{ say(one) }}{% endfor %}",
    "{% macro cell(value) %}<td>{{ value }}{{ caller() }}</td>{% endmacro %}{% call cell(text) %}{{ text }}{% endcall %}",
    "{% set kept %}<b>{{ text }}</b>{% endset %}{{ kept }}{{ kept|upper }}",
    "{% autoescape false %}{{ text }}{% endautoescape %}{{ text|safe }}{{ text|e }}{{ texts|join(', ') }}",
    "{% set inner = 'in' %}{% for one in texts %}{{ seen() }}{% endfor %}",
]


class Own:
    def __html__(self) -> str:
        return "<i>own</i>"


@jinja2.pass_context
def seen(context: jinja2.runtime.Context) -> str:
    """Reads what a loop has set, so it must be given the loop's own context."""
    return f"{context.get('one')}{context.get('inner')}"


@name_only
@jinja2.pass_context
def say(context: jinja2.runtime.Context, text: str) -> str:
    return f"{context.name}<{text}>"


VALUES = {"text": "<a & 'b' \"c\">", "safe": Markup("<b>"), "number": 3, "own": Own(), "none": None, "texts": ["<", "b"]}


def environment(ours: bool) -> jinja2.Environment:
    made = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    made.globals.update(say=say, seen=seen)
    if ours:
        made.context_class, made.code_generator_class = PageContext, Generator
        made.drawn = drawn  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize("source", SOURCES)
def test_a_template_draws_the_same_as_with_plain_jinja(source: str) -> None:
    assert environment(True).from_string(source).render(VALUES) == environment(False).from_string(source).render(VALUES)


def test_nothing_leaves_unescaped() -> None:
    assert environment(True).from_string("{{ text }}").render(VALUES) == "&lt;a &amp; &#39;b&#39; &#34;c&#34;&gt;"


def test_a_string_that_only_looks_like_markup_is_escaped() -> None:
    class Sly(str):
        """A str of another type, without `__html__`."""

    assert drawn(Sly("<script>")) == "&lt;script&gt;"


def test_an_unknown_name_still_raises() -> None:
    with pytest.raises(jinja2.UndefinedError):
        environment(True).from_string("{{ nobody }}").render()
    with pytest.raises(jinja2.UndefinedError):
        environment(True).from_string("{{ nobody() }}").render()


def test_an_imported_macro_sees_the_environments_globals() -> None:
    for ours in (True, False):
        made = environment(ours)
        made.loader = jinja2.DictLoader({"parts": "{% macro cell(v) %}{{ say(v) }}{% endmacro %}"})
        if ours:
            made.template_class = PageTemplate
        assert made.from_string("{% import 'parts' as ui %}{{ ui.cell('x') }}").render() == "parts&lt;x&gt;"
