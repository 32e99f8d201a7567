"""Forms of the administration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

import colander
import deform
from translationstring import TranslationString

from portico.admin.uploads import FileContent, FileWidget
from portico.branding.fonts import FONTS, INTER
from portico.branding.service import MOST_TEXT
from portico.documents import letterhead
from portico.forms.widgets import ColourWidget, EmailWidget
from portico.web.i18n import _, direction, language_name

String, Node = colander.String, colander.SchemaNode
SIGNUP = (
    ("approval", _("Anybody may ask; staff decide")),
    ("open", _("Anybody may ask; a claim code lets them in at once")),
    ("closed", _("By invitation only")),
)


class Look(colander.MappingSchema):
    """The brand. Bound to nothing; the themes are given."""

    name = Node(String(), title=_("Name"), validator=colander.Length(max=120))
    logo = Node(
        FileContent(),
        title=_("Logo"),
        missing=None,
        widget=FileWidget(accept="image/png,image/jpeg,image/webp"),
        description=_("PNG, JPEG or WebP, at most 512 kB. Shown 32 pixels high; the browser's tab gets it too."),
    )
    remove_logo = Node(
        colander.Boolean(),
        title=_("Remove the logo"),
        missing=False,
        default=False,
        widget=deform.widget.CheckboxWidget(),
    )
    colour = Node(
        String(),
        title=_("Brand colour"),
        widget=ColourWidget(),
        validator=colander.Length(max=9),
        description=_("Buttons, links and marks. Shades that can be read are made of it, in light and dark."),
    )
    own_accent = Node(
        colander.Boolean(),
        title=_("Use an accent colour for counts and marks"),
        missing=False,
        default=False,
        widget=deform.widget.CheckboxWidget(),
    )
    accent = Node(
        String(), title=_("Accent colour"), widget=ColourWidget(), validator=colander.Length(max=9), missing="#1D4ED8"
    )
    font = Node(String(), title=_("Font"), missing=INTER, validator=colander.OneOf(list(FONTS)))
    theme = Node(String(), title=_("Theme"))


def look_schema(themes: Iterable[Any]) -> colander.MappingSchema:
    """The brand's form, with the themes that are installed."""
    found = {one.name: one for one in themes}
    schema = Look()
    widget = deform.widget.RadioChoiceWidget(values=[(name, said_by(name, one.title)) for name, one in found.items()])
    widget.template, widget.themes = "portico/admin/theme_field", found
    widget.described = {name: said_by(name, one.description) for name, one in found.items()}
    fonts = deform.widget.RadioChoiceWidget(values=[(name, one.title) for name, one in FONTS.items()])
    fonts.template, fonts.described = "portico/admin/font_field", {name: one.note for name, one in FONTS.items()}
    schema["font"].widget = fonts
    schema["theme"].widget, schema["theme"].validator = widget, colander.OneOf(list(found))
    return schema


def said_by(package: str, text: str) -> Any:
    return TranslationString(text, domain=package)


def texts_schema(languages: Iterable[str]) -> colander.MappingSchema:
    """Languages and texts, with one field per language that is installed."""
    codes = sorted(languages)
    choices = [(code, language_name(code)) for code in codes]
    schema = colander.MappingSchema()
    schema.add(
        Node(
            String(),
            name="locale",
            title=_("The company's own language"),
            validator=colander.OneOf(codes),
            widget=deform.widget.SelectWidget(values=choices),
        )
    )
    schema.add(
        Node(
            colander.Set(),
            name="locales",
            title=_("Languages that are offered"),
            validator=colander.Length(min=1),
            widget=deform.widget.CheckboxChoiceWidget(values=choices),
        )
    )
    zones = sorted(available_timezones())
    schema.add(
        Node(
            String(),
            name="time_zone",
            title=_("Time zone"),
            validator=colander.OneOf(zones),
            widget=deform.widget.SelectWidget(values=[(zone, zone.replace("_", " ")) for zone in zones]),
        )
    )
    schema.add(
        Node(
            String(),
            name="signup",
            title=_("Who may become a customer here"),
            validator=colander.OneOf([value for value, _text in SIGNUP]),
            widget=deform.widget.RadioChoiceWidget(values=SIGNUP),
        )
    )
    schema.add(_per_language("welcome", _("Welcome text on the overview"), choices))
    schema.add(_per_language("announcement", _("Announcement above every page"), choices))
    return schema


