from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import colander
import deform
import pytest
from pyramid import testing
from pyramid.request import Request
from webob.multidict import MultiDict

from portico.branding.lookup import package_folders
from portico.branding.themes import Themes
from portico.errors import ConflictError, ForbiddenError, InvalidError, TooManyRequestsError
from portico.forms.fields import InlineStyleError
from portico.forms.submission import handle
from portico.forms.widgets import DateWidget, EmailWidget, NumberWidget


@pytest.fixture(scope="module")
def themes(tmp_path_factory: pytest.TempPathFactory) -> Themes:
    """The themes that ship, and a page that holds nothing but a form."""
    folder = tmp_path_factory.mktemp("packages") / "portico_page"
    (folder / "templates/portico_page").mkdir(parents=True)
    (folder / "templates/portico_page/form.jinja2").write_text("{{ form }}")
    return Themes({"portico_page": folder}, package_folders(["portico_clear", "portico_ledger"]))


@pytest.fixture
def request_for(themes: Themes) -> Iterator[Any]:
    config = testing.setUp()
    config.registry.portico = SimpleNamespace(themes=themes)

    def make(method: str = "POST", locale: str = "en", theme: str = "portico_clear", **post: str) -> Any:
        request = testing.DummyRequest()
        request.registry = config.registry
        request.method, request.locale_name, request.scope = method, locale, None
        request.tenant = SimpleNamespace(theme=theme)
        request.POST = MultiDict({"csrf_token": "t", "__formid__": "form", "submit": "submit", **post})
        return request

    yield make
    testing.tearDown()


class Address(colander.MappingSchema):
    street = colander.SchemaNode(colander.String(), title="Street")


class Schema(colander.MappingSchema):
    name = colander.SchemaNode(
        colander.String(),
        title="Your name",
        description="As on your orders.",
        validator=colander.Length(max=5),
    )
    email = colander.SchemaNode(
        colander.String(), title="E-mail", missing="", validator=colander.Email(), widget=EmailWidget()
    )
    kind = colander.SchemaNode(
        colander.String(), title="Kind", missing="m", validator=colander.OneOf(["m", "s"]),
        widget=deform.widget.RadioChoiceWidget(values=[("m", "Material"), ("s", "Service")]),
    )  # fmt: skip


class Numbers(colander.MappingSchema):
    amount = colander.SchemaNode(
        colander.Decimal(), title="Amount", validator=colander.Range(min=0), widget=NumberWidget()
    )


def draw(themes: Themes, request: Any, answer: Any) -> str:
    assert isinstance(answer, dict)
    return themes.render(
        request.tenant.theme,
        "portico_page/form.jinja2",
        locale=request.locale_name,
        request=request,
        form=answer["form"],
    )


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def by_id(self, name: str) -> dict[str, str | None]:
        return next(attributes for _tag, attributes in self.found if attributes.get("id") == name)


def never(_values: dict[str, Any]) -> Any:
    raise AssertionError("on_valid must not be called")


def test_valid_values_reach_the_service_and_its_answer_comes_back(request_for: Any) -> None:
    seen: list[dict[str, Any]] = []

    def save(values: dict[str, Any]) -> Any:
        seen.append(values)
        return {"ok": 1}

    answer = handle(
        request_for(name="Zoë", email="z@x.example"),
        Schema(),
        lambda values: seen.append(values) or {"ok": 1},
    )
    assert answer == {"ok": 1}
    assert seen == [{"name": "Zoë", "email": "z@x.example", "kind": "m"}]


