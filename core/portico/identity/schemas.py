"""Forms of sign-in and account pages, and the API's bodies for tokens."""

from __future__ import annotations

import colander
import deform

from portico.api.schema import BodySchema
from portico.web.i18n import _


def _email(**options: object) -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.String(),
        name="email",
        title=_("E-mail address"),
        validator=colander.Length(max=254),
        widget=deform.widget.TextInputWidget(
            attributes={"type": "email", "autocomplete": "username", "inputmode": "email"}
        ),
        **options,
    )


def _password(name: str, title: object, autocomplete: str, **options: object) -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.String(),
        name=name,
        title=title,
        validator=colander.Length(max=1000),
        widget=deform.widget.PasswordWidget(attributes={"autocomplete": autocomplete}),
        **options,
    )


class SignIn(colander.MappingSchema):
    email = _email()
    password = _password("password", _("Password"), "current-password")


def sign_in(in_company: bool) -> colander.SchemaNode:
    """In a company a customer number does as well."""
    schema = SignIn().clone()  # whose nodes are its own
    if in_company:
        schema["email"].title = _("E-mail address or customer number")
        schema["email"].widget = deform.widget.TextInputWidget(
            attributes={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        )
    return schema


class Register(colander.MappingSchema):
    name = colander.SchemaNode(
        colander.String(),
        title=_("Your name"),
        validator=colander.Length(max=120),
        widget=deform.widget.TextInputWidget(attributes={"autocomplete": "name"}),
    )
    email = _email()
    password = _password(
        "password",
        _("Password"),
        "new-password",
        description=_("At least 8 characters. A short sentence is easy to remember."),
    )


class Forgot(colander.MappingSchema):
    email = _email()


class NewEmail(colander.MappingSchema):
    email = colander.SchemaNode(
        colander.String(),
        title=_("New e-mail address"),
        validator=colander.Length(max=254),
        widget=deform.widget.TextInputWidget(attributes={"type": "email", "autocomplete": "email", "inputmode": "email"}),
    )


def reset(*, name: bool) -> colander.MappingSchema:
    """name: it is asked for, too."""
    schema = Reset()
    if name:
        schema.children.insert(0, Register()["name"])
    return schema


class Confirm(colander.MappingSchema):
    password = _password("password", _("The password chosen at registration"), "current-password")


class Reset(colander.MappingSchema):
    password = _password(
        "password",
        _("New password"),
        "new-password",
        description=_("At least 8 characters. A short sentence is easy to remember."),
    )


class ChangePassword(colander.MappingSchema):
    current = _password("current", _("Current password"), "current-password")
    password = _password(
        "password",
        _("New password"),
        "new-password",
        description=_("At least 8 characters. A short sentence is easy to remember."),
    )


class Profile(colander.MappingSchema):
    name = colander.SchemaNode(
        colander.String(),
        title=_("Your name"),
        validator=colander.Length(max=120),
        widget=deform.widget.TextInputWidget(attributes={"autocomplete": "name"}),
    )
    locale = colander.SchemaNode(
        colander.String(),
        title=_("Language"),
        missing=None,
        validator=colander.OneOf(["en", "fr", "ar"]),
        widget=deform.widget.SelectWidget(values=[("en", "English"), ("fr", "Français"), ("ar", "العربية")]),
    )
    colour_mode = colander.SchemaNode(
        colander.String(),
        title=_("Appearance"),
        validator=colander.OneOf(["system", "light", "dark"]),
        widget=deform.widget.RadioChoiceWidget(
            values=[("system", _("As this device")), ("light", _("Light")), ("dark", _("Dark"))]
        ),
    )


def _code(title: object, description: object = "") -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.String(),
        name="code",
        title=title,
        description=description,
        validator=colander.Length(max=40),
        widget=deform.widget.TextInputWidget(
            attributes={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


class SecondFactor(colander.MappingSchema):
    code = _code(_("Code"), _("Six digits from your authenticator app, or one of your recovery codes."))


class NewAuthenticator(colander.MappingSchema):
    code = _code(_("Code"), _("The six digits that the app shows now."))
    name = colander.SchemaNode(
        colander.String(),
        title=_("Name of this device"),
        missing="",
        validator=colander.Length(max=60),
        description=_("So that you know it again, for example: my telephone."),
    )


class NewPasskey(colander.MappingSchema):
    name = colander.SchemaNode(
        colander.String(),
        title=_("Name of this passkey"),
        missing="",
        validator=colander.Length(max=60),
        description=_("So that you know it again, for example: my telephone."),
    )


class FactorName(colander.MappingSchema):
    name = colander.SchemaNode(
        colander.String(),
        title=_("Name"),
        validator=colander.Length(max=60),
        description=_("So that you know it again, for example: my telephone."),
    )


class Prove(colander.MappingSchema):
    password = _password("password", _("Password"), "current-password")


class Join(colander.MappingSchema):
    claim = colander.SchemaNode(
        colander.String(),
        title=_("Claim code"),
        missing="",
        validator=colander.Length(max=80),
        description=_(
            "It stands on the last papers that you got from the company. Without one, the company checks your request."
        ),
        widget=deform.widget.TextInputWidget(attributes={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class JoinAgain(colander.MappingSchema):
    """While the request waits."""

    claim = colander.SchemaNode(
        colander.String(),
        title=_("Claim code"),
        validator=colander.Length(max=80),
        description=_("Check each sign: a code stands on the last papers that you got. You may enter it a few times a day."),
        widget=deform.widget.TextInputWidget(attributes={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class TokenRequest(BodySchema):
    email = colander.SchemaNode(
        colander.String(), validator=colander.Length(max=254), description="or the customer number at this company"
    )
    password = colander.SchemaNode(colander.String(), validator=colander.Length(max=1000))
    code = colander.SchemaNode(
        colander.String(),
        missing=None,
        validator=colander.Length(max=40),
        description="the code of the authenticator app, when the person has one",
    )


class RefreshRequest(BodySchema):
    refresh_token = colander.SchemaNode(colander.String(), validator=colander.Length(max=200))


class TokenAnswer(colander.MappingSchema):
    access_token = colander.SchemaNode(colander.String())
    refresh_token = colander.SchemaNode(colander.String())
    token_type = colander.SchemaNode(colander.String())
    expires_in = colander.SchemaNode(colander.Integer(), description="seconds")
