"""A person's account over the API: making one, profile, password, second factor, memberships (SEC-1, ACC-1 to ACC-3, TEN-3)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

import colander
from pyramid.request import Request

from portico.api.schema import BodySchema, Truth, Uuid
from portico.errors import InvalidError, NotFoundError
from portico.identity import account, asked, consents, service
from portico.identity.factors import service as factors
from portico.identity.factors.totp import address as totp_address
from portico.identity.factors.views import factor_id
from portico.identity.permissions import PUBLIC, SIGNED_IN
from portico.tenancy import service as tenancy
from portico.web.i18n import _
from portico.web.params import uuid_param
from portico.web.routes import Routes

LANGUAGES, MODES = ("en", "fr", "ar"), ("system", "light", "dark")


def _text(most: int, **options: Any) -> colander.SchemaNode:
    return colander.SchemaNode(colander.String(), validator=colander.Length(max=most), **options)


class RegisterRequest(BodySchema):
    name = _text(120)
    email = _text(254)
    password = _text(1000, description="at least 8 characters")
    terms = colander.SchemaNode(Truth(), missing=False, description="terms of use accepted, where there are any")
    privacy = colander.SchemaNode(Truth(), missing=False, description="privacy notice read, where there is one")


class LinkRequest(BodySchema):
    token = _text(200, description="of the mail's link")


class AddressRequest(BodySchema):
    email = _text(254)


class ConfirmRequest(LinkRequest):
    password = _text(1000, description="that was chosen with the registration which the link confirms")


class ResetRequest(LinkRequest):
    password = _text(1000, description="at least 8 characters")
    name = _text(120, missing="", description="where nobody confirmed the registration: the person's, in place of what was typed")


class MailSent(colander.MappingSchema):
    status = colander.SchemaNode(colander.String(), description="mail-sent, whether or not the address is known")


class ProfileBody(BodySchema):
    name = _text(120)
    locale = colander.SchemaNode(colander.String(), missing=None, validator=colander.OneOf(LANGUAGES))
    colour_mode = colander.SchemaNode(colander.String(), missing="system", validator=colander.OneOf(MODES))


class Profile(colander.MappingSchema):
    name = colander.SchemaNode(colander.String())
    email = colander.SchemaNode(colander.String())
    locale = colander.SchemaNode(colander.String(), missing=None, description="null: the program's Accept-Language")
    colour_mode = colander.SchemaNode(colander.String())


class PasswordBody(BodySchema):
    current = _text(1000)
    password = _text(1000, description="at least 8 characters; all other sessions end")


class FactorItem(colander.MappingSchema):
    id = colander.SchemaNode(Uuid())
    kind = colander.SchemaNode(colander.String(), description="totp or passkey")
    name = colander.SchemaNode(colander.String())
    created_at = colander.SchemaNode(colander.DateTime())
    last_used_at = colander.SchemaNode(colander.DateTime(), missing=None)


class FactorItems(colander.SequenceSchema):
    factor = FactorItem()


class Factors(colander.MappingSchema):
    enabled = colander.SchemaNode(colander.Boolean())
    items = FactorItems()
    recovery_codes_left = colander.SchemaNode(colander.Integer())


class Begun(colander.MappingSchema):
    id = colander.SchemaNode(Uuid())
    secret = colander.SchemaNode(colander.String(), description="for the authenticator app; shown until its first code was sent")
    uri = colander.SchemaNode(colander.String(), description="the same as an otpauth address, to be drawn as a QR code")


class ConfirmBody(BodySchema):
    id = colander.SchemaNode(Uuid(), description="of what was begun")
    code = _text(40, description="that the app shows now")
    name = _text(60, missing="", description="of the device")


class Codes(colander.SequenceSchema):
    code = colander.SchemaNode(colander.String())


class Confirmed(colander.MappingSchema):
    recovery_codes = Codes(description="told this once; empty for who has some already")


def register(context: None, request: Request) -> dict[str, Any]:
    portico, values = request.registry.portico, dict(request.body_data)
    wanted = consents.documents(portico.settings)
    missing = {f"/{name}": _("This has to be accepted first.") for name in wanted if not values[name]}
    if missing:
        raise InvalidError(fields=missing)
    accepted = consents.taken(portico.settings, values)
    chosen = {name: values[name] for name in ("email", "name", "password")}
    asked.register(request.db, portico, **chosen, accepted=accepted)
    return {"status": "mail-sent"}


def verify(context: None, request: Request) -> None:
    service.confirm(
        request.db, request.registry.portico.sessions, request.body_data["token"], request.body_data["password"]
    )


def forgot(context: None, request: Request) -> dict[str, Any]:
    asked.forgot(request.db, request.registry.portico, request.body_data["email"])
    return {"status": "mail-sent"}


def reset(context: None, request: Request) -> None:
    service.reset(request.db, request.registry.portico, **request.body_data)


def profile(context: None, request: Request) -> dict[str, Any]:
    return account.profile(request.db) | {"email": request.scope.user_email}


def change_profile(context: None, request: Request) -> dict[str, Any]:
    account.change_profile(request.db, **request.body_data)
    return profile(context, request)


def change_password(context: None, request: Request) -> None:
    service.change_password(request.db, request.registry.portico, request.body_data["current"], request.body_data["password"])


def second_factor(context: None, request: Request) -> dict[str, Any]:
    found = factors.confirmed(request.db, request.scope.user_id)
    shown = ("id", "kind", "name", "created_at", "last_used_at")
    left = factors.recovery_codes_left(request.db, request.scope.user_id) if found else 0
    items = [{name: value for name, value in asdict(one).items() if name in shown} for one in found]
    return {"enabled": bool(found), "items": items, "recovery_codes_left": left}


def enable(context: None, request: Request) -> dict[str, Any]:
    key = request.registry.portico.settings.master_key
    begun = factors.begin_totp(request.db, key)
    secret = factors.begun_totp(request.db, key, begun)
    return {"id": begun, "secret": secret, "uri": totp_address(secret, request.scope.user_email, request.tenant.name)}


def confirm(context: None, request: Request) -> dict[str, Any]:
    """From now on a program signs in with a code too: this session has shown none, and is at its gate."""
    portico, body = request.registry.portico, request.body_data
    who = request.scope.user_id
    factors.confirm_totp(request.db, portico, body["id"], body["name"].strip(), body["code"])
    known = factors.recovery_codes_left(request.db, who) > 0
    return {"recovery_codes": [] if known else factors.new_recovery_codes(request.db, portico)}


def remove(context: UUID, request: Request) -> None:
    factors.remove(request.db, request.registry.portico, context)


def leave(context: UUID, request: Request) -> None:
    mine = {row.membership_id: row.tenant_id for row in tenancy.my_memberships(request.db)}
    if context not in mine:
        raise NotFoundError
    tenancy.leave(request.db, mine[context])


def my_membership_id(request: Request) -> UUID:
    """Context: an id from the path; whose it is, the view checks."""
    return uuid_param(request, "my_membership_id")


def add_routes(routes: Routes) -> None:
    anybody: dict[str, Any] = {"method": "POST", "permission": PUBLIC, "rate": "sensitive", "home": True}
    routes.api("register", "/auth/register", register, body=RegisterRequest, response=MailSent, status=202,
               title="Make an account", **anybody)
    routes.api("verify", "/auth/verify", verify, body=ConfirmRequest, status=204, title="Confirm an e-mail address", **anybody)
    routes.api("forgot", "/auth/forgot", forgot, body=AddressRequest, response=MailSent, status=202,
               title="Ask for a link to a new password", **anybody)
    routes.api("reset", "/auth/reset", reset, body=ResetRequest, status=204, title="Set a new password by a link", **anybody)
    mine: dict[str, Any] = {"permission": SIGNED_IN}
    routes.api("profile", "/profile", profile, response=Profile, title="My profile", **mine)
    routes.api("profile", "/profile", change_profile, method="PUT", body=ProfileBody, response=Profile,
               title="Change my profile", **mine)
    routes.api("password", "/password", change_password, method="PUT", body=PasswordBody, status=204, rate="sensitive",
               title="Change my password", **mine)
    routes.api("second_factor", "/2fa", second_factor, response=Factors, title="My second factors", **mine)
    routes.api("second_factor_enable", "/2fa/enable", enable, method="POST", response=Begun, fresh=True,
               title="Begin to set up an authenticator app", **mine)
    routes.api("second_factor_confirm", "/2fa/confirm", confirm, method="POST", body=ConfirmBody, response=Confirmed, fresh=True,
               rate="sensitive", title="Switch the authenticator app on by its first code", **mine)
    routes.api("second_factor_remove", "/2fa/{factor_id}", remove, method="DELETE", context=factor_id, status=204, fresh=True,
               title="Remove a second factor", **mine)
    routes.api("membership", "/memberships/{my_membership_id}", leave, method="DELETE", context=my_membership_id, status=204,
               title="Leave a company", **mine)