@pytest.mark.parametrize("theme", ["portico_clear", "portico_ledger"])
def test_errors_are_announced_linked_and_lose_nothing(request_for: Any, themes: Themes, theme: str) -> None:
    request = request_for(name="Alexandra", email="nope", theme=theme)
    html = draw(themes, request, handle(request, Schema(), never))
    assert request.response.status_int == 422
    elements = Elements(html)
    name = elements.by_id("form-name")
    assert name["value"] == "Alexandra"
    assert name["aria-invalid"] == "true"
    assert name["aria-describedby"] == "form-name-help form-name-error"
    assert {"form-name-help", "form-name-error"} <= {
        attributes.get("id") for _tag, attributes in elements.found
    }
    assert ("label", {"class": "form-label", "for": "form-name"}) in elements.found
    links = [attributes["href"] for tag, attributes in elements.found if tag == "a"]
    assert links == ["#form-name", "#form-email"]
    assert "Use at most 5 characters." in html
    assert elements.by_id("form-email")["value"] == "nope"
    assert any(attributes.get("role") == "alert" for _tag, attributes in elements.found)


def test_required_and_optional_are_said_in_words_and_markup(request_for: Any, themes: Themes) -> None:
    request = request_for("GET")
    html = draw(themes, request, handle(request, Schema(), never))
    elements = Elements(html)
    assert "required" in elements.by_id("form-name")
    assert "required" not in elements.by_id("form-email")
    assert html.count("(optional)") == 2
    assert elements.by_id("form-email")["type"] == "email"
    assert request.response.status_int == 200
    assert ("legend", {"class": "form-label"}) in elements.found  # the radio buttons


@pytest.mark.parametrize(
    ("locale", "words"), [("fr", "Ce champ est obligatoire."), ("ar", "هذا الحقل مطلوب.")]
)
def test_messages_of_colander_come_in_the_readers_language(
    request_for: Any, themes: Themes, locale: str, words: str
) -> None:
    request = request_for(locale=locale)
    assert draw(themes, request, handle(request, Schema(), never)).count(words) == 2


def test_an_unknown_field_is_refused(request_for: Any, themes: Themes) -> None:
    request = request_for(name="Zoë", is_admin="1")
    html = draw(themes, request, handle(request, Schema(), never))
    assert request.response.status_int == 422
    assert "Something was sent that this form does not have." in html
    assert 'value="Zoë"' in html


def test_what_was_typed_is_escaped(request_for: Any, themes: Themes) -> None:
    request = request_for(name='"><script>alert(1)</script>')
    assert "<script>" not in draw(themes, request, handle(request, Schema(), never))


def test_a_rules_refusal_is_shown_at_its_field(request_for: Any, themes: Themes) -> None:
    def refuse(_values: Any) -> Any:
        raise InvalidError(fields={"/name": "Taken already."})

    request = request_for(name="Zoë")
    html = draw(themes, request, handle(request, Schema(), refuse))
    assert request.response.status_int == 422
    assert Elements(html).by_id("form-name")["aria-invalid"] == "true"
    assert html.count("Taken already.") == 2


def test_other_refusals_stand_above_the_form_with_their_status(request_for: Any, themes: Themes) -> None:
    def conflict(_values: Any) -> Any:
        raise ConflictError

    def too_often(_values: Any) -> Any:
        raise TooManyRequestsError(30)

    request = request_for(name="Zoë")
    html = draw(themes, request, handle(request, Schema(), conflict))
    assert (request.response.status_int, "changed in the meantime" in html, 'value="Zoë"' in html) == (
        409,
        True,
        True,
    )
    request = request_for(name="Zoë")
    handle(request, Schema(), too_often)
    assert (request.response.status_int, request.response.headers["Retry-After"]) == (429, "30")


def test_missing_permission_is_no_matter_of_the_form(request_for: Any) -> None:
    def forbidden(_values: Any) -> Any:
        raise ForbiddenError

    with pytest.raises(ForbiddenError):
        handle(request_for(name="Zoë"), Schema(), forbidden)


def test_hidden_values_are_carried_along(request_for: Any, themes: Themes) -> None:
    request = request_for(name="Zoë", token="abc")
    assert handle(request, Schema(), lambda values: values, hidden={"token": "abc"})["name"] == "Zoë"
    request = request_for("GET")
    assert 'name="token" value="abc"' in draw(
        themes, request, handle(request, Schema(), never, hidden={"token": "abc"})
    )


