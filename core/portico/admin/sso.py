"""The pages on a company's own sign-in: its provider, the test, who comes in by it, and the domains that are its own."""

from __future__ import annotations

from typing import Any

import colander
import deform
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin.versions import seen_version
from portico.connections.errors import ConnectorError
from portico.connections.messages import told
from portico.connections.target import NoConnectionError
from portico.db.types import now
from portico.errors import InvalidError, NotFoundError
from portico.forms.submission import handle
from portico.identity.sso import people, proof, service
from portico.identity.sso.client import SERVICE
from portico.identity.sso.described import LONGEST
from portico.identity.sso.host import DOMAIN_PROOF
from portico.identity.sso.models import SsoProvider
from portico.identity.sso.protocol import SsoRefusedError
from portico.web import outside
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import uuid_param

TEST_S = 15.0
NEWCOMERS = {"": _("Nobody: they are told to ask for an invitation"), "customer": _("Customers, who wait to be admitted")}


def overview(context: None, request: Request) -> dict[str, Any]:
    from portico.identity.sso import saml  # it loads an XML library, which most processes never need

    found = service.provider(request.db)
    return {
        "provider": found,
        "found": [{**one, "title": told(one["title"]), "detail": told(one["detail"])} for one in found.found] if found else [],
        "domains": service.domains(request.db),
        "people": people.linked(request.db) if found else [],
        "newcomers": NEWCOMERS | service.roles_for_newcomers(request.db),
        "redirect_uri": request.registry.portico.tenant_url(request.tenant) + service.CALLBACK,
        "us": service.us(request.registry.portico.tenant_url(request.tenant)),
        "certificates": saml.expiries(found.certificates) if found and found.certificates else [],
        "record_name": proof.record_name,
        "record_value": proof.record_value,
    }


def provider(context: None, request: Request) -> Any:
    """Where people sign in. The secret goes in and is never shown."""
    portico, found = request.registry.portico, service.provider(request.db)

    def save(values: dict[str, Any]) -> Response:
        service.save(request.db, portico.cipher, plain=not portico.settings.secure, **values)
        if service.domains(request.db):
            flash(request, _("Saved. Test it now: it is used once its test has passed."), "info")
        else:
            flash(request, _("Saved. Test it now, and add the domains of your people's e-mail addresses."), "info")
        return HTTPSeeOther(request.route_path("admin.sso"))

    initial = {} if found is None else {"name": found.name, "issuer": found.issuer, "client_id": found.client_id}
    answer = handle(
        request,
        _provider_schema(stored=found is not None and service.has_secret(request.db)),
        save,
        initial=initial,
        cancel_url=request.route_path("admin.sso"),
    )
    return answer | {"title": _("Where your people sign in")} if isinstance(answer, dict) else answer


def provider_saml(context: None, request: Request) -> Any:
    """The same for a provider that speaks SAML 2.0: it is known by the description that it gives of itself."""
    from portico.identity.sso import saml

    portico, found = request.registry.portico, service.provider(request.db)
    stored = found is not None and found.kind == "saml"

    def save(values: dict[str, Any]) -> Response:
        described = None
        if text := values["metadata"].strip():
            try:
                described = saml.read_metadata(text, plain=not portico.settings.secure)
            except SsoRefusedError as error:
                raise InvalidError(fields={"metadata": error.message}) from error
        service.save_saml(request.db, name=values["name"], described=described, us=service.us(portico.tenant_url(request.tenant)))
        flash(request, _("Saved. Test it now: it is used once its test has passed."), "info")
        return HTTPSeeOther(request.route_path("admin.sso"))

    answer = handle(
        request,
        _saml_schema(stored=stored),
        save,
        initial={"name": found.name} if found is not None else {},
        cancel_url=request.route_path("admin.sso"),
    )
    return answer | {"title": _("Where your people sign in")} if isinstance(answer, dict) else answer


