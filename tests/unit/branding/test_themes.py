from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest

from portico.branding.themes import ThemeFileError, Themes

Package = Callable[[str, dict[str, str]], Path]
TOML = 'title = "Bold"\nstylesheets = []\n'


@pytest.fixture
def plugin(package: Package) -> Path:
    return package(
        "portico_demo",
        {
            "templates/portico_demo/page.jinja2": '{% extends "portico/layout.jinja2" %}'
            "{% block title %}T{% endblock %}"
            '{% block main %}<p>plugin {{ _("Cancel") }} {{ n }}</p>{% endblock %}',
            "templates/portico/layout.jinja2": "hijacked",
            "locale/fr/LC_MESSAGES/portico_demo.po": 'msgid ""\n'
            'msgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
            'msgid "Cancel"\nmsgstr "Abandonner"\n',
        },
    )


@pytest.fixture
def bold(package: Package) -> Path:
    return package(
        "portico_bold",
        {
            "theme.toml": TOML,
            "templates/portico/layout.jinja2": '{% extends "core:portico/layout.jinja2" %}'
            "{% block navigation %}<nav>bold nav</nav>{% endblock %}"
            "{% block footer %}[{{ super() }}]{% endblock %}",
            "templates/portico/deform/textinput.jinja2": "<bold-input>",
            "templates/portico/mail/base.html.jinja2": "{% extends 'core:portico/mail/base.html.jinja2' %}"
            "{% block brand %}bold mail{% endblock %}",
            "templates/portico_demo/page.jinja2": '{% extends "core:portico_demo/page.jinja2" %}'
            "{% block main %}<b>{{ super() }}</b>{% endblock %}",
        },
    )


@pytest.fixture
def themes(plugin: Path, bold: Path) -> Themes:
    return Themes({"portico_demo": plugin}, {"portico_bold": bold, **_clear()})


def _clear() -> dict[str, Path]:
    from portico.branding.lookup import package_folder

    return {"portico_clear": package_folder("portico_clear")}


def test_a_theme_overrides_layout_and_navigation_and_keeps_the_rest(
    themes: Themes, make_request: Any
) -> None:
    request = make_request(themes, "portico_bold")
    html = themes.render_for(
        request, "portico/dashboard.jinja2", {"widgets": [], "quick_actions": [], "welcome": None}
    )
    assert "bold nav" in html
    assert '[  <footer class="footer">' in html
    assert "Hello Amelia Hart" in html


def test_a_theme_with_a_font_of_its_own_loads_no_other(plugin: Path, package: Package, make_request: Any) -> None:
    own = package("portico_own", {"theme.toml": f"{TOML}options = {{own_font = true}}\n"})
    themes = Themes({"portico_demo": plugin}, {"portico_own": own, **_clear()})
    found = {}
    for theme in ("portico_own", "portico_clear"):
        request = make_request(themes, theme)
        request.tenant.brand["font"] = "readex-pro"
        html = themes.render_for(request, "portico_demo/page.jinja2", {"n": 1})
        found[theme] = ("font-readex-pro.css" in html, 'rel="preload"' in html)
    assert found == {"portico_own": (False, False), "portico_clear": (True, True)}


def test_the_theme_is_chosen_at_each_call(themes: Themes, make_request: Any) -> None:
    outputs = [
        themes.render_for(make_request(themes, theme), "portico_demo/page.jinja2", {"n": 1})
        for theme in ("portico_bold", "portico_clear")
    ]
    assert "<b><p>plugin" in outputs[0]
    assert "<b><p>plugin" not in outputs[1]


def test_a_theme_overrides_a_widget_and_a_mail(themes: Themes) -> None:
    bold, clear = (themes.environments[name] for name in ("portico_bold", "portico_clear"))
    assert bold.get_template("portico/deform/textinput.jinja2").render() == "<bold-input>"
    assert (
        bold.get_template("core:portico/deform/textinput.jinja2").filename
        != bold.get_template("portico/deform/textinput.jinja2").filename
    )
    values: dict[str, Any] = {
        "name": "Zoë",
        "link": "https://x.example/v",
        "tenant": None,
        "portal_url": "",
        "subject": "S",
        "days": 2,
    }
    assert "bold mail" in themes.render("portico_bold", "portico/mail/verify.html.jinja2", **values)
    assert "bold mail" not in themes.render("portico_clear", "portico/mail/verify.html.jinja2", **values)
    assert clear.get_template("portico/mail/base.html.jinja2").filename is not None