def test_damaged_structure_is_an_error_not_a_crash(request_for: Any) -> None:
    request = request_for(__start__="x:sequence")
    handle(request, Schema(), never)
    assert request.response.status_int == 422


def test_nested_groups_keep_their_names(request_for: Any, themes: Themes) -> None:
    class Outer(colander.MappingSchema):
        address = Address(title="Delivery")

    request = request_for()
    request.POST = MultiDict(
        [("__start__", "address:mapping"), ("street", ""), ("__end__", "address:mapping")]
    )
    html = draw(themes, request, handle(request, Outer(), never))
    assert 'href="#form-address-street"' in html
    request.POST = MultiDict(
        [("__start__", "address:mapping"), ("street", "A"), ("x", "1"), ("__end__", "address:mapping")]
    )
    handle(request, Outer(), never)
    assert request.response.status_int == 422


@pytest.mark.parametrize(
    ("locale", "typed", "read"),
    [
        ("en", "1,234.5", "1234.5"),
        ("fr", "1 234,50", "1234.50"),
        ("ar", "١٢٣٤٫٥", "1234.5"),
        ("de", "1.234,5", "1234.5"),
    ],
)
def test_numbers_are_read_as_they_are_written_in_the_readers_country(
    request_for: Any, locale: str, typed: str, read: str
) -> None:
    answer = handle(request_for(locale=locale, amount=typed), Numbers(), lambda values: values)
    assert str(answer["amount"]) == read


@pytest.mark.parametrize("typed", ["abc", "1e9999999", "12abc", "--1", "-5"])
def test_what_is_no_number_is_refused_and_shown_again(request_for: Any, themes: Themes, typed: str) -> None:
    request = request_for(amount=typed)
    answer = handle(request, Numbers(), lambda values: values)
    if request.response.status_int == 422:
        assert f'value="{typed}"' in draw(themes, request, answer)
    else:
        assert answer["amount"].is_finite()


def test_a_date_is_the_browsers_own_field(request_for: Any, themes: Themes) -> None:
    class Wanted(colander.MappingSchema):
        day = colander.SchemaNode(colander.Date(), title="Day", widget=DateWidget())

    request = request_for("GET")
    assert (
        Elements(draw(themes, request, handle(request, Wanted(), never))).by_id("form-day")["type"] == "date"
    )
    assert handle(request_for(day="2026-11-21"), Wanted(), lambda values: values)["day"].year == 2026


def test_a_widget_with_inline_style_or_script_is_refused(request_for: Any, themes: Themes) -> None:
    class Styled(colander.MappingSchema):
        name = colander.SchemaNode(
            colander.String(), widget=deform.widget.TextInputWidget(attributes={"onclick": "alert(1)"})
        )

    request = request_for("GET")
    with pytest.raises(InlineStyleError):
        draw(themes, request, handle(request, Styled(), never))


class WithGroup(colander.MappingSchema):
    address = Address()


class Choices(colander.MappingSchema):
    words = colander.SchemaNode(colander.String(), missing="")
    one = colander.SchemaNode(colander.String(), missing="", widget=deform.widget.RadioChoiceWidget(values=[("a", "A")]))
    several = colander.SchemaNode(colander.Set(), missing=(), widget=deform.widget.CheckboxChoiceWidget(values=[("a", "A")]))


@pytest.mark.parametrize("name", ["words", "one", "several"])
def test_a_file_where_the_form_takes_none_is_refused(request_for: Any, name: str) -> None:
    request = request_for()
    request.POST.add(name, Request.blank("/", POST={name: ("a.txt", b"a")}).POST[name])
    answer = handle(request, Choices(), lambda values: pytest.fail(f"taken: {values}"))
    assert isinstance(answer, dict)
    assert request.response.status_int == 422


def test_a_text_where_the_form_has_a_group_is_refused(request_for: Any) -> None:
    request = request_for(address="a text")
    answer = handle(request, WithGroup(), lambda values: pytest.fail(f"taken: {values}"))
    assert isinstance(answer, dict)
    assert request.response.status_int == 422