def _per_language(name: str, title: Any, choices: list[tuple[str, str]]) -> colander.SchemaNode:
    group = colander.MappingSchema(name=name, title=title, missing={})
    for code, language in choices:
        group.add(
            Node(
                String(),
                name=code,
                title=language,
                missing="",
                validator=colander.Length(max=MOST_TEXT),
                widget=deform.widget.TextAreaWidget(rows=2, attributes={"lang": code, "dir": "auto"}),
            )
        )
    return group


def documents_schema() -> colander.MappingSchema:
    """The company's paper."""
    papers = [
        (letterhead.USUAL, _("What is usual in the company's region")),
        ("a4", _("A4 (210 × 297 mm)")),
        ("letter", _("Letter (8.5 × 11 in)")),
    ]
    schema = colander.MappingSchema()
    schema.add(
        Node(
            String(),
            name="address",
            title=_("Address"),
            missing="",
            validator=colander.Length(max=letterhead.MOST_ADDRESS),
            description=_("Below the company's name: street and town, telephone, tax number. One line each."),
            widget=deform.widget.TextAreaWidget(rows=5, attributes={"dir": "auto"}),
        )
    )
    schema.add(
        Node(
            String(),
            name="footer",
            title=_("Foot of each page"),
            missing="",
            validator=colander.Length(max=letterhead.MOST_FOOTER),
            description=_("What the law wants on every page, and where to pay: registration, directors, bank."),
            widget=deform.widget.TextAreaWidget(rows=2, attributes={"dir": "auto"}),
        )
    )
    schema.add(
        Node(
            String(),
            name="paper",
            title=_("Paper"),
            validator=colander.OneOf([value for value, _text in papers]),
            widget=deform.widget.RadioChoiceWidget(values=papers),
        )
    )
    schema.add(
        Node(
            colander.Boolean(),
            name="attached",
            title=_("Send the PDF along with mails"),
            missing=False,
            default=False,
            description=_("With mails that tell of a record that has a PDF. At most 5 MB."),
            widget=deform.widget.CheckboxWidget(),
        )
    )
    return schema


def words_schema(locale: str, button: bool) -> colander.MappingSchema:
    """A company's own words of one mail in one language; what may be in them is `portico.notify.wording`'s to say."""
    titles = {
        "subject": (_("Subject"), 1),
        "heading": (_("Heading"), 1),
        "opening": (_("Opening text"), 6),
        "closing": (_("Closing text"), 4),
        "button": (_("Label of the button"), 1),
    }
    schema = colander.MappingSchema()
    for name, (title, rows) in titles.items():
        if name == "button" and not button:
            continue
        said = {"lang": locale, "dir": direction(locale)}
        long, short = deform.widget.TextAreaWidget, deform.widget.TextInputWidget
        widget = long(rows=rows, attributes=said) if rows > 1 else short(attributes=said)
        schema.add(Node(String(), name=name, title=title, missing="", widget=widget))
    return schema


def email_node(**options: Any) -> colander.SchemaNode:
    return Node(
        String(),
        name="email",
        title=options.pop("title", _("E-mail address")),
        validator=colander.Length(max=254),
        widget=EmailWidget(),
        **options,
    )


def roles_node(roles: Iterable[Any]) -> colander.SchemaNode:
    choices = [(role.name, role.title) for role in roles]
    return Node(
        colander.Set(),
        name="roles",
        title=_("Roles"),
        validator=colander.Length(min=1),
        widget=deform.widget.CheckboxChoiceWidget(values=choices),
    )


def permissions_node(name: str, title: Any, permissions: Iterable[tuple[str, Any]]) -> colander.SchemaNode:
    return Node(
        colander.Set(),
        name=name,
        title=title,
        missing=(),
        widget=deform.widget.CheckboxChoiceWidget(values=list(permissions)),
    )