def test_a_plugin_cannot_replace_a_template_of_another_package(themes: Themes, make_request: Any) -> None:
    html = themes.render_for(make_request(themes), "portico_demo/page.jinja2", {"n": 2})
    assert "hijacked" not in html


def test_a_text_is_looked_up_in_the_domain_of_its_template(themes: Themes, make_request: Any) -> None:
    html = themes.render_for(make_request(themes, locale="fr"), "portico_demo/page.jinja2", {"n": 2})
    assert "plugin Abandonner 2" in html  # the plugin's own word
    assert ">Annuler<" in html  # the core's, in the dialog around it
    assert '<html lang="fr" dir="ltr"' in html


def test_a_missing_theme_falls_back_to_the_default(themes: Themes) -> None:
    assert themes.name_for("portico_uninstalled") == "portico_clear"
    assert themes.name_for(None) == "portico_clear"


@pytest.mark.parametrize(
    "name", ["portico/../../__init__.py", "../x", "portico//x", "core:../x", "/etc/passwd"]
)
def test_no_name_leads_out_of_the_template_folders(themes: Themes, name: str) -> None:
    with pytest.raises(jinja2.TemplateNotFound):
        themes.environments["portico_clear"].get_template(name)


def test_undefined_names_are_errors(themes: Themes, make_request: Any) -> None:
    with pytest.raises(jinja2.UndefinedError):
        themes.render_for(make_request(themes), "portico_demo/page.jinja2", {})


def test_text_from_data_is_escaped_even_when_translated(themes: Themes) -> None:
    environment = themes.environments["portico_clear"]
    source = (
        '{{ _(message) }}|{{ _("Hello %(name)s", name=message) }}|'
        "{% trans n=message %}Hi {{ n }}{% endtrans %}"
    )
    template = environment.from_string(source)
    from portico.branding.template_globals import Rendering, rendering
    from portico.web.i18n import localiser

    token = rendering.set(Rendering(localiser(themes.catalogues, "en"), themes.theme("portico_clear")))
    try:
        html = template.render(message="<script>50%</script>")
    finally:
        rendering.reset(token)
    assert "<script>" not in html
    assert html.count("&lt;script&gt;50%") == 3


def test_an_unknown_key_in_theme_toml_is_refused(package: Package) -> None:
    folder = package("portico_odd", {"theme.toml": 'title = "Odd"\ncolour = "#fff"\n'})
    with pytest.raises(ThemeFileError, match="colour"):
        Themes({}, {"portico_odd": folder})


def test_every_template_of_every_theme_compiles() -> None:
    themes = Themes([], ["portico_clear", "portico_ledger"])
    assert themes.compile() > 90


def test_code_is_shared_between_themes() -> None:
    themes = Themes([], ["portico_clear", "portico_ledger"])
    themes.environments["portico_clear"].get_template("portico/macros.jinja2")
    before = len(themes.shared.code)
    themes.environments["portico_ledger"].get_template("portico/macros.jinja2")
    assert len(themes.shared.code) == before


def test_mail_subject_is_the_first_line_of_its_text_part() -> None:
    themes = Themes([], ["portico_clear"])
    tenant = SimpleNamespace(name="Fish & Sons", brand={"colour": "#B45309"})
    for kind in ("verify", "reset", "known"):
        text = themes.render(
            "portico_clear", f"portico/mail/{kind}.txt.jinja2", locale="fr", tenant=tenant, portal_url="https://x.example",
            name="Zoë", link="https://x.example/v?a=1&b=2", days=2,
        )  # fmt: skip
        assert "Fish & Sons" in text.strip().splitlines()[0]
        assert "https://x.example/v?a=1&b=2" in text