def rules(context: None, request: Request) -> Any:
    found = service.provider(request.db)
    if found is None:
        raise NotFoundError

    def save(values: dict[str, Any]) -> Response:
        service.set_rules(request.db, permissions_of=_permissions(request), version=seen_version(request), **values)
        flash(request, _("Saved. It counts from now on."))
        return HTTPSeeOther(request.route_path("admin.sso"))

    initial = {name: getattr(found, name) for name in ("enabled", "staff_must", "customers_may", "newcomers")}
    answer = handle(
        request,
        _rules_schema(NEWCOMERS | service.roles_for_newcomers(request.db)),
        save,
        initial=initial,
        hidden={"version": str(request.tenant.config_version)},
        cancel_url=request.route_path("admin.sso"),
    )
    return answer | {"title": _("Who comes in by it")} if isinstance(answer, dict) else answer


def _permissions(request: Request) -> dict[str, frozenset[str]]:
    """What each role that newcomers could get may do here and now."""
    grants = request.registry.portico.grants
    return {name: grants.of(request.tenant, (name,)) for name in service.roles_for_newcomers(request.db)}


def test(context: None, request: Request) -> Response:
    """What can be tried without a person: discovery, PKCE, keys. Secret and return address show at the first sign-in."""
    found = service.provider(request.db)
    if found is None:
        raise NotFoundError
    version, outcome, signs_out = found.version, dict[str, Any](), False
    if found.kind == "saml":
        from portico.identity.sso import saml

        outcome = {"reports": saml.reports(service.described_by(found), at=now())}
        return _tested(request, service.record_test(request.db, version=version, signs_out=False, **outcome))
    try:
        outcome["reports"] = outside.call(request, found.id, SERVICE, "test", timeout_s=TEST_S)
        if all(one.ok for one in outcome["reports"]):
            metadata = outside.call(request, found.id, SERVICE, "discover", timeout_s=TEST_S)
            signs_out = bool(metadata.end_session_endpoint)
    except (ConnectorError, NoConnectionError) as error:
        outcome = {"reports": (), "error": getattr(error, "message", _("The server does not answer."))}
    return _tested(request, service.record_test(request.db, version=version, signs_out=signs_out, **outcome))


def _tested(request: Request, tested: SsoProvider) -> Response:
    if tested.works:
        flash(request, _("It works as far as can be tried without signing in. Sign in with it once yourself."))
    else:
        flash(request, _("It does not work yet. What was found is on this page."), "error")
    return HTTPSeeOther(request.route_path("admin.sso", _anchor="test"))


def remove(context: None, request: Request) -> Response:
    service.remove(request.db)
    flash(request, _("The company's own sign-in is removed. Whoever came in by it is signed out."))
    return HTTPSeeOther(request.route_path("admin.sso"))


def domain_new(context: None, request: Request) -> Any:
    def add(values: dict[str, Any]) -> Response:
        service.add_domain(request.db, values["domain"])
        flash(request, _("Added. Make the DNS record that is shown, then check it."), "info")
        return HTTPSeeOther(request.route_path("admin.sso", _anchor="domains"))

    schema = colander.MappingSchema()
    schema.add(_line("domain", _("Domain"), _("What stands behind the @ of your people's addresses, like company.com."), 190))
    answer = handle(request, schema, add, submit=_("Add"), cancel_url=request.route_path("admin.sso"))
    return answer | {"title": _("Add a domain")} if isinstance(answer, dict) else answer


def domain_check(context: None, request: Request) -> Response:
    found = service.domain(request.db, uuid_param(request, "domain_id"))
    try:
        shows, problem = outside.call(request, found.id, DOMAIN_PROOF, "shows", timeout_s=TEST_S), None
    except (ConnectorError, NoConnectionError) as error:
        shows, problem = False, getattr(error, "message", _("The server does not answer."))
    service.record_check(request.db, found, shows, problem)
    if shows:
        flash(request, _("${domain} is yours.", mapping={"domain": found.domain}))
    elif problem is not None:
        flash(request, problem, "error")
    else:
        flash(request, _("The record is not there yet. New records can take an hour to be seen."), "warning")
    return HTTPSeeOther(request.route_path("admin.sso", _anchor="domains"))


