"""Forms of operators."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

import colander
import deform
from babel import Locale

from portico.admin import schemas
from portico.files.service import QUOTA_MB
from portico.forms.widgets import NumberWidget
from portico.pluginhost import toggles
from portico.tenancy.choices import NAME_MAX, currencies
from portico.web.i18n import _, language_name

String, Node = colander.String, colander.SchemaNode


def company_schema(portico: Any, locale: str, *, new: bool) -> colander.MappingSchema:
    """`new`: with what only a new company can choose: its address, plugins and first administrator."""
    schema, languages = (
        colander.MappingSchema(),
        [(code, language_name(code)) for code in sorted(portico.themes.catalogues.languages)],
    )
    schema.add(Node(String(), name="name", title=_("Name"), validator=colander.Length(min=1, max=NAME_MAX)))
    if new:
        schema.add(
            Node(
                String(),
                name="slug",
                title=_("Short name"),
                validator=colander.Length(max=40),
                description=_("Part of its address, for ever: lower-case letters, digits and hyphens."),
                widget=deform.widget.TextInputWidget(
                    attributes={"autocapitalize": "off", "spellcheck": "false", "dir": "ltr"}
                ),
            )
        )
    codes, names = currencies(), Locale.parse(locale).currencies
    schema.add(
        Node(
            String(),
            name="currency",
            title=_("Currency"),
            validator=colander.OneOf(codes),
            widget=deform.widget.SelectWidget(values=[(code, f"{code} · {names.get(code, code)}") for code in codes]),
        )
    )
    schema.add(
        Node(
            String(),
            name="locale",
            title=_("The company's own language"),
            validator=colander.OneOf([code for code, _n in languages]),
            widget=deform.widget.SelectWidget(values=languages),
        )
    )
    schema.add(
        Node(
            colander.Set(),
            name="locales",
            title=_("Languages that are offered"),
            missing=(),
            validator=colander.ContainsOnly([code for code, _n in languages]),
            widget=deform.widget.CheckboxChoiceWidget(values=languages),
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
    themes = [(one.name, schemas.said_by(one.name, one.title)) for one in portico.themes.themes.values()]
    schema.add(
        Node(
            String(),
            name="theme",
            title=_("Theme"),
            validator=colander.OneOf([name for name, _t in themes]),
            widget=deform.widget.SelectWidget(values=themes),
        )
    )
    schema.add(
        Node(
            String(),
            name="signup",
            title=_("Who may become a customer here"),
            validator=colander.OneOf([value for value, _text in schemas.SIGNUP]),
            widget=deform.widget.RadioChoiceWidget(values=schemas.SIGNUP),
        )
    )
    if new:
        _add_beginnings(schema, portico)
    else:
        _add_host(schema)
        _add_quota(schema)
    return schema


def _add_host(schema: colander.MappingSchema) -> None:
    schema.add(
        Node(
            String(),
            name="host",
            title=_("The company’s own host"),
            description=_(
                "Such as portal.company.com, whose DNS leads to this portal. Empty: the company is at its address here "
                "alone. Whoever is signed in there signs in again when it changes."
            ),
            missing="",
            validator=colander.Length(max=253),
            widget=deform.widget.TextInputWidget(
                attributes={"autocapitalize": "off", "spellcheck": "false", "dir": "ltr", "inputmode": "url"}
            ),
        )
    )


def _add_quota(schema: colander.MappingSchema) -> None:
    schema.add(
        Node(
            colander.Integer(),
            name=QUOTA_MB,
            title=_("Space for files, in MB"),
            description=_("Empty: as much as every company has."),
            missing=None,
            validator=colander.Range(1, 1 << 20),
            widget=NumberWidget(),
        )
    )


def _add_beginnings(schema: colander.MappingSchema, portico: Any) -> None:
    plugins = [(one.name, toggles.title(one)) for one in portico.plugins.in_order() if one.kind == "feature"]
    schema.add(
        Node(
            colander.Set(),
            name="plugins",
            title=_("Plugins"),
            missing=(),
            validator=colander.ContainsOnly([name for name, _t in plugins]),
            description=_("What these need is switched on with them."),
            widget=deform.widget.CheckboxChoiceWidget(values=plugins),
        )
    )
    schema.add(
        Node(
            String(),
            name="admin_name",
            title=_("Name of the first administrator"),
            missing="",
            validator=colander.Length(max=120),
        )
    )
    schema.add(
        schemas.email_node(
            title=_("E-mail address of the first administrator"),
            missing="",
            description=_("They get a mail with a link to choose a password."),
        )
    )


def invite_schema() -> colander.MappingSchema:
    schema = colander.MappingSchema()
    schema.add(Node(String(), name="name", title=_("Name"), validator=colander.Length(max=120)))
    schema.add(schemas.email_node())
    return schema