def domain_remove(context: None, request: Request) -> Response:
    service.remove_domain(request.db, uuid_param(request, "domain_id"))
    flash(request, _("Removed."))
    return HTTPSeeOther(request.route_path("admin.sso", _anchor="domains"))


def unlink(context: None, request: Request) -> Response:
    people.unlink(request.db, uuid_param(request, "identity_id"))
    flash(request, _("Separated. With the next sign-in the e-mail address decides anew who that is."))
    return HTTPSeeOther(request.route_path("admin.sso", _anchor="people"))


def _provider_schema(*, stored: bool) -> colander.MappingSchema:
    schema = colander.MappingSchema()
    schema.add(_line("name", _("Name of the sign-in"), _("Stands on the button: “Sign in with …”."), 60))
    schema.add(
        _line("issuer", _("Issuer"), _("The address that the provider calls itself, beginning with https://."), 500, ltr=True)
    )
    schema.add(_line("client_id", _("Client ID"), _("The name that the provider gave this portal."), 300, ltr=True))
    secret = _line(
        "client_secret",
        _("Client secret"),
        _("Stored. Leave it empty to keep it.") if stored else _("It is encrypted, and never shown again."),
        1000,
    )
    secret.widget = deform.widget.PasswordWidget(redisplay=False, attributes={"autocomplete": "new-password"})
    if stored:
        secret.missing = ""
    schema.add(secret)
    return schema


def _saml_schema(*, stored: bool) -> colander.MappingSchema:
    schema = colander.MappingSchema()
    schema.add(_line("name", _("Name of the sign-in"), _("Stands on the button: “Sign in with …”."), 60))
    metadata = _line(
        "metadata",
        _("Description of the provider (metadata)"),
        _("Stored. Leave it empty to keep it.")
        if stored
        else _("The XML document that it offers as its metadata: paste all of it."),
        LONGEST,
    )
    metadata.widget = deform.widget.TextAreaWidget(rows=8, attributes={"dir": "ltr", "spellcheck": "false"})
    if stored:
        metadata.missing = ""
    schema.add(metadata)
    return schema


def _rules_schema(newcomers: dict[str, Any]) -> colander.MappingSchema:
    schema = colander.MappingSchema()
    schema.add(_tick("enabled", _("Show the button on the sign-in page"), None))
    schema.add(
        _tick(
            "staff_must",
            _("Staff sign in by it alone"),
            _("With a password they get no further than to this button. Their API tokens rest as well."),
        )
    )
    schema.add(_tick("customers_may", _("Customers may use it too"), _("Otherwise it is for staff.")))
    schema.add(
        colander.SchemaNode(
            colander.String(),
            name="newcomers",
            title=_("Somebody whom the portal does not know becomes"),
            description=_("Only with a confirmed e-mail address of a domain that is proved to be yours."),
            missing="",
            validator=colander.OneOf(list(newcomers)),
            widget=deform.widget.SelectWidget(values=list(newcomers.items())),
        )
    )
    return schema


def _line(name: str, title: Any, description: Any, longest: int, *, ltr: bool = False) -> colander.SchemaNode:
    options = {"widget": deform.widget.TextInputWidget(attributes={"dir": "ltr", "spellcheck": "false"})} if ltr else {}
    return colander.SchemaNode(
        colander.String(), name=name, title=title, description=description, validator=colander.Length(max=longest), **options
    )


def _tick(name: str, title: Any, description: Any) -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.Boolean(),
        name=name,
        title=title,
        description=description or "",
        missing=False,
        widget=deform.widget.CheckboxWidget(),
    )
